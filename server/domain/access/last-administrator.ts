import type { Role } from './matrix.ts';

type Standing = {
  readonly id: string;
  readonly roles: readonly Role[];
  readonly disabled: boolean;
  readonly hasPassword: boolean;
};

/** Whether this change would leave nobody who may give out roles. */
export function closesTheDoor(people: readonly Standing[], change: Standing): boolean {
  const administers = (person: Standing) =>
    !person.disabled && person.hasPassword && person.roles.includes('admin');
  const after = people.map((person) => (person.id === change.id ? change : person));
  return people.some(administers) && !after.some(administers);
}
