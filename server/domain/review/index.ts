export { type ActionItem, daysLate, proposedDueOn } from './actions.ts';
export { changeWords, type FactChange } from './change-words.ts';
export { sameFacts, whatChanged } from './changes.ts';
export { type ReviewDocument, reviewJson, reviewMarkdown } from './document.ts';
export { peopleIn } from './fact-lines.ts';
export * from './fact-types.ts';
export { draftFacts } from './facts.ts';
export { byMonth, type MonthFigures, RECURRING_DAYS, type TimedIncident } from './figures.ts';
export { proving } from './history.ts';
export { worstOf } from './impact.ts';
export { canBeLaidOut } from './laid-out.ts';
export {
  evolveReview,
  type ReviewStatus,
  reviewStatuses,
  whatIsMissing,
  whyNotSign,
} from './lifecycle.ts';
export { mayExport } from './may-export.ts';
export { mergeText } from './merge.ts';
export {
  MOST_LETTERS,
  type OpinionSection,
  opinionSections,
  opinions,
} from './sections.ts';
export { spanWords } from './span-words.ts';
