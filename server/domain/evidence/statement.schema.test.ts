import { describe, expect, it } from 'vitest';
import type { ContractDescription } from '../contract/index.ts';
import { layerDoubtKinds } from '../reconciliation/index.ts';
import { noCounts, type Plan } from '../replay/index.ts';
import {
  approvalFactsOf,
  comparisonOf,
  digestOf,
  planOf,
  promotionFactsOf,
  replayFactsOf,
  sha256Hex,
} from '../test-kit/records.ts';
import { approvalRecord, approvalRemarks, checkApproval } from './approval-record.ts';
import { attachmentsNamedIn, planTextShown, subjectsOf } from './named-in-record.ts';
import { type PromotionFacts, promotionRecord } from './promotion-record.ts';
import { evidenceKinds, type ReplayFacts, replayRecord, statementText } from './record.ts';
import { whatIsNotTold, whyNotFollows } from './replay-check.ts';
import { type KnownStatement, parseStatement, predicateJsonSchemas } from './statement.schema.ts';

/** As it comes out of the bytes that are signed. */
const written = (statement: object): unknown => JSON.parse(statementText(statement));
const ofReplay = (change: Partial<ReplayFacts> = {}) =>
  written(replayRecord(replayFactsOf(change), sha256Hex).statement);
const ofPromotion = (change: Partial<PromotionFacts> = {}) =>
  written(promotionRecord(promotionFactsOf(change), sha256Hex).statement);

function read(json: unknown): KnownStatement {
  const statement = parseStatement(json);
  if (!statement.ok) throw new Error(statement.sentence);
  return statement.value;
}
function readReplay(change: Partial<ReplayFacts> = {}) {
  const statement = read(ofReplay(change));
  if (!('replay_id' in statement.predicate)) throw new Error('no replay');
  return statement.predicate;
}

const many = 1_500;
const partitions = (count: number) => Array.from({ length: count }, (_, partition) => partition);
const glass = {
  incident: 'g1',
  by: ['olga', 'omar'],
  at: '2026-11-26T08:00:00.000Z',
  reasons: ['now', 'now'],
};

/** With a third partition that is not read, and what of it could be had, from an archive in part. */
function twoOfThree(lastStable: string): Plan {
  const plan = planOf({ kind: 'partitions', partitions: [0, 1] }, 2);
  const unread = [{ partition: 2, from: '0', logStart: lastStable === '0' ? '0' : '4', lastStable }];
  return { ...plan, history: { ...plan.history, partitionCount: 3 }, unread };
}

const records: readonly [string, () => unknown][] = [
  ['a replay', () => ofReplay()],
  [
    'a replay that was refused before it had a plan',
    () =>
      ofReplay({
        status: 'refused',
        failure: { code: 'history-truncated', sentence: '' },
        plan: null,
        agreement: null,
        comparisons: [],
        shadowDigest: null,
        historyDigest: null,
        diffDigest: null,
        startedAt: null,
      }),
  ],
  [
    'a replay whose contract could not be read',
    () => ofReplay({ contract: { ...replayFactsOf().contract, description: null } }),
  ],
  [
    'a replay that was called off',
    () =>
      ofReplay({
        status: 'cancelled',
        confidence: null,
        agreement: null,
        cancellation: { by: 'olga', reason: '' },
      }),
  ],
  [
    'a replay of some keys',
    () =>
      ofReplay({ plan: { ...planOf({ kind: 'keys', keys: ['A', 'B'] }), salt: 'random' }, invariants: [] }),
  ],
  [
    'a replay of some partitions',
    () => ofReplay({ plan: planOf({ kind: 'partitions', partitions: [0, 1, 2] }) }),
  ],
  ['a replay of two of three partitions', () => ofReplay({ plan: twoOfThree('10'), invariants: [] })],
  [
    'a replay of two of three partitions, of which the third is empty',
    () => ofReplay({ plan: twoOfThree('0'), invariants: [] }),
  ],
  [
    'a replay of a span of time',
    () =>
      ofReplay({
        plan: planOf({ kind: 'time', from: '2026-01-01T00:00:00+01:00', to: '2026-01-02T00:00:00Z' }),
      }),
  ],
  [
    'a replay of some offsets',
    () => ofReplay({ plan: planOf({ kind: 'offsets', ranges: [{ partition: 0, from: '0', to: '10' }] }) }),
  ],
  [
    'a replay that waives a record',
    () => ofReplay({ plan: { ...planOf(), waivers: [{ partition: 0, offset: '7' }] } }),
  ],
  [
    'a replay that goes on from another',
    () =>
      ofReplay({
        plan: {
          ...planOf(),
          base: {
            replayId: 'r0',
            evidenceDigest: digestOf('e'),
            shadowDigest: digestOf('s'),
            visibleBefore: null,
          },
        },
      }),
  ],
  [
    'a replay of an event table',
    () =>
      ofReplay({ comparisons: [comparisonOf({ appliedPositions: [{ partition: 0, next: '1103:12' }] })] }),
  ],
  [
    'a replay that could not rely on all beyond its plan, nor place every row',
    () =>
      ofReplay({
        comparisons: [
          comparisonOf({
            layerDoubts: Object.fromEntries(layerDoubtKinds.map((kind) => [kind, 2])),
            unplaced: 3,
          }),
        ],
      }),
  ],
  [
    'a replay of a state that agrees, but for what history leaves open there',
    () =>
      ofReplay({
        comparisons: [
          comparisonOf({
            equal: 9,
            missing: 0,
            outcome: 'could-not-compare',
            layerDoubts: { absentMissing: 10 },
          }),
        ],
      }),
  ],
  ['a replay from an archive', () => ofReplay({ seams: [{ partition: 0, from: '1', to: '2', events: 1 }] })],
  ['a replay that ran by broken glass', () => ofReplay({ breakGlass: glass })],
  [
    'a replay that is too long for its record',
    () =>
      ofReplay({
        plan: planOf({ kind: 'all' }, many),
        comparisons: [
          comparisonOf({
            appliedPositions: partitions(many).map((partition) => ({ partition, next: '10' })),
          }),
        ],
      }),
  ],
  ['a promotion', () => ofPromotion()],
  [
    'a promotion to a topic',
    () => ofPromotion({ plan: { ...promotionFactsOf().plan, target: { topic: 't', consumerGroup: 'g' } } }),
  ],
  [
    'a promotion that was refused',
    () =>
      ofPromotion({
        status: 'refused',
        written: 0,
        alreadyRight: 0,
        changed: 0,
        target: null,
        after: null,
        failure: { code: 'promotion-overtaken', sentence: '' },
      }),
  ],
  ['a promotion by broken glass', () => ofPromotion({ breakGlass: glass })],
  ['an approval', () => written(approvalRecord(approvalFactsOf()))],
  [
    'a rejection',
    () =>
      written(approvalRecord(approvalFactsOf({ verdict: 'rejected', approvals: { needed: 2, counted: 0 } }))),
  ],
  [
    'an approval after glass was broken',
    () => written(approvalRecord(approvalFactsOf({ breakGlass: { incident: 'g1', by: ['olga', 'omar'] } }))),
  ],
];

/** Every object in it, at whatever depth, by its path. */
function* objectsIn(value: unknown, path: readonly string[] = []): Generator<readonly string[]> {
  if (typeof value !== 'object' || value === null) return;
  if (!Array.isArray(value)) yield path;
  for (const [key, each] of Object.entries(value)) yield* objectsIn(each, [...path, key]);
}
const open = new Set(['software', 'by_derived_state']);

describe('the schema of a record', () => {
  it.each(records)('takes %s as it is written, with its own subjects', (_, make) => {
    const statement = read(make());
    expect(statement.subject).toEqual(subjectsOf(statement));
    const text = planTextShown(statement);
    if (text !== null)
      expect('plan_hash' in statement.predicate && statement.predicate.plan_hash).toBe(sha256Hex(text));
  });

  it.each(records)('takes no field that it does not know, anywhere in %s', (_, make) => {
    const known = make();
    const paths = [...objectsIn(known)].filter((path) => !open.has(path.at(-1) ?? ''));
    expect(paths.length).toBeGreaterThan(5);
    // What holds for the first member of a list holds for all.
    for (const path of paths.filter((each) => each.every((key) => !/^[1-9]/.test(key)))) {
      let at: unknown = known;
      for (const key of path) at = (at as Record<string, unknown>)[key];
      const object = at as Record<string, unknown>;
      object.unheardOf = 1;
      expect(parseStatement(known), path.join('.')).toMatchObject({ ok: false, code: 'statement-wrong' });
      delete object.unheardOf;
    }
    expect(parseStatement(known).ok).toBe(true);
  });

  it.each(records)('misses every field of %s', (_, make) => {
    const known = make() as { predicate: Record<string, unknown> };
    for (const field of Object.keys(known.predicate)) {
      const { [field]: __, ...predicate } = known.predicate;
      expect(parseStatement({ ...known, predicate }), field).toMatchObject({
        ok: false,
        code: 'statement-wrong',
      });
    }
  });

  it.each([
    [
      'a predicate that nobody knows',
      { ...(ofReplay() as object), predicateType: 'https://example.com/x' },
      'predicate-unknown',
    ],
    [
      'the name of something that every object has',
      { ...(ofReplay() as object), predicateType: 'toString' },
      'predicate-unknown',
    ],
    [
      'another kind of document',
      { ...(ofReplay() as object), _type: 'https://in-toto.io/Statement/v0.1' },
      'statement-wrong',
    ],
    ['no subject', { ...(ofReplay() as object), subject: [] }, 'statement-wrong'],
    [
      'the predicate of another type',
      { ...(ofReplay() as object), predicateType: 'https://reprise.dev/evidence/approval/v1' },
      'statement-wrong',
    ],
    ['nothing', null, 'statement-wrong'],
    ['a number', 1, 'statement-wrong'],
  ])('refuses %s', (_, json, code) => {
    expect(parseStatement(json)).toMatchObject({ ok: false, code });
  });

  it('knows every field that the description of a contract may have', () => {
    type Shown = NonNullable<ReturnType<typeof readReplay>['contract']['description']>;
    // A field that the schema does not know makes every verifier refuse the record: types and a whole one tell.
    const allKnown: Exclude<keyof ContractDescription, keyof Shown | 'authors' | 'watch'> extends never
      ? true
      : 'not all' = true;
    const { contract } = replayFactsOf();
    if (contract.description === null) throw new Error('no description');
    const whole: Required<Omit<ContractDescription, 'watch'>> = {
      ...contract.description,
      maxEvidenceAgeHours: 24,
      approvals: { replay: 1, freeUpToEvents: 100, promotion: 1 },
    };
    expect(readReplay({ contract: { ...contract, description: whole } }).contract.description).toMatchObject({
      maxEvidenceAgeHours: 24,
    });
    expect(allKnown).toBe(true);
  });

  it('says of every field what it means, as JSON Schema', () => {
    const schemas = predicateJsonSchemas();
    expect(Object.keys(schemas)).toHaveLength(evidenceKinds.length);
    const missing: string[] = [];
    let fields = 0;
    const walk = (schema: unknown, path: string): void => {
      if (typeof schema !== 'object' || schema === null) return;
      for (const [name, field] of Object.entries((schema as { properties?: object }).properties ?? {})) {
        fields += 1;
        if (!('description' in field)) missing.push(`${path}.${name}`);
      }
      for (const [name, each] of Object.entries(schema)) walk(each, `${path}.${name}`);
    };
    for (const [type, schema] of Object.entries(schemas)) walk(schema, type);
    expect(missing).toEqual([]);
    expect(fields).toBeGreaterThan(150);
  });
});

describe('what stands beside a record', () => {
  it('is named by it, with what may be erased and what may not', () => {
    const long = read(records.find(([name]) => name.includes('too long'))?.[1]());
    const names = attachmentsNamedIn(long);
    expect(names[0]).toEqual({ name: 'remarks', sha256: digestOf('remarks'), erasable: true });
    expect(names).toContainEqual(expect.objectContaining({ name: 'plan.ranges', erasable: false }));
    expect(attachmentsNamedIn(read(ofPromotion())).map(({ name }) => name)).toEqual(['remarks', 'rows']);
  });

  it('are the words of a decision', () => {
    expect(JSON.stringify(written(approvalRecord(approvalFactsOf())))).not.toContain('It has to be known.');
    expect(approvalRemarks(approvalFactsOf(), 's')).toMatchObject({
      salt: 's',
      reason: 'It has to be known.',
    });
  });
});

describe('the record of a decision', () => {
  const check = (change: Parameters<typeof approvalFactsOf>[0]) => {
    const { predicate } = read(written(approvalRecord(approvalFactsOf(change))));
    if (!('decision_id' in predicate)) throw new Error('no decision');
    return checkApproval(predicate).outcome;
  };
  it('agrees with itself', () => {
    expect(check({})).toBe('passed');
    expect(check({ expiresAt: approvalFactsOf().decidedAt })).toBe('failed');
    expect(check({ approvals: { needed: 1, counted: 0 } })).toBe('failed');
  });
  it('says what it leaves open', () => {
    const { predicate } = approvalRecord(approvalFactsOf({ approvals: { needed: 2, counted: 1 } }));
    expect(predicate.does_not_prove).toContain('That it had enough approvals: 1 of 2 counted with this one.');
  });
});

describe('what else a replay’s record says', () => {
  it.each(records.filter(([name]) => name.startsWith('a replay')))(
    'follows from its other fields, of %s',
    (_, make) => {
      const { predicate } = read(make());
      if (!('replay_id' in predicate)) throw new Error('no replay');
      expect(whyNotFollows(predicate)).toBeNull();
    },
  );

  it('follows of an event table, whose events are counted after they were read', () => {
    const plan = planOf({ kind: 'all' }, 1);
    const coverage = {
      kind: 'whole',
      partitions: { covered: 1, of: 1 },
      offsets: { covered: '10', of: '10' },
      sentence: 'The whole history at planning: 10 positions, which may have gaps. 10 events were delivered.',
    } as const;
    const table = { ...plan, history: { ...plan.history, kind: 'postgres' as const, visibleBefore: '1' } };
    expect(whyNotFollows(readReplay({ plan: table, coverage }))).toBeNull();
  });

  const part = {
    kind: 'part',
    partitions: { covered: 2, of: 3 },
    offsets: { covered: '20', of: '30' },
    sentence: '',
  } as const;
  it.each<[string, Partial<ReplayFacts>, RegExp]>([
    ['a better agreement', { agreement: 'equal' }, /says equal; its other fields say different/],
    [
      'an agreement with what it leaves open',
      {
        comparisons: [
          comparisonOf({ equal: 9, missing: 0, outcome: 'equal', layerDoubts: { absentMissing: 1 } }),
        ],
      },
      /calls shop equal, and leaves open/,
    ],
    ['an agreement of what did not finish', { status: 'failed' }, /did not finish/],
    ['less coverage', { coverage: part }, /its plan gives "The whole history/],
    [
      'more coverage',
      { coverage: { ...part, kind: 'whole', partitions: { covered: 4, of: 4 } } },
      /another number of partitions/,
    ],
    [
      'more coverage than the plan reads',
      { plan: { ...planOf(), ranges: [] }, coverage: { ...part, kind: 'whole' } },
      /more than the plan reads/,
    ],
  ])('does not follow with %s', (_, change, why) => {
    expect(whyNotFollows(readReplay(change))).toMatch(why);
  });

  it.each<[string, Partial<ReplayFacts>, RegExp]>([
    [
      'a partition that was not read to its end',
      {
        partitions: [0, 1, 2].map((partition) => ({
          partition,
          from: '0',
          to: '10',
          cursor: partition === 1 ? '9' : '10',
        })),
      },
      /partition 1 was read up to 9 of 10/,
    ],
    [
      'a shorter range than the plan reads',
      { partitions: [0, 1, 2].map((partition) => ({ partition, from: '0', to: '9', cursor: '9' })) },
      /reads 0–10 of partition 0/,
    ],
    ['no word of how far a partition was read', { partitions: [] }, /says how far 0 were read/],
    [
      'a partition twice in place of another',
      { partitions: [0, 1, 1].map((partition) => ({ partition, from: '0', to: '10', cursor: '10' })) },
      /says twice how far partition 1/,
    ],
    [
      'a plan that reads a partition twice',
      {
        plan: {
          ...planOf({ kind: 'all' }, 2),
          ranges: Array.from({ length: 2 }, () => planOf().ranges[0]).flatMap((each) => each ?? []),
        },
      },
      /names partition 0 twice/,
    ],
    [
      'fewer offsets than the plan reads',
      { counters: { ...noCounts, applied: 27, duplicates: 2 } },
      /reads 30 offsets, and the record says what became of 29/,
    ],
    [
      'more offsets than the plan reads',
      { counters: { ...noCounts, applied: 28, duplicates: 2, absentControl: 1 } },
      /reads 30 offsets, and the record says what became of 31/,
    ],
    [
      'no comparison of what the plan compares',
      { plan: { ...planOf(), compare: ['shop', 'warehouse'] } },
      /compares warehouse, and the record says nothing/,
    ],
    [
      'a comparison that the plan does not ask for',
      { plan: planOf(), comparisons: [comparisonOf(), comparisonOf({ derivedState: 'other' })] },
      /compares other, and its plan does not/,
    ],
    [
      'one comparison in two',
      { plan: planOf(), comparisons: [comparisonOf(), comparisonOf()] },
      /compares shop twice/,
    ],
    ['no approval', { approvals: [] }, /needs 1 approval by others than the requester, and the record has 0/],
    ['the approval of who asked for it', { requestedBy: 'ada' }, /the record has 0/],
    [
      'an approval that did not count any more',
      { approvals: replayFactsOf().approvals.map((each) => ({ ...each, void: 'it ran out' })) },
      /the record has 0/,
    ],
    [
      'a rejection',
      { approvals: replayFactsOf().approvals.map((each) => ({ ...each, verdict: 'rejected' })) },
      /somebody rejected it/,
    ],
    [
      'glass that one person broke twice',
      { approvals: [], breakGlass: { ...glass, by: ['olga', 'olga'] } },
      /the record has 0/,
    ],
    [
      'another version of the contract',
      { contract: { ...replayFactsOf().contract, version: 2 } },
      /another contract, version or bundle/,
    ],
    [
      'another bundle',
      { contract: { ...replayFactsOf().contract, bundleDigest: digestOf('other') } },
      /another contract, version or bundle/,
    ],
    ['no plan', { plan: null }, /finished, and names no plan/],
    [
      'a coverage of no plan',
      { status: 'failed', agreement: null, plan: null, coverage: { ...part, kind: 'whole' } },
      /a coverage, and names no plan/,
    ],
  ])('is not what the plan says with %s', (_, change, why) => {
    expect(whyNotFollows(readReplay(change))).toMatch(why);
  });

  const falselyWhole = {
    kind: 'whole',
    partitions: { covered: 3, of: 3 },
    offsets: { covered: '20', of: '20' },
    sentence: 'The whole history at planning: 20 offsets in 3 partitions.',
  } as const;
  it('is the whole history only where the plan leaves out no partition that holds events', () => {
    const { coverage: said } = readReplay({ plan: twoOfThree('10') });
    expect(said).toMatchObject({ kind: 'part', offsets: { covered: '20', of: '30' } });
    const { coverage: empty } = readReplay({ plan: twoOfThree('0') });
    expect(empty).toEqual(falselyWhole);
    const wrong = readReplay({ plan: twoOfThree('10'), coverage: falselyWhole });
    expect(whyNotFollows(wrong)).toMatch(/says of its coverage "The whole/);
    const { unread: _, ...beforeIt } = twoOfThree('10');
    const older = readReplay({ plan: beforeIt, coverage: falselyWhole });
    expect(whyNotFollows(older)).toBeNull();
    expect(whatIsNotTold(older)).toMatch(/leaves out partitions/);
    for (const plan of [planOf(), twoOfThree('10')]) expect(whatIsNotTold(readReplay({ plan }))).toBeNull();
    const none = readReplay({ plan: { ...twoOfThree('10'), unread: [] }, coverage: falselyWhole });
    expect(whyNotFollows(none)).toMatch(/another number of partitions/);
    const read = { partition: 1, from: '0', logStart: '0', lastStable: '10' };
    const twice = readReplay({ plan: { ...twoOfThree('10'), unread: [read] } });
    expect(whyNotFollows(twice)).toMatch(/names partition 1 twice/);
  });

  it('is what the plan says by broken glass without an approval, and of what ended before its end', () => {
    expect(whyNotFollows(readReplay({ approvals: [], breakGlass: glass }))).toBeNull();
    const early = { partitions: [], approvals: [], comparisons: [], counters: noCounts, plan: planOf() };
    expect(whyNotFollows(readReplay({ ...early, status: 'failed', agreement: null }))).toBeNull();
  });

  it.each<[string, (predicate: ReturnType<typeof readReplay>) => object]>([
    ['events', () => ({ events_processed: 31 })],
    ['duplicates', () => ({ duplicates_skipped: 3 })],
    ['conflicting duplicates', () => ({ conflicting_duplicates: 1 })],
    ['failures', () => ({ reconciliation_failures: 1 })],
    ['changes', ({ projections_changed: said }) => ({ projections_changed: { ...said, total: 0 } })],
    ['changes of a state', () => ({ projections_changed: { total: 1, by_derived_state: { other: 1 } } })],
    ['comparisons', ({ comparison_outcomes: said }) => ({ comparison_outcomes: { ...said, equal: 1 } })],
    [
      'the outcomes of comparisons',
      () => ({ comparison_outcomes: { equal: 1, behind: 0, different: 0, could_not_compare: 0 } }),
    ],
  ])('does not follow where it counts other %s', (_, change) => {
    const predicate = readReplay();
    expect(whyNotFollows({ ...predicate, ...change(predicate) })).not.toBeNull();
  });
});
