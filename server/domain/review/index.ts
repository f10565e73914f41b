export { type ActionItem, daysLate, dueDays, proposedDueOn } from './actions.ts';
export { type FactChange, factWords, sameFacts, whatChanged } from './changes.ts';
export { type ReviewDocument, reviewJson, reviewMarkdown } from './document.ts';
export * from './facts.ts';
export { byMonth, type MonthFigures, RECURRING_DAYS, type TimedIncident } from './figures.ts';
export {
  evolveReview,
  type ReviewStatus,
  reviewStatuses,
  whatIsMissing,
  whyNotSign,
} from './lifecycle.ts';
export { type DiffPart, diffTexts, mergeText } from './merge.ts';
export {
  MOST_LETTERS,
  type OpinionSection,
  opinionSections,
  opinions,
  sections,
} from './sections.ts';
export { spanWords } from './span-words.ts';
