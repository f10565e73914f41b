import type { Role } from '../access/index.ts';
import { isAuthor } from './authors.ts';

/** What somebody said about something that waits for approval. Times are ISO 8601. */
export type Decision = {
  readonly id: string;
  readonly personId: string;
  readonly planHash: string;
  readonly verdict: 'approved' | 'rejected';
  readonly reason: string;
  readonly decidedAt: string;
  readonly expiresAt: string;
  /** Why it does not count any more; null: it does, until it expires. */
  readonly voidReason: string | null;
};

/** What waits for approval. */
export type Request = {
  readonly planHash: string;
  readonly requestedBy: string;
  readonly approvalsNeeded: number;
  /** Who wrote the contract's version: addresses of people, or what stands in them before the @. */
  readonly authors: readonly string[];
};

type Decider = {
  readonly id: string;
  readonly email: string;
  readonly roles: readonly Role[];
  /** Of somebody who is signed in it goes without saying. */
  readonly disabled?: boolean;
};

/** Whether this decision counts for this plan at this moment. */
export function counts(decision: Decision, planHash: string, now: Date): boolean {
  return (
    decision.voidReason === null &&
    decision.planHash === planHash &&
    Date.parse(decision.expiresAt) > now.getTime()
  );
}

/** How far something that waits for approval has come. */
export type Standing = {
  readonly state: 'waiting' | 'approved' | 'rejected';
  readonly needed: number;
  /** Different people whose approval counts. */
  readonly given: number;
};

export function standingOf(
  request: Pick<Request, 'planHash' | 'approvalsNeeded'>,
  decisions: readonly Decision[],
  now: Date,
): Standing {
  const counting = decisions.filter((decision) => counts(decision, request.planHash, now));
  const given = new Set(
    counting.filter(({ verdict }) => verdict === 'approved').map(({ personId }) => personId),
  ).size;
  const needed = request.approvalsNeeded;
  if (counting.some(({ verdict }) => verdict === 'rejected')) return { state: 'rejected', needed, given };
  return { state: given >= needed ? 'approved' : 'waiting', needed, given };
}

/** Why this person can't decide about this request; null where they can. The database refuses the same. */
export function whyNotDecide(
  person: Decider,
  request: Request,
  decisions: readonly Decision[],
  now: Date,
): string | null {
  if (person.disabled === true) return 'You are disabled, so somebody else decides about it.';
  if (!person.roles.includes('approver')) return 'Deciding needs the role approver.';
  if (person.id === request.requestedBy) return 'You requested it, so somebody else decides about it.';
  if (isAuthor(person, request.authors))
    return 'You are named as an author of this contract version, so somebody else decides about it.';
  const own = decisions.find(
    (decision) => decision.personId === person.id && counts(decision, request.planHash, now),
  );
  if (own !== undefined) return `You have ${own.verdict} it already.`;
  return null;
}
