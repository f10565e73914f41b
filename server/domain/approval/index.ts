export { counts, type Decision, type Request, type Standing, standingOf, whyNotDecide } from './decide.ts';
