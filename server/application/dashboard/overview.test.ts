import { describe, expect, it } from 'vitest';
import type { Comparison } from '../../domain/reconciliation/index.ts';
import type { IncidentSummary } from '../ports/incident-reads.ts';
import type { ContractStanding, ContractSummary, ReplaySummary, Standing } from '../ports/page-reads.ts';
import type { PromotionSummary } from '../promotion/views.ts';
import { judgeContract } from './contract-verdict.ts';
import { composeOverview } from './overview.ts';

const now = new Date('2026-03-01T12:00:00Z');

const replay = (change: Partial<ReplaySummary> = {}): ReplaySummary => ({
  id: 'r1',
  contractId: 'inventory',
  contractTitle: 'Inventory',
  contractVersion: 2,
  scope: { kind: 'all' },
  status: 'finished',
  intent: 'run',
  planHash: 'h',
  requestedBy: 'ada',
  approvedBy: [],
  requestedAt: '2026-03-01T11:50:00Z',
  startedAt: '2026-03-01T11:50:01Z',
  endedAt: '2026-03-01T11:51:00Z',
  durationMs: 59_000,
  eventsProcessed: 1842,
  eventEstimate: 1842,
  duplicates: 17,
  discrepancies: 2,
  confidence: 'trusted',
  agreement: 'different',
  coverage: null,
  failure: null,
  problem: null,
  evidenceId: 'e1',
  ...change,
});

const waitingReplay = (replayId: string, whyNot: string | null) => ({
  replayId,
  contractId: 'inventory',
  requestedAt: '2026-03-01T11:50:00Z',
  whyNot,
});

const comparison = (derivedState: string, outcome: Comparison['outcome'], keys = 412): Comparison => ({
  derivedState,
  mode: 'at-position',
  appliedPositions: [],
  keys,
  equal: keys,
  missing: 0,
  extra: 0,
  different: 0,
  eventsBehind: '0',
  layerEvents: '0',
  diffDigest: '',
  outcome,
  problem: null,
  comparedAt: '2026-03-01T11:51:00Z',
});

const contract: ContractSummary = {
  id: 'inventory',
  title: 'Inventory',
  description: '',
  version: 2,
  digest: 'd',
  history: { kind: 'kafka', name: 'inventory.events' },
  derivedStates: ['inventory', 'selling', 'warehouse'],
  allowedScopes: ['all'],
  registeredAt: '2026-03-01T10:00:00Z',
  goneAt: null,
  readiness: null,
  lastReplay: null,
  lastProof: null,
};

const standing = (
  change: Partial<ReplaySummary> | null = {},
  comparisons: readonly Comparison[] = [
    comparison('inventory', 'equal'),
    comparison('selling', 'different'),
    comparison('warehouse', 'different'),
  ],
): ContractStanding => ({
  contract,
  proof: change === null ? null : proofOf(replay(change), comparisons),
});

const proofOf = (last: ReplaySummary, comparisons: readonly Comparison[]): Standing => ({
  replay: last,
  ofLatestCode: last.contractVersion === contract.version,
  plannedAt: last.requestedAt,
  historyEnd: [{ partition: 0, next: '1842' }],
  comparisons,
  unexplained: 0,
});

describe('what the overview says of a contract', () => {
  const cases: [string, ContractStanding, string, RegExp][] = [
    [
      'names the states that disagree, on how many keys, and that the replay is trusted',
      standing(),
      'different',
      /^Selling and warehouse disagree with history on 2 of 412 keys; the replayed state is trusted\.$/,
    ],
    [
      'says proven only of a trusted replay whose every comparison was equal',
      standing({ agreement: 'equal', discrepancies: 0 }, [comparison('selling', 'equal')]),
      'proven',
      /^Inventory is proven up to the end of its history of 2026-03-01 11:50 UTC \(p0:1842\): selling agreed with history on all 412 keys\.$/,
    ],
    [
      'tells behind from wrong',
      standing({ agreement: 'behind', discrepancies: 0 }, [comparison('selling', 'behind')]),
      'behind',
      /Selling was behind history and right as far as it had read/,
    ],
    [
      'never draws a verdict about live states from a replay that is not trusted',
      standing({ confidence: 'untrusted', agreement: 'equal' }),
      'untrusted',
      /can't be trusted/,
    ],
    [
      'calls suspect what is suspect',
      standing({ confidence: 'suspect', agreement: 'different' }),
      'untrusted',
      /suspect, so it proves neither/,
    ],
    [
      'never calls equal what could not be compared',
      standing({ agreement: 'not-compared' }, [comparison('selling', 'could-not-compare')]),
      'not-compared',
      /Selling could not be compared/,
    ],
    [
      'names a live invariant that fails where every key agrees',
      standing({ discrepancies: 0 }, [comparison('selling', 'equal')]),
      'different',
      /invariant over a live store does not hold/,
    ],
    [
      'names a live invariant that could not be run where every key agrees',
      standing({ agreement: 'not-compared', discrepancies: 0 }, [comparison('selling', 'equal')]),
      'not-compared',
      /^Inventory: an invariant over a live store could not be run, though every compared key agrees/,
    ],
    [
      'says that nothing was compared only where nothing was',
      standing({ agreement: 'not-compared', discrepancies: 0 }, []),
      'not-compared',
      /nothing live was compared with it/,
    ],
    [
      'says of a proof of an older version that the newer one has none',
      standing({ contractVersion: 1, agreement: 'equal', discrepancies: 0 }),
      'stale',
      /version 2 is registered and was never replayed/,
    ],
    [
      'says of which version a disagreement is where the latest was never replayed',
      standing({ contractVersion: 1 }),
      'different',
      /trusted\. That was version 1; version 2 was never replayed in full\.$/,
    ],
    [
      'says when a proof is older than a day',
      standing({ endedAt: '2026-02-27T11:00:00Z', agreement: 'equal', discrepancies: 0 }),
      'stale',
      /more than a day old/,
    ],
    ['says when nothing was ever proven', standing(null), 'never-proven', /never been replayed/],
  ];
  it.each(cases)('%s', (_rule, facts, verdict, sentence) => {
    const judged = judgeContract(facts, [], now);
    expect(judged.verdict).toBe(verdict);
    expect(judged.sentence).toMatch(sentence);
  });

  it('takes a proof of an earlier version with the same code for one of the latest', () => {
    const earlier = standing({ contractVersion: 1, agreement: 'equal', discrepancies: 0 });
    const same = { ...earlier, proof: earlier.proof && { ...earlier.proof, ofLatestCode: true } };
    expect(judgeContract(same, [], now).verdict).toBe('proven');
  });

  it('says that the first replay runs, and goes on showing the last proof while a later one does', () => {
    const running = [replay({ id: 'r2', status: 'folding' })];
    expect(judgeContract(standing(null), running, now).verdict).toBe('running');
    expect(judgeContract(standing(), running, now).verdict).toBe('different');
  });

  it('keeps a disagreement in sight however old its proof is', () => {
    expect(judgeContract(standing({ endedAt: '2026-01-01T00:00:00Z' }), [], now).verdict).toBe('different');
  });
});

describe('the overview', () => {
  const facts = {
    running: { rows: [], total: 0, halted: 0 },
    problems: [],
    workers: { alive: 1, threads: 2 },
    promotions: [],
    waits: { replays: [], promotions: [], steps: [], redrives: [], reviews: [] },
    channels: [],
    incidents: { rows: [], count: 0 },
    unruly: null,
    logAudit: null,
    unsigned: null,
    fork: null,
    sinks: [],
    lateActions: [],
    ages: [],
  };
  const other: ContractStanding = {
    contract: { ...contract, id: 'accounts', title: 'Accounts' },
    proof: proofOf(replay({ contractId: 'accounts', agreement: 'equal', discrepancies: 0 }), [
      comparison('balances', 'equal'),
    ]),
  };

  it.each<[string, string | null, number, RegExp | null]>([
    ['lately', '2026-03-01T09:30:00Z', 1, null],
    ['long ago', '2026-03-01T08:59:00Z', 1, /not been audited for more than three hours/],
    ['long ago, and no worker runs', '2026-02-01T00:00:00Z', 0, null],
    ['never, with a proof of just now', null, 1, null],
    ['never, with an older proof', null, 1, /never been audited/],
  ])('says of a log that was audited %s what there is to say', (name, ranAt, alive, sentence) => {
    const logAudit = ranAt === null ? null : { ranAt: new Date(ranAt), size: 1, compared: 1, findings: [] };
    const later = new Date(now.getTime() + (name.includes('older') ? 600_000 : 0));
    const { needsYou } = composeOverview(
      { ...facts, standings: [other], workers: { alive, threads: 2 }, logAudit },
      later,
    );
    const found = needsYou.filter(({ kind }) => kind === 'evidence-log').map((need) => need.sentence);
    expect(found).toEqual(sentence === null ? [] : [expect.stringMatching(sentence)]);
  });

  it('says that trusted evidence is older than its contract allows, and nothing where it does not say how old', () => {
    const needs = (maxAgeHours: number | null, recordedAt: string) => {
      const age = { contractId: 'accounts', maxAgeHours, latestTrusted: { id: 'e', recordedAt } };
      const { needsYou } = composeOverview({ ...facts, standings: [other], ages: [age] }, now);
      return needsYou.filter(({ kind }) => kind === 'evidence-overdue');
    };
    expect(needs(24, '2026-02-28T11:00:00Z')).toEqual([
      {
        kind: 'evidence-overdue',
        sentence: 'The latest trusted evidence of Accounts is 25 hours old, and may be 24 hours at most.',
        href: '/replays/new?contract=accounts',
        since: '2026-03-01T11:00:00.000Z',
      },
    ]);
    expect(needs(24, '2026-02-28T13:00:00Z')).toEqual([]);
    expect(needs(null, '2020-01-01T00:00:00Z')).toEqual([]);
  });

  it('sums contracts up in one sentence, the worst first', () => {
    expect(composeOverview({ ...facts, standings: [standing(), other] }, now).sentence).toBe(
      'Inventory disagrees with its history; Accounts agreed with its history when last replayed.',
    );
    expect(composeOverview({ ...facts, standings: [other, other] }, now).sentence).toBe(
      'All 2 contracts agreed with their history when last replayed, the longest ago at 2026-03-01 11:51 UTC.',
    );
    expect(composeOverview({ ...facts, standings: [] }, now).sentence).toMatch(/No contract is registered/);
  });

  it('names late actions of reviews with where they stand, and counts them beyond five', () => {
    const action = (at: number, owner: string | null = 'omar') => ({
      ...{ actionId: `a${at}`, reviewId: `rv${at}`, title: `alert on ${at}.`, owner },
      ...{ dueOn: '2026-02-20', daysLate: 9, contractId: 'inventory' },
    });
    const needs = (lateActions: ReturnType<typeof action>[]) =>
      composeOverview({ ...facts, standings: [other], lateActions }, now).needsYou.filter(
        ({ kind }) => kind === 'action',
      );
    expect(needs([])).toEqual([]);
    expect(needs([action(1), action(2, null)])).toEqual([
      {
        kind: 'action',
        sentence: 'An action of a review is 9 days late: alert on 1.',
        href: '/reviews/rv1',
        since: '2026-02-20T00:00:00.000Z',
      },
      expect.objectContaining({
        sentence: 'An action of a review is 9 days late, and nobody has taken it: alert on 2.',
      }),
    ]);
    expect(needs([1, 2, 3, 4, 5, 6, 7].map((at) => action(at))).at(-1)).toMatchObject({
      sentence: '2 more actions of reviews are late.',
      href: '/reviews',
    });
  });

  it('begins with open incidents, the most urgent first, and says whose response was missed', () => {
    const incident = {
      id: 'i1',
      class: 'P1',
      title: 'An event is lost.',
      status: 'detected',
      respondBy: '2026-02-28T11:00:00.000Z',
      openedAt: '2026-02-28T10:45:00.000Z',
    } as IncidentSummary;
    const later = { ...incident, id: 'i2', respondBy: '2026-03-01T13:00:00.000Z' };
    const seen = { ...incident, id: 'i3', class: 'P2', status: 'mitigating' } as const;
    const { needsYou } = composeOverview(
      { ...facts, standings: [standing()], incidents: { rows: [incident, later, seen], count: 3 } },
      now,
    );
    expect(needsYou.map(({ kind, href }) => [kind, href])).toEqual([
      ['incident', '/incidents/i1'],
      ['incident', '/incidents/i2'],
      ['incident', '/incidents/i3'],
      ['difference', '/states/inventory'],
    ]);
    expect(needsYou.map(({ sentence }) => sentence).slice(0, 3)).toEqual([
      'P1: An event is lost. Nobody has acknowledged it in time.',
      'P1: An event is lost. Nobody has acknowledged it yet; somebody has to by 2026-03-01 13:00 UTC.',
      'P2: An event is lost. It is mitigating.',
    ]);
  });

  it('says that what runs could switch the rules of the database off', () => {
    const unruly = 'Reprise runs by the role reprise (DATABASE_URL), which owns its tables.';
    expect(composeOverview({ ...facts, standings: [other], unruly }, now).needsYou).toEqual([
      { kind: 'database-role', sentence: unruly, href: '/evidence', since: null },
    ]);
  });

  it('queues what needs a person, most urgent first, each with where to go', () => {
    const view = composeOverview(
      {
        ...facts,
        standings: [
          standing(),
          {
            contract: {
              ...contract,
              id: 'orders',
              title: 'Orders',
              readiness: {
                passed: 3,
                warnings: 0,
                failed: 1,
                couldNotRun: 2,
                checkedAt: '2026-03-01T11:00:00Z',
              },
            },
            proof: null,
          },
        ],
        running: { rows: [replay({ id: 'r9', status: 'paused' })], total: 1, halted: 1 },
        waits: { ...facts.waits, replays: [waitingReplay('r8', null)] },
        problems: [{ file: 'contracts/x.ts', field: 'id', sentence: 'is empty' }],
      },
      now,
    );
    expect(view.needsYou.map(({ kind, href }) => [kind, href])).toEqual([
      ['difference', '/states/inventory'],
      ['halted', '/replays/r9'],
      ['approval', '/replays/r8'],
      ['contract-problem', '/contracts'],
      ['readiness', '/contracts/orders'],
      ['never-proven', '/replays/new?contract=orders'],
    ]);
    expect(view.needsYou[4]?.sentence).toBe(
      'Orders: 1 readiness check failed and 2 readiness checks could not run.',
    );
  });

  const promotion: PromotionSummary = {
    id: 'p1',
    contractId: 'inventory',
    contractVersion: 2,
    replayId: 'r1',
    derivedState: 'selling',
    keys: 1,
    fields: 1,
    status: 'promoted',
    requestedBy: 'ada',
    requestedAt: '2026-03-01T11:52:00Z',
    reason: 'wrong',
    startedAt: '2026-03-01T11:53:00Z',
    endedAt: '2026-03-01T11:54:00Z',
    failure: null,
    undoes: null,
    undoneBy: null,
    written: 1,
    alreadyRight: 0,
    changed: 0,
    evidenceId: 'e2',
    problem: null,
  };

  it('says of a disagreement what has been written since its proof, and never that it is gone', () => {
    const view = composeOverview({ ...facts, standings: [standing()], promotions: [promotion] }, now);
    expect(view.contracts[0]).toMatchObject({ verdict: 'different' });
    expect(view.sentence).toContain('Since then 1 promotion wrote 1 row.');
    const before = { ...promotion, endedAt: '2026-03-01T11:50:30Z' };
    const earlier = composeOverview({ ...facts, standings: [standing()], promotions: [before] }, now);
    expect(earlier.sentence).not.toContain('Since then');
  });

  it('queues a redrive that waits for approval', () => {
    const redrive = {
      id: 'd1',
      contractId: 'a',
      state: 'shelf',
      target: 'a.retry',
      hash: 'f'.repeat(64),
      letters: 3,
      requestedBy: 'ada',
      requestedAt: now.toISOString(),
      reason: 'mended',
      isEdited: false,
      whyNot: null,
    };
    const { needsYou } = composeOverview(
      {
        ...facts,
        standings: [other],
        waits: { ...facts.waits, redrives: [redrive, { ...redrive, id: 'd2', isEdited: true }] },
      },
      now,
    );
    expect(needsYou).toMatchObject([
      {
        kind: 'approval',
        href: '/dead-letters/redrives/d1',
        sentence: 'A redrive of 3 dead letters of shelf (a) waits for approval.',
      },
      {
        href: '/dead-letters/redrives/d2',
        sentence: 'An edited dead letter of shelf (a) waits for approval.',
      },
    ]);
  });

  it('queues a promotion that waits for approval', () => {
    const waits = { ...facts.waits, promotions: [{ ...promotion, whyNot: null }] };
    const { needsYou } = composeOverview({ ...facts, standings: [other], waits }, now);
    expect(needsYou).toMatchObject([{ kind: 'approval', href: '/promotions/p1' }]);
  });

  it('leaves to others what the reader can’t decide', () => {
    const waits = {
      ...facts.waits,
      replays: [waitingReplay('r1', 'You requested it.'), waitingReplay('r2', null)],
    };
    const { needsYou, waitsForOthers } = composeOverview({ ...facts, standings: [other], waits }, now);
    expect(needsYou.map(({ href }) => href)).toEqual(['/replays/r2']);
    expect(waitsForOthers.map(({ href }) => href)).toEqual(['/replays/r1']);
  });

  it('says how many more of a kind there are than it names, and where they stand', () => {
    const replays = Array.from({ length: 30 }, (_, at) => waitingReplay(`r${at}`, null));
    const view = composeOverview(
      {
        ...facts,
        standings: [other],
        waits: { ...facts.waits, replays },
        running: { rows: [replay({ id: 'r99', status: 'paused' })], total: 60, halted: 3 },
        incidents: { rows: [], count: 1 },
      },
      now,
    );
    expect(view.runningTotal).toBe(60);
    expect(view.needsYou.filter(({ count }) => count !== undefined)).toMatchObject([
      { kind: 'incident', sentence: '1 more incident is open.', href: '/incidents', count: 1 },
      {
        sentence: '2 more replays are paused or wait out a fault.',
        href: '/replays?status=running',
        count: 2,
      },
      { kind: 'approval', sentence: '10 more replays wait.', href: '/approvals', count: 10 },
    ]);
  });

  it('does not call the number of what waits exact where the list of it ends', () => {
    const replays = Array.from({ length: 200 }, (_, at) => waitingReplay(`r${at}`, null));
    const { needsYou } = composeOverview(
      { ...facts, standings: [other], waits: { ...facts.waits, replays } },
      now,
    );
    expect(needsYou.at(-1)?.sentence).toBe('At least 180 more replays wait.');
  });

  it('says that notices did not arrive, and leads to where the channels stand', () => {
    const channel = {
      channel: 'email',
      configured: true,
      target: '',
      lastSuccessAt: null,
      lastProblem: 'no such user',
      lastProblemAt: null,
      waiting: 0,
      oldestWaitingAt: null,
      givenUp: 2,
      givenUpLately: 1,
    } as const;
    expect(composeOverview({ ...facts, standings: [], channels: [channel] }, now).needsYou).toEqual([
      {
        kind: 'notices',
        sentence: '1 notice could not be delivered by e-mail within the last day, and was given up.',
        href: '/people',
        since: null,
      },
    ]);
  });

  it('sends whoever asks why a state could not be compared to the replay that says it, with its age', () => {
    const notCompared = standing({ agreement: 'not-compared' }, [comparison('selling', 'could-not-compare')]);
    const { needsYou, sentence } = composeOverview({ ...facts, standings: [notCompared, other] }, now);
    expect(needsYou).toEqual([
      {
        kind: 'not-compared',
        sentence: 'Selling could not be compared with history.',
        href: '/replays/r1',
        since: '2026-03-01T11:51:00Z',
      },
    ]);
    expect(sentence).toBe(
      'Inventory could not be compared with its history; Accounts agreed with its history when last replayed.',
    );
  });

  it('calls a stale proof stale in its queue too, and never one that was never made', () => {
    const old = standing({ contractVersion: 1, agreement: 'equal', discrepancies: 0 });
    expect(composeOverview({ ...facts, standings: [old] }, now).needsYou).toMatchObject([
      { kind: 'stale', href: '/replays/new?contract=inventory' },
    ]);
  });

  it('queues a state that is behind, with since when that is known, where the lag of its projector is shown', () => {
    const behind = standing({ agreement: 'behind', discrepancies: 0 }, [comparison('selling', 'behind')]);
    expect(composeOverview({ ...facts, standings: [behind, standing()] }, now).needsYou).toMatchObject([
      { kind: 'difference' },
      { kind: 'behind', href: '/contracts/inventory', since: '2026-03-01T11:51:00Z' },
    ]);
  });
});
