import { canonicalJson } from '../shared/canonical-json.ts';
import { counted } from '../shared/counted.ts';
import { type AttemptFact, attemptStatus, isSkip } from './attempt-words.ts';
import type { FactChange } from './change-words.ts';
import type { EvidenceFact, LeftOut, ReviewFacts, RunFact, TimelineFact } from './fact-types.ts';

/** As many as one short line names. */
const MOST_NAMED = 3;

export function timelineChanges(before: ReviewFacts, after: ReviewFacts): readonly FactChange[] {
  const { more, fewer, other } = compared(before.timeline, after.timeline, ({ entryId }) => entryId);
  const kinds = (lines: readonly TimelineFact[]) => named(lines.map(({ kind }) => kind));
  const isCorrected = ([was, is]: readonly [TimelineFact, TimelineFact]) =>
    (is.corrections?.length ?? 0) > (was.corrections?.length ?? 0);
  const corrected = other.filter(isCorrected);
  const others = other.filter((each) => !isCorrected(each));
  const news = (lines: readonly (readonly [TimelineFact, TimelineFact])[]) => lines.map(([, is]) => is);
  return [
    ...changed('Timeline', [
      more.length > 0 && `${counted(more.length, 'line')} more (${kinds(more)})`,
      fewer.length > 0 && `${counted(fewer.length, 'line')} fewer (${kinds(fewer)})`,
      corrected.length > 0 && `${counted(corrected.length, 'line')} corrected (${kinds(news(corrected))})`,
      others.length > 0 && `${counted(others.length, 'line')} otherwise (${kinds(news(others))})`,
    ]),
    ...leftOutChange('Starred lines that are not named here', 'timeline', before, after),
  ];
}

export function evidenceChanges(before: ReviewFacts, after: ReviewFacts): readonly FactChange[] {
  const { more, fewer, other } = compared(before.evidence, after.evidence, ({ evidenceId }) => evidenceId);
  const kinds = (records: readonly EvidenceFact[]) => named(records.map(({ kind }) => kind));
  const otherwise = other.map(([was, is]) => {
    const said = (['status', 'confidence', 'agreement'] as const)
      .filter((field) => was[field] !== is[field])
      .map((field) => `${was[field] ?? 'nothing'}, now ${is[field] ?? 'nothing'}`);
    return `${is.kind} ${said.join('; ') || 'otherwise'}`;
  });
  return [
    ...changed('Evidence', [
      more.length > 0 && `${counted(more.length, 'record')} more (${kinds(more)})`,
      fewer.length > 0 && `${counted(fewer.length, 'record')} fewer (${kinds(fewer)})`,
      otherwise.length > 0 && few(otherwise, 'record'),
    ]),
    ...leftOutChange('Records that are not named here', 'evidence', before, after),
  ];
}

export function runChanges(before: ReviewFacts, after: ReviewFacts): readonly FactChange[] {
  const { more, fewer, other } = compared(before.runs, after.runs, ({ runId }) => runId);
  const whatOf = ({ title, startedAt }: RunFact) =>
    `Run of ${title}, begun ${startedAt.slice(0, 16).replace('T', ' ')}`;
  return [
    ...other.flatMap(([was, is]) => changed(whatOf(is), attemptWords(was, is))),
    ...more.flatMap((run) => changed(whatOf(run), [`new, ${run.status}, ${attemptCounts(run)}`])),
    ...fewer.flatMap((run) => changed(whatOf(run), ['not there any more'])),
  ];
}

function attemptCounts({ attempts }: RunFact): string {
  const skips = attempts.filter(isSkip).length;
  const tried = counted(attempts.length - skips, 'attempt');
  return skips === 0 ? tried : `${tried}, ${counted(skips, 'skipped step')}`;
}

/** Attempts stand in the order in which they were begun, and none is taken away. */
function attemptWords(was: RunFact, is: RunFact): readonly (string | false)[] {
  const otherwise = is.attempts.flatMap((attempt, at) => {
    const old = was.attempts[at];
    if (old === undefined || canonicalJson(old) === canonicalJson(attempt)) return [];
    const title = `“${attempt.title}”`;
    const [then, now] = [attemptStatus(old), attemptStatus(attempt)];
    return [then === now ? `${title} otherwise` : `${title} ${then}, now ${now}`];
  });
  const words = [
    was.status !== is.status && `${was.status}, now ${is.status}`,
    grownWords(was, is, 'attempt', (each) => !isSkip(each)),
    grownWords(was, is, 'skipped step', isSkip),
    otherwise.length > 0 && few(otherwise, 'attempt'),
  ];
  return words.some((each) => each !== false) ? words : ['its title, its file or its times'];
}

function grownWords(was: RunFact, is: RunFact, what: string, counts: (each: AttemptFact) => boolean) {
  const grown = is.attempts.filter(counts).length - was.attempts.filter(counts).length;
  return grown !== 0 && `${counted(Math.abs(grown), what)} ${grown > 0 ? 'more' : 'fewer'}`;
}

function leftOutChange(
  what: string,
  of: keyof LeftOut,
  before: ReviewFacts,
  after: ReviewFacts,
): readonly FactChange[] {
  const [was, is] = [before.leftOut?.[of] ?? 0, after.leftOut?.[of] ?? 0];
  return was === is ? [] : [{ what, before: String(was), after: String(is) }];
}

function compared<T>(old: readonly T[], fresh: readonly T[], idOf: (each: T) => string) {
  const was = new Map(old.map((each) => [idOf(each), each]));
  const is = new Set(fresh.map(idOf));
  return {
    more: fresh.filter((each) => !was.has(idOf(each))),
    fewer: old.filter((each) => !is.has(idOf(each))),
    other: fresh.flatMap((each): (readonly [T, T])[] => {
      const before = was.get(idOf(each));
      return before === undefined || canonicalJson(before) === canonicalJson(each) ? [] : [[before, each]];
    }),
  };
}

function changed(what: string, words: readonly (string | false)[]): readonly FactChange[] {
  const said = words.filter((each) => each !== false);
  return said.length === 0 ? [] : [{ what, before: null, after: null, says: said.join('; ') }];
}

const named = (words: readonly string[]) => {
  const all = [...new Set(words)];
  return `${all.slice(0, MOST_NAMED).join(', ')}${all.length > MOST_NAMED ? ' and others' : ''}`;
};

const few = (words: readonly string[], what: string) =>
  words.length <= MOST_NAMED
    ? words.join('; ')
    : `${words.slice(0, MOST_NAMED).join('; ')}; ${counted(words.length - MOST_NAMED, what)} more otherwise`;
