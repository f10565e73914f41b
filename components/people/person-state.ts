import { counted } from '@/components/ui/format-number.ts';
import type { Tone } from '@/components/ui/tone.ts';
import type { Person } from '@/server/application/ports/people.ts';

export type PersonState = {
  readonly tone: Tone;
  readonly word: string;
  /** Until when their link opens, ISO 8601; null where there is none. */
  readonly until: string | null;
};

type Stands = Pick<Person, 'disabled' | 'hasPassword' | 'issuer' | 'invitedUntil'>;

/** How somebody stands at the door. */
export function stateOf(stands: Stands): PersonState {
  const { disabled, invitedUntil } = stands;
  if (disabled) return { tone: 'unknown', word: 'disabled', until: null };
  if (hasAWayIn(stands)) return { tone: 'verified', word: 'active', until: invitedUntil };
  if (invitedUntil !== null) return { tone: 'accent', word: 'invited', until: invitedUntil };
  return { tone: 'different', word: 'link is over', until: null };
}

const hasAWayIn = ({ hasPassword, issuer }: Stands) => hasPassword || issuer !== null;

type Counted = Stands & Pick<Person, 'name' | 'roles'>;

/** What a page of people says first, and what to do about it. */
export function peopleAnswer(people: readonly Counted[]): {
  readonly tone: Tone;
  readonly verdict: string;
  readonly next: string;
  readonly tab: string;
} {
  const active = people.filter((each) => !each.disabled && hasAWayIn(each));
  const waiting = people.filter((each) => !each.disabled && !hasAWayIn(each));
  const [admin, another] = active.filter((each) => each.roles.includes('admin'));
  const can = `${counted(active.length, 'person', 'people')} can sign in`;
  return {
    tone: 'accent',
    verdict:
      waiting.length === 0
        ? `${can}.`
        : `${can}; ${waiting.length === 1 ? '1 has' : `${waiting.length} have`} not set a password yet.`,
    next:
      admin !== undefined && another === undefined
        ? `${admin.name} is the only one who can give out roles: a second administrator helps when the first is away.`
        : 'Roles count at once, for whoever is signed in too.',
    tab: `${active.length} can sign in`,
  };
}
