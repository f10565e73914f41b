import type { Role } from './matrix.ts';

export type WaysIn = {
  readonly disabled: boolean;
  readonly hasPassword: boolean;
  /** The issuer whose word they come in by; null: none. */
  readonly issuer: string | null;
};
type Standing = WaysIn & { readonly id: string; readonly roles: readonly Role[] };

/** Whether somebody can sign in at all, where this issuer is the one that is asked; null: none is. */
export function canComeIn({ disabled, hasPassword, issuer }: WaysIn, asked: string | null): boolean {
  return !disabled && (hasPassword || (issuer !== null && issuer === asked));
}

/** Whether this change would leave nobody who may give out roles. */
export function closesTheDoor(people: readonly Standing[], change: Standing, asked: string | null): boolean {
  const administers = (person: Standing) => canComeIn(person, asked) && person.roles.includes('admin');
  const after = people.map((person) => (person.id === change.id ? change : person));
  return people.some(administers) && !after.some(administers);
}
