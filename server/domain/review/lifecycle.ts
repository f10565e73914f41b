import { mayDo, type Role } from '../access/index.ts';
import type { ActionItem } from './actions.ts';
import { hasMarks } from './merge.ts';
import { mandatorySections, type OpinionSection, opinions } from './sections.ts';

/**
 * The life of a review. `complete`: somebody has said that it can be signed as it stands; any change makes it a draft
 * again. A signed one is never changed: `revise` begins the next revision, which has to be signed anew.
 */
export const reviewStatuses = ['draft', 'complete', 'signed'] as const;
export type ReviewStatus = (typeof reviewStatuses)[number];

export const reviewActs = ['change', 'complete', 'sign', 'revise'] as const;
export type ReviewAct = (typeof reviewActs)[number];

const next: Readonly<Record<ReviewAct, Partial<Record<ReviewStatus, ReviewStatus>>>> = {
  change: { draft: 'draft', complete: 'draft' },
  complete: { draft: 'complete' },
  sign: { complete: 'signed' },
  revise: { signed: 'draft' },
};

/** Where it stands afterwards; null: that can't be done from here. */
export function evolveReview(status: ReviewStatus, act: ReviewAct): ReviewStatus | null {
  return next[act][status] ?? null;
}

/** What keeps a draft from being signed, each a sentence; none: it is complete. */
export function whatIsMissing(
  texts: Readonly<Record<OpinionSection, string>>,
  actions: readonly ActionItem[],
): readonly string[] {
  const missing: string[] = [];
  for (const { name, title } of opinions) {
    if (mandatorySections.includes(name) && texts[name].replaceAll(/<!--.*?(?:-->|$)/gs, '').trim() === '')
      missing.push(`“${title}” is not written.`);
    if (hasMarks(texts[name])) missing.push(`“${title}” holds two versions of the same lines: choose.`);
  }
  for (const { title, owner, dueOn } of actions) {
    if (owner === null) missing.push(`“${title}” has nobody who does it.`);
    if (dueOn === null) missing.push(`“${title}” has no day on which it is due.`);
  }
  return missing;
}

/** Why somebody can't sign; null: they can. */
export function whyNotSign(
  person: { readonly id: string; readonly roles: readonly Role[] },
  review: {
    readonly status: ReviewStatus;
    /** Whoever wrote any version of a section or an action, in whichever revision. */
    readonly authors: readonly string[];
    readonly completedBy: string | null;
  },
): string | null {
  if (review.status === 'signed') return 'It is signed already.';
  if (review.status === 'draft') return 'It is a draft: somebody has to complete it first.';
  if (!mayDo(person.roles, 'sign-review'))
    return 'This needs the right "sign-review", which you don\'t hold.';
  if (review.authors.includes(person.id)) return 'You wrote some of it, and somebody else has to sign it.';
  if (review.completedBy === person.id) return 'You completed it, and somebody else has to sign it.';
  return null;
}
