export { type ActionItem, daysLate, proposedDueOn } from './actions.ts';
export { type FactChange, sameFacts, whatChanged } from './changes.ts';
export { type ReviewDocument, reviewJson, reviewMarkdown } from './document.ts';
export * from './facts.ts';
export { byMonth, type MonthFigures, RECURRING_DAYS, type TimedIncident } from './figures.ts';
export { canBeLaidOut } from './laid-out.ts';
export {
  evolveReview,
  mayExport,
  type ReviewStatus,
  reviewStatuses,
  whatIsMissing,
  whyNotSign,
} from './lifecycle.ts';
export { mergeText } from './merge.ts';
export {
  MOST_LETTERS,
  type OpinionSection,
  opinionSections,
  opinions,
} from './sections.ts';
export { spanWords } from './span-words.ts';
