import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { fromMarkdown } from 'mdast-util-from-markdown';
import { describe, expect, it } from 'vitest';
import { incidentClasses } from '../contract/index.ts';
import {
  byMonth,
  daysLate,
  draftFacts,
  evolveReview,
  opinions,
  proposedDueOn,
  type ReplayRow,
  type ReviewDocument,
  type ReviewRows,
  reviewJson,
  reviewMarkdown,
  reviewStatuses,
  spanWords,
  whatChanged,
  whatIsMissing,
  whyNotSign,
} from './index.ts';
import { reviewActs } from './lifecycle.ts';
import { marks } from './merge.ts';

const rows: ReviewRows = {
  incident: {
    id: 'i1',
    title: 'selling differs from history on 2 keys.',
    kind: 'reconciliation',
    cause: 'reconciliation:inventory',
    class: 'P2',
    contractId: 'inventory',
    beganAt: '2026-11-02T10:00:00.000Z',
    openedAt: '2026-11-02T10:01:00.000Z',
    clockFrom: '2026-11-02T10:01:00.000Z',
    acknowledgedAt: '2026-11-02T10:05:00.000Z',
    recoveredAt: '2026-11-02T11:30:00.000Z',
    reopened: 0,
    openedBy: 'reprise',
    facts: { 'differing keys': '2' },
    recoveryEvidenceId: 'e2',
    recoveryReason: null,
  },
  starred: [
    {
      entryId: '7',
      at: '2026-11-02T10:20:00.000Z',
      kind: 'note',
      actor: 'omar',
      text: 'stopped it',
      evidenceId: null,
    },
  ],
  records: [],
  leftOut: { timeline: 0, evidence: 0 },
  replays: [
    replay('e1', { differing: 2, agreement: 'different', confidence: 'trusted' }),
    replay('e2', { agreement: 'equal', confidence: 'trusted', recordedAt: '2026-11-02T11:20:00.000Z' }),
  ],
  differences: {
    keys: 2,
    amounts: [
      { derivedState: 'selling', field: 'quantity', rows: 2, sum: '-12', size: '12' },
      { derivedState: 'selling', field: 'worthCents', rows: 2, sum: '0', size: '1234567.5' },
    ],
    hidden: 1,
  },
  invariants: [{ name: 'stock is never negative', outcome: 'passed' }],
  spent: [{ indicator: 'losses', subject: '', amount: 3 }],
  written: { promotions: 1, rows: 2 },
  runs: [],
};

function replay(evidenceId: string, over: Partial<ReplayRow> = {}): ReplayRow {
  return {
    evidenceId,
    replayId: `r-${evidenceId}`,
    contractId: 'inventory',
    confidence: null,
    agreement: null,
    recordedAt: '2026-11-02T10:30:00.000Z',
    coverageKind: 'whole',
    scope: { kind: 'all' },
    eventsProcessed: 1000,
    differing: 0,
    ...over,
  };
}

const factOf = (given: ReviewRows, label: string) => {
  const facts = draftFacts(given);
  return [...facts.impact, ...facts.detection, ...facts.history].find((each) => each.label === label);
};

describe('the facts of a draft', () => {
  it.each([
    ['From its beginning to its end', '1 h 30 min'],
    ['Rows that differed from history, of all derived states, at most', '2 rows'],
    ['As its signal said: differing keys', '2'],
    ['Budget spent: lost events', '3 events'],
    ['Keys that differed then', '2 keys'],
    ['Live minus history: selling, quantity', '-12 on 2 rows'],
    ['Live minus history: selling, worthCents', '0 on 2 rows (1,234,567.5 without signs)'],
    ['Live minus history: other fields', '1 field, hidden'],
    ['Corrected in live states', '2 rows by 1 promotion'],
    ['Found by', 'Reprise, by the signal “reconciliation”'],
    ['Time to detect', '1 min'],
    ['Time to acknowledge', '4 min'],
    ['Replayed', 'the whole history, 1,000 events'],
    ['Differing rows before', '2 (trusted, different) of the whole history'],
    ['Differing rows after', '0 (trusted, equal) of the whole history'],
    ['Invariant stock is never negative', 'passed'],
    ['Proof of the recovery', 'record e2'],
    ['Measured time to recover', '1 h 30 min'],
  ])('%s: %s', (label, value) => {
    expect(factOf(rows, label)).toMatchObject({ value, absent: null });
  });

  const bare: ReviewRows = {
    ...rows,
    incident: {
      ...rows.incident,
      acknowledgedAt: null,
      recoveredAt: null,
      recoveryEvidenceId: null,
      recoveryReason: 'rebuilt',
    },
    starred: [],
    replays: [],
    differences: null,
    invariants: [],
    spent: null,
  };
  it.each([
    ['From its beginning to its end', 'not-measured'],
    ['Rows that differed from history', 'not-measured'],
    ['Budget spent', 'not-measured'],
    ['Time to acknowledge', 'not-measured'],
    ['Replayed', 'nothing-on-record'],
    ['Differing rows before', 'nothing-on-record'],
    ['Differing rows after', 'nothing-on-record'],
    ['Invariants', 'nothing-on-record'],
  ])('%s, where it is not to be had: %s', (label, absent) => {
    expect(factOf(bare, label)).toMatchObject({ value: null, absent });
  });

  it('name which keys differed by a page that shows them, and by no key', () => {
    expect(factOf(rows, 'Keys that differed then')).toMatchObject({ href: '/states/inventory?replay=r-e1' });
  });

  it('say no amount where no figure of any field differs', () => {
    const differences = { keys: 2, amounts: [], hidden: 0 };
    expect(factOf({ ...rows, differences }, 'Live minus history')).toMatchObject({ value: null });
  });

  it('take the replay that proves the recovery for what was afterwards, though there is no other', () => {
    const alone = { ...rows, replays: rows.replays.slice(1) };
    expect(factOf(alone, 'Differing rows after')).toMatchObject({
      value: '0 (trusted, equal) of the whole history',
    });
    expect(factOf(alone, 'Differing rows before')).toMatchObject({ value: null });
  });

  it('say no difference afterwards where one replay alone was made, and proves no recovery', () => {
    const given = { ...rows, replays: rows.replays.slice(0, 1) };
    expect(factOf(given, 'Differing rows after')).toMatchObject({ value: null });
  });

  it('take for what was before only what was found before the proof, in the same contract', () => {
    const proof = rows.replays.slice(1);
    const later = replay('e3', { differing: 7, recordedAt: '2026-11-02T11:25:00.000Z' });
    const other = replay('e0', { differing: 9, contractId: 'accounts' });
    const given = { ...rows, replays: [other, ...proof, later] };
    expect(factOf(given, 'Differing rows before')).toMatchObject({ value: null });
    expect(factOf(given, 'Differing rows after')).toMatchObject({ href: '/evidence/e2' });
  });

  it.each([
    [{ kind: 'keys', keys: ['PERSON-88', 'PERSON-89'] }, '2 keys'],
    [{ kind: 'partitions', partitions: [0, 3] }, 'partitions 0, 3'],
    [{ kind: 'offsets', ranges: [{ partition: 1, from: '5', to: '9' }] }, 'offsets 5 to 9 of partition 1'],
    [
      { kind: 'time', from: '2026-11-02T10:00:00Z', to: '2026-11-02T11:00:00Z' },
      'from 2026-11-02T10:00:00Z to 2026-11-02T11:00:00Z',
    ],
  ] as const)('name the part of the history that was replayed, without a key: %j', (scope, words) => {
    const part = replay('e2', { coverageKind: 'part', scope: structuredClone(scope) as ReplayRow['scope'] });
    expect(factOf({ ...rows, replays: [part] }, 'Replayed')).toMatchObject({
      value: `part of the history: ${words}, 1,000 events`,
    });
  });

  it('hold what a person wrote at a step, and never what an action found, which may name a key', () => {
    const attempt = {
      ...{ step: 's', title: 'Search', by: 'omar', status: 'succeeded', evidenceId: 'e9' },
      ...{ startedAt: '2026-11-02T10:40:00.000Z', endedAt: '2026-11-02T10:41:00.000Z' },
    };
    const run = {
      ...{ runId: 'run1', title: 'Lost event', digest: 'b'.repeat(64), status: 'done', startedBy: 'omar' },
      ...{ startedAt: '2026-11-02T10:40:00.000Z', endedAt: null },
      attempts: [
        { ...attempt, action: 'search-history', sentence: 'found 3 events of ordering key PERSON-88' },
        { ...attempt, action: null, sentence: 'called the shop' },
      ],
    };
    const facts = draftFacts({ ...rows, runs: [run] });
    expect(JSON.stringify(facts)).not.toContain('PERSON-88');
    expect(facts.runs[0]?.attempts[0]).toMatchObject({ status: 'succeeded', evidenceId: 'e9' });
    expect(facts.runs[0]?.attempts[1]).toMatchObject({ sentence: 'called the shop' });
    // Facts that were stored before still hold it, and are not shown with it.
    const text = reviewMarkdown({ ...documentOf(rows), facts: { ...facts, runs: [run] } }, String);
    expect(text).not.toContain('PERSON-88');
    expect(text).toContain('called the shop');
  });

  it('never have a value and its absence, nor neither', () => {
    fc.assert(
      fc.property(
        fc.record({
          acknowledgedAt: fc.option(fc.constant('2026-11-02T10:05:00.000Z')),
          recoveredAt: fc.option(fc.constant('2026-11-02T09:00:00.000Z')),
          recoveryReason: fc.option(fc.string()),
        }),
        fc.array(fc.record({ differing: fc.nat(), eventsProcessed: fc.option(fc.nat()) })),
        (incident, replays) => {
          const facts = draftFacts({
            ...rows,
            incident: { ...rows.incident, ...incident },
            replays: replays.map((each, at) => replay(`e${at}`, each)),
          });
          for (const each of [...facts.impact, ...facts.detection, ...facts.history])
            expect((each.value === null) !== (each.absent === null)).toBe(true);
          for (const ms of Object.values(facts.figures)) expect(ms === null || ms >= 0).toBe(true);
        },
      ),
    );
  });

  it('that are new say what they were before', () => {
    const before = draftFacts(rows);
    expect(whatChanged(before, draftFacts(rows))).toEqual([]);
    const after = draftFacts({
      ...rows,
      invariants: [{ name: 'stock is never negative', outcome: 'failed' }],
    });
    expect(whatChanged(before, after)).toEqual([
      { what: 'Invariant stock is never negative', before: 'passed', after: 'failed' },
    ]);
  });
});

describe('the life of a review', () => {
  const known = new Set([
    'draft change draft',
    'complete change draft',
    'draft complete complete',
    'complete sign signed',
    'signed revise draft',
  ]);
  const all = reviewStatuses.flatMap((from) => reviewActs.map((act) => [from, act] as const));
  it.each(all)('from %s, %s', (from, act) => {
    const to = evolveReview(from, act);
    expect([...known].some((each) => each === `${from} ${act} ${to}`)).toBe(to !== null);
    expect([...known].some((each) => each.startsWith(`${from} ${act} `))).toBe(to !== null);
  });

  const texts = Object.fromEntries(
    opinions.map(({ name }) => [name, 'written']),
  ) as ReviewDocument['opinions'];
  const action = {
    id: 'a1',
    title: 'alert on it',
    owner: 'omar',
    dueOn: '2026-12-01',
    link: null,
    doneWhen: 'it fires',
  };
  it.each([
    ['nothing', texts, [action], []],
    ['a mandatory section', { ...texts, causes: ' \n' }, [], [/Root cause.*not written/]],
    ['no section that nobody has to write', { ...texts, 'went-luckily': '' }, [], []],
    ['a choice between two versions', { ...texts, summary: `a\n${marks.mine}\nb` }, [], [/two versions/]],
    ['one with marks that were moved', { ...texts, summary: ` ${marks.theirs} \nb` }, [], [/two versions/]],
    ['what nobody will read', { ...texts, summary: '<!-- later -->' }, [], [/not written/]],
    ['whoever does it', texts, [{ ...action, owner: null }], [/nobody who does it/]],
    ['a day', texts, [{ ...action, dueOn: null }], [/no day/]],
  ])('misses %s', (_name, given, actions, missing) => {
    expect(whatIsMissing(given, actions)).toEqual(missing.map((each) => expect.stringMatching(each)));
  });

  const review = { status: 'complete', authors: ['omar'], completedBy: 'ada' } as const;
  it.each([
    ['somebody else', { id: 'grace', roles: ['auditor'] }, review, null],
    ['who wrote some of it', { id: 'omar', roles: ['operator'] }, review, /You wrote/],
    ['who completed it', { id: 'ada', roles: ['approver'] }, review, /You completed/],
    ['who only looks', { id: 'vera', roles: ['viewer', 'admin'] }, review, /right/],
    [
      'anybody, while it is a draft',
      { id: 'grace', roles: ['auditor'] },
      { ...review, status: 'draft' },
      /draft/,
    ],
    [
      'anybody, once it is signed',
      { id: 'grace', roles: ['auditor'] },
      { ...review, status: 'signed' },
      /already/,
    ],
  ] as const)('is signed by %s', (_name, person, given, why) => {
    const answer = whyNotSign(person, given);
    if (why === null) expect(answer).toBeNull();
    else expect(answer).toMatch(why);
  });
});

describe('an action', () => {
  it('is due the sooner the worse it was', () => {
    const from = new Date('2026-11-26T23:00:00Z');
    expect(incidentClasses.map((each) => proposedDueOn(each, from))).toEqual([
      '2026-12-03',
      '2026-12-10',
      '2026-12-26',
      '2027-02-24',
    ]);
  });
  it.each([
    ['on its day', '2026-11-26', false, null],
    ['the day after', '2026-11-25', false, 1],
    ['done', '2026-11-01', true, null],
    ['without a day', null, false, null],
  ] as const)('is late %s', (_name, dueOn, done, late) => {
    expect(daysLate(dueOn, done, new Date('2026-11-26T23:59:00Z'))).toBe(late);
  });
});

const documentOf = (given: ReviewRows): ReviewDocument => ({
  format: 'reprise.review/v1',
  reviewId: 'rv1',
  revision: 1,
  facts: draftFacts(given),
  opinions: {
    summary: 'Two keys were wrong.',
    causes: '',
    'went-well': '',
    'went-badly': '',
    'went-luckily': '',
  },
  authors: ['omar'],
  actions: [],
});

describe('a review as a document', () => {
  const document = documentOf(rows);
  it('has one digest whatever the order of its members', () => {
    const turned = Object.fromEntries(Object.entries(document).toReversed()) as ReviewDocument;
    const digest = (of: ReviewDocument) => createHash('sha256').update(reviewJson(of)).digest('hex');
    expect(digest(turned)).toBe(digest(document));
    expect(digest({ ...document, revision: 2 })).not.toBe(digest(document));
  });
  it('says of each section whether it is fact or opinion, and what nobody wrote', () => {
    const text = reviewMarkdown(document, (id) => id.toUpperCase());
    expect(text).toContain('## Summary (opinion)\n\n> Two keys were wrong.');
    expect(text).toContain('## Impact (fact)');
    expect(text).toContain('## What went well (opinion)\n\n*Not written.*');
    expect(text).toContain('Written by OMAR.');
  });
  const tree = (text: string) => fromMarkdown(text).children;
  const html = (node: object): boolean =>
    'type' in node && node.type === 'html'
      ? true
      : 'children' in node && Array.isArray(node.children) && node.children.some(html);
  const picture = (node: object): boolean =>
    'type' in node && (node.type === 'image' || node.type === 'imageReference')
      ? true
      : 'children' in node && Array.isArray(node.children) && node.children.some(picture);
  /** Everything of the document but what people wrote, as it is laid out. */
  const frame = (text: string) =>
    tree(text).map((node) =>
      node.type === 'blockquote'
        ? 'opinion'
        : text.slice(node.position?.start.offset, node.position?.end.offset),
    );
  const written = (summary: string) =>
    reviewMarkdown({ ...document, opinions: { ...document.opinions, summary } }, String);
  it.each([
    'a\n\n## Impact (fact)\n\n- Rows: 0',
    'a\n</blockquote>\n\n<h2>Impact (fact)</h2>',
    'a <b>b</b>\r## Impact (fact)',
    'a\u2028## Impact (fact)',
    '```\nnever closed',
    '<!-- never closed',
    '<script>\n\n# a',
    '[Impact]: https://example.com',
    'a `<h2>` \\<h2>\n    <pre>',
  ])('has no heading, fact or HTML of its own in what people wrote: %j', (summary) => {
    const text = written(summary);
    expect(frame(text)).toEqual(frame(written('plain')));
    expect(tree(text).some(html)).toBe(false);
  });
  it.each([
    '![a](http://a.example/x.png)',
    '[![a](http://a.example/x.png)](http://b.example)',
    '\\\\![a](http://a.example/x.png)',
    '![a][b] ![b]\n\n[b]: http://a.example/x.png',
    '> - ![](//a.example/x.png)',
    '!![a](http://a.example/x.png)',
  ])('has no picture that a reader would fetch from where it stands: %j', (summary) => {
    expect(tree(summary).some(picture)).toBe(true);
    expect(tree(written(summary)).some(picture)).toBe(false);
  });
  it('leaves a link of what was to be a picture, and what is escaped as it is', () => {
    expect(written('![a](http://a.example/x.png) \\![b](c)')).toContain(
      '> \\![a](http://a.example/x.png) \\![b](c)',
    );
  });
  it('has none whatever they wrote, and leaves what is none as it was written', () => {
    const piece = fc.constantFrom(
      ...[
        '<',
        '>',
        '`',
        '\n',
        '\\',
        '# ',
        '- ',
        '</blockquote>',
        '<!--',
        '-->',
        '```',
        'a',
        '    ',
        '<a b="',
        '&',
        '\r',
        '!',
        '![a](http://a.example/x)',
      ],
    );
    fc.assert(
      fc.property(fc.array(piece, { minLength: 1, maxLength: 40 }), (pieces) => {
        const text = written(pieces.join(''));
        expect(tree(text).some((node) => html(node) || picture(node))).toBe(false);
        if (pieces.join('').trim() !== '') expect(frame(text)).toEqual(frame(written('plain')));
      }),
      { numRuns: 100 },
    );
    expect(written('run `a < b`, or see <https://example.com>')).toContain(
      '> run `a < b`, or see \\<https://example.com>',
    );
  });
  it('has one line for each action, whatever it is called and links to', () => {
    const action = {
      ...{ id: 'a1', owner: null, dueOn: null, doneWhen: '+ b' },
      ...{ title: '- x\n# y <i>', link: 'https://example.com/a>b\\ <c>' },
    };
    const text = reviewMarkdown({ ...document, actions: [action] }, String);
    const list = tree(text).at(-2);
    if (list?.type !== 'list') throw new Error('no list');
    expect(list.children.map((each) => each.children.map(({ type }) => type))).toEqual([['paragraph']]);
    expect(text).toContain('\n  <https://example.com/a%3Eb%5C%20%3Cc%3E>\n');
    expect(tree(text).some(html)).toBe(false);
  });
  it('keeps what a row says on one line, and out of Markdown', () => {
    const named = { ...rows, incident: { ...rows.incident, title: 'a\n# b <i>' } };
    expect(reviewMarkdown({ ...document, facts: draftFacts(named) }, String)).toContain(
      '# Review: a \\# b \\<i\\>\n',
    );
  });
});

describe('figures over months', () => {
  const at = (recoveredAt: string, recoverMs: number | null) => ({
    recoveredAt: new Date(recoveredAt),
    detectMs: null,
    acknowledgeMs: null,
    recoverMs,
  });
  it('are median and worst of what was measured, and a gap where nothing was', () => {
    const months = byMonth(
      [at('2026-09-02T00:00:00Z', 10), at('2026-09-03T00:00:00Z', 30), at('2026-11-01T00:00:00Z', null)],
      3,
      new Date('2026-11-26T00:00:00Z'),
    );
    expect(months).toEqual([
      {
        month: '2026-09',
        count: 2,
        detect: null,
        acknowledge: null,
        recover: { medianMs: 20, worstMs: 30, count: 2 },
      },
      { month: '2026-10', count: 0, detect: null, acknowledge: null, recover: null },
      { month: '2026-11', count: 1, detect: null, acknowledge: null, recover: null },
    ]);
  });
});

describe('what was spent of a budget', () => {
  it.each([
    [
      { indicator: 'lag', subject: 'group:warehouse-projector', amount: 125_000 },
      'lag of warehouse-projector',
      '2 min 5 s',
    ],
    [{ indicator: 'losses', subject: '', amount: 1 }, 'lost events', '1 event'],
    [{ indicator: 'duplicates', subject: '', amount: 1234 }, 'duplicate events', '1,234 events'],
    [
      { indicator: 'compensations', subject: '', amount: 1234.5 },
      'failed compensations',
      '1,234.50 compensations',
    ],
  ] as const)('is said with its unit: %j', (spent, name, amount) => {
    const facts = draftFacts({ ...rows, spent: [spent] });
    expect(facts.impact).toContainEqual(
      expect.objectContaining({ label: `Budget spent: ${name}`, value: amount }),
    );
  });
});

describe('a span', () => {
  it.each([
    [0, '0 ms'],
    [999, '999 ms'],
    [60_000, '1 min'],
    [3_665_000, '1 h 1 min'],
    [90_061_000, '1 d 1 h'],
  ])('of %d ms reads %s', (ms, words) => expect(spanWords(ms)).toBe(words));
});
