export { unmatchedAuthors, unmatchedWords } from './authors.ts';
export { counts, type Decision, type Request, type Standing, standingOf, whyNotDecide } from './decide.ts';
export {
  changesSince,
  type InSight,
  type LookChange,
  type Seen,
  seenOf,
  VISIT_MINUTES,
} from './since-looked.ts';
