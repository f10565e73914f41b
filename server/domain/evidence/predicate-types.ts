import { endedStatuses } from '../replay/index.ts';

/** What kind of document it is: in-toto's own versioned name. */
export const statementType = 'https://in-toto.io/Statement/v1';

/** Versioned: a change in the meaning of a field is a new predicate type. */
export const replayPredicateType = 'https://reprise.dev/evidence/replay/v1';
export const promotionPredicateType = 'https://reprise.dev/evidence/promotion/v1';
export const approvalPredicateType = 'https://reprise.dev/evidence/approval/v1';
export const runbookStepPredicateType = 'https://reprise.dev/evidence/runbook-step/v1';
export const reviewPredicateType = 'https://reprise.dev/evidence/review/v1';
export const breakGlassPredicateType = 'https://reprise.dev/evidence/break-glass/v1';

/** What a record says became of what it is about: how something ended, or how it was decided about. */
export const recordStatuses = [
  ...endedStatuses,
  'approved',
  'rejected',
  'signed',
  'broken',
  'reviewed',
] as const;
export type RecordStatus = (typeof recordStatuses)[number];
