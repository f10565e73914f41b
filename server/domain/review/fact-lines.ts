import { counted } from '../shared/counted.ts';
import { type AttemptFact, attemptStatus, isSkip } from './attempt-words.ts';
import type { Fact, ReviewFacts, RunFact, TimelineFact } from './fact-types.ts';
import type { FactSection } from './sections.ts';
import { spanWords } from './span-words.ts';

/** A piece of a line: words, a person by id, or why there is no value. */
export type FactPart =
  | { readonly is: 'text'; readonly text: string; readonly href?: string; readonly struck?: boolean }
  | { readonly is: 'person'; readonly id: string }
  | { readonly is: 'absent'; readonly text: string };

/** One line of a section, with those that belong under it. */
export type FactLine = {
  /** Of one section; the same fact has it in another set of facts. */
  readonly place: string;
  /** What its value is of; null: it is a sentence of its own. */
  readonly label: string | null;
  readonly parts: readonly FactPart[];
  readonly under: readonly FactLine[];
};

const absentWords = { 'not-measured': 'not measured', 'nothing-on-record': 'nothing on record' } as const;

const words = (text: string, href?: string): FactPart =>
  href === undefined ? { is: 'text', text } : { is: 'text', text, href };
const person = (id: string): FactPart => ({ is: 'person', id });
const line = (place: string, parts: readonly FactPart[], under: readonly FactLine[] = []): FactLine => ({
  ...{ place, label: null, parts, under },
});
const recordOf = (evidenceId: string) => words(`record ${evidenceId}`, `/evidence/${evidenceId}`);

/**
 * Everything that a section of facts says, and no more than that: the page and the Markdown that is signed are made of
 * the same lines, so that nobody signs what they were not shown.
 */
export function factLines(section: FactSection, facts: ReviewFacts): readonly FactLine[] {
  switch (section) {
    case 'impact':
    case 'detection':
    case 'history':
      return inPlaces(facts[section]).map(([place, fact]) => ({
        ...{ place, label: fact.label, parts: [partOf(fact)], under: [] },
      }));
    case 'timeline':
      return [...facts.timeline.map(timelineLine), ...leftOut(facts.leftOut?.timeline, 'starred line')];
    case 'evidence':
      return [
        ...facts.evidence.map((each) =>
          line(each.evidenceId, [
            words(`${each.recordedAt} ${each.kind} `),
            recordOf(each.evidenceId),
            words(
              `: ${[each.status, each.confidence, each.agreement].filter((one) => one !== null).join(', ')}, SHA-256 ${each.digest}`,
            ),
          ]),
        ),
        ...leftOut(facts.leftOut?.evidence, 'record'),
      ];
    case 'runs':
      return facts.runs.map(runLine);
  }
}

/** Every person whom the facts name, by id. */
export function peopleIn(facts: ReviewFacts): readonly string[] {
  const people = ({ parts, under }: FactLine): readonly string[] => [
    ...parts.flatMap((part) => (part.is === 'person' ? [part.id] : [])),
    ...under.flatMap(people),
  ];
  const named = (['timeline', 'runs'] as const).flatMap((section) =>
    factLines(section, facts).flatMap(people),
  );
  return [...new Set(named)];
}

/** Facts by what they are called; of two of one name the second is the second. */
function inPlaces(facts: readonly Fact[]): readonly (readonly [string, Fact])[] {
  const seen = new Map<string, number>();
  return facts.map((fact) => {
    const times = (seen.get(fact.label) ?? 0) + 1;
    seen.set(fact.label, times);
    return [times === 1 ? fact.label : `${fact.label} (${times})`, fact];
  });
}

function partOf({ value, absent, href }: Fact): FactPart {
  if (value === null) return { is: 'absent', text: absentWords[absent ?? 'nothing-on-record'] };
  return words(value, href ?? undefined);
}

function timelineLine(fact: TimelineFact): FactLine {
  const { entryId, at, kind, actor, text, evidenceId, corrections = [] } = fact;
  const struck = corrections.length > 0;
  const under = corrections.map((each, index): FactLine => {
    const isLast = index === corrections.length - 1;
    return line(each.entryId, [
      words(`corrected ${each.at} (`),
      person(each.actor),
      words('): '),
      { is: 'text', text: each.text, struck: !isLast },
    ]);
  });
  return line(
    entryId,
    [
      words(`${at} ${kind}${changeWords(fact)}`),
      ...(fact.assignee == null ? [] : [words(' to '), person(fact.assignee)]),
      words(' ('),
      person(actor),
      words(')'),
      ...(text === '' ? [] : [words(struck ? ', corrected since: ' : ': ')]),
      ...(text === '' ? [] : [{ is: 'text', text, struck } as const]),
      ...(evidenceId === null ? [] : [words(', '), recordOf(evidenceId)]),
    ],
    under,
  );
}

function changeWords({ classes, assignee }: TimelineFact): string {
  if (classes !== undefined) return ` from ${classes.from} to ${classes.to}`;
  return assignee === null ? ' to nobody' : '';
}

function runLine(run: RunFact): FactLine {
  return line(
    run.runId,
    [
      words(`${run.startedAt}${lasting(run)} `),
      words(run.title, `/runbooks/runs/${run.runId}`),
      words(`: ${run.status} (`),
      person(run.startedBy),
      words(`), file SHA-256 ${run.digest}`),
    ],
    run.attempts.map((each, index) => {
      // Facts of before hold what actions found, too, which may name a key.
      const said = each.action === null ? saidByHand(each) : '';
      return line(String(index), [
        words(`${each.startedAt}${lasting(each)} ${each.title}`),
        words(`${each.action === null ? '' : `, ${each.action}`}: ${attemptStatus(each)} (`),
        person(each.by),
        words(')'),
        ...(said === '' ? [] : [words(`: ${said}`)]),
        ...(each.evidenceId === null ? [] : [words(', '), recordOf(each.evidenceId)]),
      ]);
    }),
  );
}

function saidByHand(attempt: AttemptFact): string {
  const { sentence = '' } = attempt;
  return isSkip(attempt) ? sentence.replace(/^Skipped: /, '') : sentence;
}

/** How long it took; what was ticked by hand took no time. */
function lasting({
  startedAt,
  endedAt,
}: {
  readonly startedAt: string;
  readonly endedAt: string | null;
}): string {
  const ms = endedAt === null ? 0 : Date.parse(endedAt) - Date.parse(startedAt);
  return ms > 0 ? ` for ${spanWords(ms)}:` : '';
}

const leftOut = (count: number | undefined, what: string): readonly FactLine[] =>
  count === undefined || count === 0
    ? []
    : [line('left out', [words(`${counted(count, what)} more, which would be too many to name here`)])];
