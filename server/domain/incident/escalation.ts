import { mayDo, type Role } from '../access/index.ts';

export type Responder = {
  readonly id: string;
  readonly name: string;
  readonly roles: readonly Role[];
  readonly disabled: boolean;
  /** Whether there is a way for them to sign in: an account that only tokens act for answers nobody. */
  readonly signsIn: boolean;
  /** By which a notice reaches them now. Nobody is asked who would not hear of it. */
  readonly ways: readonly ('e-mail' | 'webhook')[];
};

/** Everybody is asked so often before nobody is left. */
const ROUNDS = 2;

/** Who is asked, in this order: whom it is assigned to, operators, then those who only approve, each by name. */
export function escalationOrder(people: readonly Responder[], assignee: string | null): readonly string[] {
  const rank = ({ id, roles }: Responder) => {
    if (id === assignee) return 0;
    return roles.includes('operator') ? 1 : 2;
  };
  return people
    .filter(({ roles, disabled, signsIn }) => !disabled && signsIn && mayDo(roles, 'respond'))
    .toSorted(
      (one, other) => rank(one) - rank(other) || compare(one.name, other.name) || compare(one.id, other.id),
    )
    .map(({ id }) => id);
}

const compare = (one: string, other: string) => (one < other ? -1 : Number(one > other));

/** Who is asked next, after those who were in this order; null: everybody was, twice, or there is nobody. */
export function nextToAsk(order: readonly string[], asked: readonly string[]): string | null {
  for (let round = 0; round < ROUNDS; round += 1)
    for (const id of order) if (asked.filter((each) => each === id).length <= round) return id;
  return null;
}
