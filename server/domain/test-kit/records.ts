import { createHash } from 'node:crypto';
import { describeContract } from '../contract/index.ts';
import type { ApprovalFacts, BreakGlassFacts, PromotionFacts, ReplayFacts } from '../evidence/index.ts';
import { approvalRecord, invariantFacts, liveInvariantFacts, statementText } from '../evidence/index.ts';
import type { PromotionPlan } from '../promotion/index.ts';
import { promotionPlanText } from '../promotion/index.ts';
import type { Comparison, InvariantResult } from '../reconciliation/index.ts';
import {
  assessAgreement,
  assessConfidence,
  describeCoverage,
  type FindingKind,
  noCounts,
  type Plan,
  planText,
  type Scope,
  whatBeganLater,
} from '../replay/index.ts';
import type { Sha256 } from '../shared/digests.ts';
import { stockContract } from './stock-contract.ts';

/** Facts of records whose digests and verdicts are those that follow from them, for tests. */

export const sha256Hex: Sha256 = (data) =>
  createHash('sha256').update(data).digest('hex') as ReturnType<Sha256>;
export const digestOf = (name: string) => sha256Hex(name);
const at = (second: number) => new Date(Date.UTC(2026, 10, 26, 8, 0, second)).toISOString();

export function planOf(scope: Scope = { kind: 'all' }, partitions = 3): Plan {
  const range = { from: '0', to: '10', logStart: '0', lastStable: '10', archiveUntil: null };
  return {
    format: 'reprise.plan/v1',
    contract: { id: 'stock', version: 1, bundleDigest: digestOf('bundle') },
    scope,
    history: {
      kind: 'kafka',
      name: 'stock.events',
      identity: 'topic-id',
      visibleBefore: null,
      partitionCount: partitions,
      cleanupPolicy: 'delete',
    },
    ranges: Array.from({ length: partitions }, (_, partition) => ({ partition, ...range })),
    base: null,
    compare: ['shop'],
    eventEstimate: '30',
    approvalsNeeded: 1,
    plannedAt: at(0),
  };
}

export const comparisonOf = (change: Partial<Comparison> = {}): Comparison => ({
  derivedState: 'shop',
  mode: 'at-position',
  appliedPositions: [{ partition: 0, next: '10' }],
  keys: 9,
  equal: 8,
  missing: 1,
  extra: 0,
  different: 0,
  eventsBehind: '0',
  layerEvents: '0',
  diffDigest: digestOf('shop differs'),
  outcome: 'different',
  problem: null,
  comparedAt: at(20),
  ...change,
});

const invariant = (over: InvariantResult['over']): InvariantResult => ({
  name: `over ${over}`,
  over,
  outcome: 'passed',
  failingKeys: [],
  failing: 0,
  problem: null,
});

export const approvalsOf: ReplayFacts['approvals'] = [
  { by: 'ada', at: at(5), verdict: 'approved', void: null, reason: 'It has to be known.' },
];

/** A replay that finished. Verdicts follow from the change, unless it gives them. */
export function replayFactsOf(change: Partial<ReplayFacts> = {}): ReplayFacts {
  const comparisons = change.comparisons ?? [comparisonOf()];
  const compare = comparisons.map(({ derivedState }) => derivedState);
  const plan = change.plan === undefined ? { ...planOf(), compare } : change.plan;
  const offsets = (plan?.ranges ?? []).reduce((sum, { from, to }) => sum + Number(to) - Number(from), 0);
  const duplicates = Math.min(offsets, 2);
  const counters = change.counters ?? { ...noCounts, applied: offsets - duplicates, duplicates };
  const findings = change.findings ?? new Map<FindingKind, number>([['duplicate', 2]]);
  const invariants = change.invariants ?? [invariant('key'), invariant('whole'), invariant('sql')];
  return {
    replayId: 'r1',
    status: 'finished',
    failure: null,
    contract: {
      id: 'stock',
      version: 1,
      bundleDigest: digestOf('bundle'),
      description: describeContract(stockContract, sha256Hex),
    },
    plan,
    planHash: plan === null ? null : sha256Hex(planText(plan)),
    counters,
    waivedQuarantine: 0,
    findings,
    confidence: assessConfidence({
      counters,
      findings,
      compactionDeclaredHarmless: false,
      waivedQuarantine: 0,
      invariants: invariantFacts(invariants),
    }),
    agreement: assessAgreement({ comparisons, liveInvariants: liveInvariantFacts(invariants) }),
    coverage: plan === null ? null : coverageOf(plan),
    comparisons,
    invariants,
    explained: { explained: 1, unexplained: 0, notSearched: 0 },
    shadowDigest: digestOf('shadow'),
    historyDigest: digestOf('history'),
    diffDigest: digestOf('diff'),
    partitions: (plan?.ranges ?? []).map(({ partition, from, to }) => ({ partition, from, to, cursor: to })),
    seams: [],
    requestedBy: 'olga',
    reason: 'JAR-2412 is wrong',
    cancellation: null,
    remarksDigest: digestOf('remarks'),
    approvals: approvalsOf,
    breakGlass: null,
    requestedAt: at(1),
    startedAt: at(10),
    endedAt: at(30),
    software: { reprise: '0.1.0' },
    ...change,
  };
}

function coverageOf(plan: Plan) {
  const { unread = [] } = plan;
  const partitions = [...plan.ranges, ...unread].map((each) => ({ ...each, highWatermark: each.lastStable }));
  return describeCoverage({ kind: plan.history.kind, partitions }, plan.ranges, {
    keysOnly: plan.scope.kind === 'keys' ? plan.scope.keys.length : null,
    hasBase: plan.base !== null,
    beganLater: whatBeganLater(plan),
    beginnings: new Map(unread.map(({ partition, from }) => [partition, BigInt(from)])),
  });
}

export const promotionPlan: PromotionPlan = {
  format: 'reprise.promotion/v1',
  contract: { id: 'stock', version: 1, bundleDigest: digestOf('bundle') },
  replay: { id: 'r1', planHash: digestOf('plan'), shadowDigest: digestOf('shadow'), evidenceId: 'e1' },
  derivedState: 'shop',
  target: { connection: 'shop', table: 'stock', key: 'sku' },
  keys: 2,
  fields: 2,
  diffDigest: digestOf('changes'),
  approvalsNeeded: 1,
  undoes: null,
};

/** A promotion that was written. */
export const promotionFactsOf = (change: Partial<PromotionFacts> = {}): PromotionFacts => ({
  promotionId: 'p1',
  status: 'promoted',
  failure: null,
  plan: promotionPlan,
  planHash: sha256Hex(promotionPlanText(change.plan ?? promotionPlan)),
  written: 1,
  alreadyRight: 0,
  changed: 1,
  target: { token: '7', appliedAt: at(20), heldMs: 12, positions: [{ partition: 0, next: '10' }] },
  after: { comparisons: [comparisonOf({ outcome: 'equal' })], invariants: [invariant('sql')] },
  approvals: approvalsOf,
  breakGlass: null,
  requestedBy: 'olga',
  reason: 'JAR-2412 is wrong',
  requestedAt: at(1),
  startedAt: null,
  endedAt: at(30),
  remarksDigest: digestOf('remarks'),
  rowsDigest: digestOf('rows'),
  software: { reprise: '0.1.0' },
  ...change,
});

/** An approval that was enough. */
export const approvalFactsOf = (change: Partial<ApprovalFacts> = {}): ApprovalFacts => ({
  decisionId: 'd1',
  subject: { kind: 'replay', id: 'r1' },
  contract: { id: 'stock', version: 1 },
  planHash: digestOf('plan'),
  verdict: 'approved',
  by: 'ada',
  decidedAt: at(5),
  expiresAt: at(50),
  approvals: { needed: 1, counted: 1 },
  reason: 'It has to be known.',
  remarksDigest: digestOf('remarks'),
  breakGlass: null,
  ...change,
});

/** The statement of a decision about a promotion: short, and another for each id. */
export const decisionText = (decisionId: string): string =>
  statementText(approvalRecord(approvalFactsOf({ decisionId, subject: { kind: 'promotion', id: 'p1' } })));

/** Broken glass that nobody has reviewed yet. */
export const breakGlassFactsOf = (change: Partial<BreakGlassFacts> = {}): BreakGlassFacts => ({
  actId: 'g1',
  subject: { kind: 'promotion', id: 'p1', requestedBy: 'rosa' },
  contract: { id: 'inventory', version: 2 },
  planHash: 'a'.repeat(64),
  first: { by: 'olga', at: '2026-11-26T10:00:00.000Z', reason: 'the shop of ORDER-7 is closed' },
  second: { by: 'omar', at: '2026-11-26T10:15:00.000Z', reason: 'I saw it' },
  approvals: { needed: 2, counted: 1 },
  incidents: ['i1'],
  incidentsOpen: 1,
  review: null,
  remarksDigest: 'a'.repeat(64),
  ...change,
});
