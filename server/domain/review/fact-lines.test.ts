import { describe, expect, it } from 'vitest';
import { type FactLine, factLines, peopleIn } from './fact-lines.ts';
import type { ReviewFacts } from './fact-types.ts';
import { changeWords, type ReviewDocument, reviewMarkdown, whatChanged } from './index.ts';
import { opinionSections } from './sections.ts';

const attempt = {
  ...{ step: 's1', title: 'Move past it', action: 'move-position', status: 'succeeded', by: 'omar' },
  ...{ startedAt: '2026-11-02T10:40:00.000Z', endedAt: '2026-11-02T10:41:00.000Z', evidenceId: 'e7' },
};
const facts: ReviewFacts = {
  incident: {
    ...{
      id: 'i1',
      title: 'It stands still.',
      kind: 'budget',
      cause: 'budget:x',
      class: 'P2',
      contractId: 'x',
    },
    ...{ beganAt: '2026-11-02T10:00:00.000Z', openedAt: '2026-11-02T10:01:00.000Z', acknowledgedAt: null },
    ...{ recoveredAt: '2026-11-02T11:00:00.000Z', reopened: 0 },
  },
  figures: { detectMs: 60_000, acknowledgeMs: null, recoverMs: 3_600_000 },
  impact: [
    { label: 'Budget spent: lag of a', value: '2 min', absent: null, href: null },
    { label: 'Budget spent: lag of a', value: '9 min', absent: null, href: null },
  ],
  detection: [{ label: 'Time to acknowledge', value: null, absent: 'not-measured', href: null }],
  history: [{ label: 'Differing rows after', value: '0', absent: null, href: '/evidence/e1' }],
  timeline: [
    {
      ...{ entryId: '1', at: '2026-11-02T10:02:00.000Z', kind: 'class-changed', actor: 'ada', text: 'worse' },
      ...{ evidenceId: null, classes: { from: 'P3', to: 'P2' } },
    },
    {
      ...{ entryId: '2', at: '2026-11-02T10:03:00.000Z', kind: 'assigned', actor: 'ada', text: '' },
      ...{ evidenceId: 'e3', assignee: 'omar' },
    },
    {
      ...{ entryId: '3', at: '2026-11-02T10:04:00.000Z', kind: 'note', actor: 'omar', text: 'two carts' },
      ...{ evidenceId: null },
      corrections: [
        { entryId: '5', at: '2026-11-02T10:05:00.000Z', actor: 'grace', text: 'three carts' },
        { entryId: '6', at: '2026-11-02T10:06:00.000Z', actor: 'vera', text: 'four carts' },
      ],
    },
  ],
  evidence: [
    {
      ...{ evidenceId: 'e1', kind: 'replay', status: 'finished', confidence: 'trusted', agreement: 'equal' },
      ...{ digest: 'a'.repeat(64), recordedAt: '2026-11-02T10:50:00.000Z' },
    },
  ],
  runs: [
    {
      ...{ runId: 'run1', title: 'Poison', digest: 'b'.repeat(64), status: 'running', startedBy: 'omar' },
      ...{ startedAt: '2026-11-02T10:30:00.000Z', endedAt: null, attempts: [attempt] },
    },
  ],
};
const skip = {
  ...{ step: 's2', title: 'Ask the owner', action: null, status: 'cancelled', by: 'omar', evidenceId: null },
  ...{ startedAt: '2026-11-02T10:42:00.000Z', endedAt: '2026-11-02T10:42:00.000Z' },
  sentence: 'Skipped: she is asleep',
};
const withSkip: ReviewFacts = {
  ...facts,
  runs: facts.runs.map((run) => ({ ...run, attempts: [...run.attempts, skip] })),
};
const document: ReviewDocument = {
  ...{ format: 'reprise.review/v1', reviewId: 'rv1', revision: 1, facts, authors: [], actions: [] },
  opinions: Object.fromEntries(opinionSections.map((name) => [name, ''])) as ReviewDocument['opinions'],
};
const sections = ['impact', 'detection', 'timeline', 'history', 'evidence', 'runs'] as const;
const all = (lines: readonly FactLine[]): readonly FactLine[] =>
  lines.flatMap((line) => [line, ...all(line.under)]);
const wordsOf = ({ parts }: FactLine) =>
  parts.map((part) => (part.is === 'person' ? part.id : part.text)).join('');

describe('the lines of facts', () => {
  it.each([
    ['timeline', '2026-11-02T10:02:00.000Z class-changed from P3 to P2 (ada): worse'],
    ['timeline', '2026-11-02T10:03:00.000Z assigned to omar (ada), record e3'],
    ['timeline', '2026-11-02T10:04:00.000Z note (omar), corrected since: two carts'],
    ['timeline', 'corrected 2026-11-02T10:05:00.000Z (grace): three carts'],
    ['timeline', 'corrected 2026-11-02T10:06:00.000Z (vera): four carts'],
    [
      'evidence',
      `2026-11-02T10:50:00.000Z replay record e1: finished, trusted, equal, SHA-256 ${'a'.repeat(64)}`,
    ],
    ['runs', `2026-11-02T10:30:00.000Z Poison: running (omar), file SHA-256 ${'b'.repeat(64)}`],
    ['runs', '2026-11-02T10:40:00.000Z for 1 min: Move past it, move-position: succeeded (omar), record e7'],
  ] as const)('of the %s say: %s', (section, words) => {
    expect(all(factLines(section, facts)).map(wordsOf)).toContain(words);
  });

  it('say of a step that was skipped that it was, by whom and why', () => {
    expect(all(factLines('runs', withSkip)).map(wordsOf)).toContain(
      '2026-11-02T10:42:00.000Z Ask the owner: skipped (omar): she is asleep',
    );
  });

  it('strike out what was corrected, and not what stands', () => {
    const struck = all(factLines('timeline', facts)).flatMap(({ parts }) =>
      parts.flatMap((part) => (part.is === 'text' && part.struck === true ? [part.text] : [])),
    );
    expect(struck).toEqual(['two carts', 'three carts']);
  });

  it('stand in the Markdown that is signed, each of them, with people by name', () => {
    const text = reviewMarkdown(document, (id) => id.toUpperCase());
    for (const line of sections.flatMap((section) => all(factLines(section, facts)))) {
      const words = line.parts
        .map((part) => (part.is === 'person' ? part.id.toUpperCase() : part.text))
        .join('')
        .replace(/[*_`<>#&~[\]\\|]/g, '\\$&');
      expect(text).toContain(line.parts[0]?.is === 'absent' ? `*${words}*` : words);
    }
  });

  it('have one place each within their section, also where two have one name', () => {
    for (const section of sections) {
      const places = factLines(section, facts).map(({ place }) => place);
      expect(new Set(places).size).toBe(places.length);
    }
  });

  it('name everybody', () => {
    expect([...peopleIn(facts)].toSorted()).toEqual(['ada', 'grace', 'omar', 'vera']);
  });

  it('say how many are left out', () => {
    const cut = { ...facts, leftOut: { timeline: 3, evidence: 0 } };
    expect(factLines('timeline', cut).map(wordsOf).at(-1)).toMatch(/^3 starred lines more/);
    expect(factLines('evidence', cut)).toEqual(factLines('evidence', facts));
  });
});

describe('what has changed', () => {
  const [first, second] = facts.impact;
  const [record] = facts.evidence;
  const [run] = facts.runs;
  if (first === undefined || second === undefined || record === undefined || run === undefined)
    throw new Error('no facts');
  const of = (over: Partial<ReviewFacts>) => whatChanged(facts, { ...facts, ...over });

  it.each([
    ['the second of two facts of one name', { impact: [first, { ...second, value: '8 min' }] }],
    ['where a fact can be looked up', { impact: [{ ...first, href: '/evidence/e9' }, second] }],
    ['the kind of the incident', { incident: { ...facts.incident, kind: 'by-hand' } }],
  ] as const)('names %s', (_name, over) => {
    const changes = of(over as Partial<ReviewFacts>);
    expect(changes).toHaveLength(1);
    expect(changes[0]?.before).not.toBe(changes[0]?.after);
  });

  it.each([
    ['acknowledgedAt', '2026-11-02T10:05:00.000Z', 'Acknowledged at: nothing, now 2026-11-02T10:05:00.000Z'],
    ['contractId', null, 'Contract: x, now nothing'],
    ['reopened', 1, 'Opened again: never, now 1 time'],
  ])('calls %s of the incident what people call it', (name, value, words) => {
    expect(of({ incident: { ...facts.incident, [name]: value } }).map(changeWords)).toEqual([words]);
  });

  it('says once what the incident and a section say in the same words', () => {
    const detection = (value: string) => [{ label: 'Opened again', value, absent: null, href: null }];
    const before = { ...facts, detection: detection('never') };
    const after = {
      ...facts,
      ...{ incident: { ...facts.incident, reopened: 2 }, detection: detection('2 times') },
    };
    expect(whatChanged(before, after).map(changeWords)).toEqual(['Opened again: never, now 2 times']);
  });

  const [line] = facts.timeline;
  const more = { ...attempt, title: 'Look again', startedAt: '2026-11-02T10:45:00.000Z' };
  const corrections = [{ entryId: '9', at: '2026-11-02T10:09:00.000Z', actor: 'ada', text: 'not so' }];
  const others = facts.timeline.slice(1);
  it.each([
    [
      { runs: [{ ...run, attempts: [attempt, more, more] }] },
      'Run of Poison, begun 2026-11-02 10:30: 2 attempts more',
    ],
    [
      { runs: [{ ...run, status: 'done', attempts: [{ ...attempt, status: 'failed' }, more] }] },
      'Run of Poison, begun 2026-11-02 10:30: running, now done; 1 attempt more; “Move past it” succeeded, now failed',
    ],
    [
      { runs: [{ ...run, endedAt: '2026-11-02T10:59:00.000Z' }] },
      'Run of Poison, begun 2026-11-02 10:30: its title, its file or its times',
    ],
    [{ runs: [{ ...run, attempts: [] }] }, 'Run of Poison, begun 2026-11-02 10:30: 1 attempt fewer'],
    [{ runs: withSkip.runs }, 'Run of Poison, begun 2026-11-02 10:30: 1 skipped step more'],
    [{ runs: [] }, 'Run of Poison, begun 2026-11-02 10:30: not there any more'],
    [
      { runs: [run, { ...run, runId: 'run2', title: 'Full', attempts: [] }] },
      'Run of Full, begun 2026-11-02 10:30: new, running, 0 attempts',
    ],
    [
      { timeline: [...facts.timeline, { ...others[0], entryId: '8' }, { ...line, entryId: '7' }] },
      'Timeline: 2 lines more (assigned, class-changed)',
    ],
    [{ timeline: others }, 'Timeline: 1 line fewer (class-changed)'],
    [{ timeline: [{ ...line, corrections }, ...others] }, 'Timeline: 1 line corrected (class-changed)'],
    [{ timeline: [{ ...line, text: 'x' }, ...others] }, 'Timeline: 1 line otherwise (class-changed)'],
    [{ leftOut: { timeline: 3, evidence: 0 } }, 'Starred lines that are not named here: 0, now 3'],
    [{ evidence: [{ ...record, confidence: 'suspect' }] }, 'Evidence: replay trusted, now suspect'],
    [
      { evidence: [record, { ...record, evidenceId: 'e4', kind: 'review' }] },
      'Evidence: 1 record more (review)',
    ],
  ])('is told in one short line: %#', (over, words) => {
    expect(of(over as Partial<ReviewFacts>).map(changeWords)).toEqual([words]);
  });

  it('of many attempts names the first', () => {
    const attempts = (status: string) =>
      Array.from({ length: 9 }, (_, at) => ({ ...attempt, status, title: `Step ${at}` }));
    const before = { ...facts, runs: [{ ...run, attempts: attempts('running') }] };
    const after = { ...facts, runs: [{ ...run, attempts: attempts('failed') }] };
    expect(whatChanged(before, after).map(changeWords)).toEqual([
      expect.stringMatching(/“Step 2” running, now failed; 6 attempts more otherwise$/),
    ]);
  });

  it('names both facts of one name where both change, and which is which', () => {
    const changes = of({
      impact: [
        { ...first, value: '1 min' },
        { ...second, value: '8 min' },
      ],
    });
    expect(changes).toEqual([
      { what: 'Budget spent: lag of a', before: '2 min', after: '1 min' },
      { what: 'Budget spent: lag of a (2)', before: '9 min', after: '8 min' },
    ]);
  });

  it('is never nothing where anything is otherwise, and repeats no finding of facts of before', () => {
    const before = {
      ...facts,
      runs: [{ ...run, attempts: [{ ...attempt, sentence: 'found 3 events of ordering key PERSON-88' }] }],
    };
    const changes = whatChanged(before, facts);
    expect(changes).toHaveLength(1);
    expect(JSON.stringify(changes)).not.toContain('PERSON-88');
    expect(whatChanged(facts, structuredClone(facts))).toEqual([]);
  });
});
