import { describeContract } from '../server/domain/contract/index.ts';
import {
  type Attachment,
  invariantFacts,
  liveInvariantFacts,
  type PromotionFacts,
  promotionRecord,
  promotionRemarks,
  promotionRowsText,
  type ReplayFacts,
  reconciliationFailures,
  remarksName,
  remarksOf,
  remarksText,
  replayRecord,
  rowsName,
  statementText,
} from '../server/domain/evidence/index.ts';
import type { InvariantResult } from '../server/domain/reconciliation/index.ts';
import {
  assessAgreement,
  assessConfidence,
  type FindingKind,
  noCounts,
  type Plan,
  type Scope,
} from '../server/domain/replay/index.ts';
import type { Sha256 } from '../server/domain/shared/digests.ts';
import { stockContract } from '../server/domain/test-kit/stock-contract.ts';
import { type Chance, chanceOf } from './chance.ts';

/** A record as it is stored, with what stands beside it and the keys that its comparison found differing. */
export type GeneratedRecord = {
  readonly id: string;
  readonly kind: 'replay' | 'promotion';
  readonly contractId: string;
  readonly replayId: string;
  readonly statement: string;
  readonly status: string;
  readonly confidence: string | null;
  readonly agreement: string | null;
  readonly coverageKind: string | null;
  readonly eventsProcessed: number | null;
  readonly duplicatesSkipped: number | null;
  readonly projectionsChanged: number | null;
  readonly reconciliationFailures: number | null;
  readonly requestedBy: string;
  readonly recordedAt: string;
  readonly attachments: readonly Attachment[];
  readonly keys: readonly string[];
};

const flows = [
  'inventory',
  'orders',
  'payments',
  'accounts',
  'shipments',
  'returns',
  'prices',
  'vouchers',
  'invoices',
  'stock-moves',
  'carts',
  'loyalty',
];
export const generatedContracts: readonly string[] = flows.map((flow) => `generated-${flow}`);
export const generatedPeople: readonly string[] = Array.from(
  { length: 40 },
  (_, at) => `generated-person-${at + 1}`,
);
const keysOfAFlow = 5000;
const reasons = [
  'after the deployment',
  'the warehouse reported a shortfall',
  'weekly check',
  'customer complaint about totals',
  'drill',
  'before the audit',
];
const failureCodes = ['history-truncated', 'contract-bundle-broken', 'worker-lost', 'history-recreated'];
/** In the record itself, so that nobody takes it for evidence, wherever it ends up. */
const software = { reprise: 'bench', generated: 'for measuring' };

/** Records spread evenly over time up to `until`, the oldest first. The same `seed` gives the same records. */
export function* generatedRecords(
  options: { readonly records: number; readonly days: number; readonly until: Date; readonly seed: number },
  sha256: Sha256,
): Generator<GeneratedRecord> {
  const chance = chanceOf(options.seed);
  const begin = options.until.getTime() - options.days * 86_400_000;
  const step = (options.until.getTime() - begin) / options.records;
  const description = describeContract(stockContract, sha256);
  for (let at = 0; at < options.records; at++) {
    const endedAt = new Date(begin + step * (at + 1));
    const contractId = chance.skewed(generatedContracts);
    const common = { chance, sha256, contractId, endedAt };
    yield chance.share(0.06)
      ? promotionOf(common)
      : replayOf(common, { ...description, id: contractId, title: contractId });
  }
}

type Common = {
  readonly chance: Chance;
  readonly sha256: Sha256;
  readonly contractId: string;
  readonly endedAt: Date;
};

function replayOf(
  { chance, sha256, contractId, endedAt }: Common,
  description: ReplayFacts['contract']['description'],
): GeneratedRecord {
  const id = chance.uuid();
  const replayId = chance.uuid();
  const status = chance.weighted([
    ['finished', 85],
    ['failed', 6],
    ['refused', 5],
    ['cancelled', 4],
  ] as const);
  const finished = status === 'finished';
  const outcome = chance.weighted([
    ['trusted', 80],
    ['suspect', 12],
    ['untrusted', 8],
  ] as const);
  const events = chance.between(1_000, 900_000);
  const quarantined = finished && outcome === 'untrusted' ? chance.between(1, 30) : 0;
  const duplicates = chance.between(0, 300);
  const counters = { ...noCounts, applied: finished ? events : 0, duplicates, quarantined };
  const findings = new Map<FindingKind, number>([
    ...(duplicates > 0 ? [['duplicate', duplicates] as const] : []),
    ...(quarantined > 0 ? [['invalid-data', quarantined] as const] : []),
  ]);
  const keys =
    finished && chance.share(0.2)
      ? Array.from({ length: chance.between(1, 8) }, () => chance.key(keysOfAFlow))
      : [];
  const different = new Set(keys).size;
  const invariants = finished ? invariantsOf(outcome === 'suspect') : [];
  const comparisons: ReplayFacts['comparisons'] = finished
    ? [
        {
          derivedState: 'shop',
          mode: 'at-position',
          appliedPositions: [{ partition: 0, next: String(events) }],
          keys: keysOfAFlow,
          equal: keysOfAFlow - different,
          missing: 0,
          extra: 0,
          different,
          eventsBehind: '0',
          layerEvents: '0',
          diffDigest: sha256(keys.join('\n')),
          outcome:
            different > 0
              ? 'different'
              : chance.share(0.1)
                ? 'behind'
                : chance.share(0.02)
                  ? 'could-not-compare'
                  : 'equal',
          problem: null,
          comparedAt: endedAt.toISOString(),
        },
      ]
    : [];
  const confidence = finished
    ? assessConfidence({
        counters,
        findings,
        compactionDeclaredHarmless: false,
        waivedQuarantine: 0,
        invariants: invariantFacts(invariants),
      })
    : null;
  const whole = chance.share(0.8);
  const bundleDigest = sha256(`${contractId} ${Math.floor(endedAt.getTime() / (40 * 86_400_000))}`);
  const plan = planOf({ contractId, bundleDigest, events, whole, at: endedAt });
  const planned = status !== 'refused';
  const planHash = sha256(`${replayId} plan`);
  const [requestedBy, approver] = [chance.skewed(generatedPeople), chance.skewed(generatedPeople)];
  const code = chance.pick(failureCodes);
  const startedAt = new Date(endedAt.getTime() - chance.between(5_000, 600_000));
  const gathered: Omit<ReplayFacts, 'remarksDigest'> = {
    replayId,
    status,
    failure:
      status === 'failed' || status === 'refused'
        ? { code, sentence: `It ended with ${code}, as a generated record does.` }
        : null,
    contract: { id: contractId, version: plan.contract.version, bundleDigest, description },
    plan: planned ? plan : null,
    planHash: planned ? planHash : null,
    counters,
    waivedQuarantine: 0,
    findings,
    confidence,
    agreement: finished
      ? assessAgreement({ comparisons, liveInvariants: liveInvariantFacts(invariants) })
      : null,
    coverage: planned
      ? {
          kind: whole ? 'whole' : 'part',
          partitions: { covered: whole ? 1 : 0, of: 1 },
          offsets: { covered: String(whole ? events : Math.floor(events / 2)), of: String(events) },
          sentence: whole
            ? 'The whole history at planning.'
            : 'Half of it: it proves nothing about the rest.',
        }
      : null,
    comparisons,
    invariants,
    explained: { explained: different, unexplained: 0, notSearched: 0 },
    shadowDigest: finished ? sha256(`${replayId} shadow`) : null,
    historyDigest: finished ? sha256(`${replayId} history`) : null,
    diffDigest: finished ? sha256(keys.join('\n')) : null,
    partitions: planned ? [{ partition: 0, from: '0', to: String(events), cursor: String(events) }] : [],
    seams: [],
    requestedBy,
    reason: chance.pick(reasons),
    cancellation: status === 'cancelled' ? { by: approver, reason: 'not needed any more' } : null,
    approvals:
      planned && chance.share(0.4)
        ? [
            {
              by: approver,
              at: startedAt.toISOString(),
              verdict: 'approved',
              void: null,
              reason: 'read the plan',
            },
          ]
        : [],
    breakGlass: null,
    requestedAt: new Date(startedAt.getTime() - 60_000).toISOString(),
    startedAt: planned ? startedAt.toISOString() : null,
    endedAt: endedAt.toISOString(),
    software,
  };
  const remarks = remarksText(remarksOf(gathered, chance.uuid()));
  const facts: ReplayFacts = { ...gathered, remarksDigest: sha256(remarks) };
  const { statement, attachments } = replayRecord(facts, sha256);
  return {
    id,
    kind: 'replay',
    contractId,
    replayId,
    statement: statementText(statement),
    status,
    confidence: confidence?.status ?? null,
    agreement: facts.agreement,
    coverageKind: facts.coverage?.kind ?? null,
    eventsProcessed: counters.applied + duplicates + quarantined,
    duplicatesSkipped: duplicates,
    projectionsChanged: finished ? different : null,
    reconciliationFailures: reconciliationFailures(invariants),
    requestedBy,
    recordedAt: facts.endedAt,
    attachments: [{ name: remarksName, text: remarks, sha256: facts.remarksDigest }, ...attachments],
    keys: [...new Set(keys)],
  };
}

function promotionOf({ chance, sha256, contractId, endedAt }: Common): GeneratedRecord {
  const id = chance.uuid();
  const replayId = chance.uuid();
  const status = chance.weighted([
    ['promoted', 80],
    ['refused', 10],
    ['withdrawn', 10],
  ] as const);
  const keys = chance.between(1, 40);
  const promoted = status === 'promoted';
  const requestedBy = chance.pick(generatedPeople);
  const others = generatedPeople.filter((each) => each !== requestedBy);
  const at = endedAt.toISOString();
  const planHash = sha256(`${replayId} promotion`);
  const gathered: Omit<PromotionFacts, 'remarksDigest' | 'rowsDigest'> = {
    promotionId: chance.uuid(),
    status,
    failure: status === 'refused' ? { code: 'approval-rejected', sentence: 'It was rejected.' } : null,
    plan: {
      format: 'reprise.promotion/v1',
      contract: { id: contractId, version: 1, bundleDigest: sha256(contractId) },
      replay: {
        id: replayId,
        planHash: sha256(`${replayId} plan`),
        shadowDigest: sha256(`${replayId} shadow`),
        evidenceId: chance.uuid(),
      },
      derivedState: 'shop',
      target: { connection: 'shop', table: 'shop_state', key: 'sku' },
      keys,
      fields: keys,
      diffDigest: sha256(`${replayId} diff`),
      approvalsNeeded: 1,
      undoes: null,
    },
    planHash,
    written: promoted ? keys : 0,
    alreadyRight: 0,
    changed: 0,
    target: promoted ? { token: '1', appliedAt: at, heldMs: 12, positions: [] } : null,
    after: promoted ? { comparisons: [], invariants: [] } : null,
    approvals:
      status === 'withdrawn'
        ? []
        : [
            {
              by: chance.pick(others),
              at,
              verdict: promoted ? 'approved' : 'rejected',
              void: null,
              reason: 'read the rows',
            },
          ],
    breakGlass: null,
    requestedBy,
    reason: chance.pick(reasons),
    requestedAt: at,
    startedAt: promoted ? at : null,
    endedAt: at,
    software,
  };
  const remarks = remarksText(promotionRemarks(gathered, chance.uuid()));
  const rows = promotionRowsText([], chance.uuid());
  const facts = { ...gathered, remarksDigest: sha256(remarks), rowsDigest: sha256(rows) };
  const { statement, attachments } = promotionRecord(facts, sha256);
  return {
    id,
    kind: 'promotion',
    contractId,
    replayId,
    statement: statementText(statement),
    status: { promoted: 'finished', refused: 'refused', withdrawn: 'cancelled' }[status],
    confidence: null,
    agreement: null,
    coverageKind: null,
    eventsProcessed: null,
    duplicatesSkipped: null,
    projectionsChanged: promoted ? keys : null,
    reconciliationFailures: null,
    requestedBy,
    recordedAt: at,
    attachments: [
      { name: remarksName, text: remarks, sha256: facts.remarksDigest },
      { name: rowsName, text: rows, sha256: facts.rowsDigest },
      ...attachments,
    ],
    keys: [],
  };
}

const invariantsOf = (fails: boolean): readonly InvariantResult[] => [
  {
    name: 'on_hand_is_never_negative',
    over: 'key',
    outcome: fails ? 'failed' : 'passed',
    failingKeys: [],
    failing: fails ? 1 : 0,
    problem: null,
  },
  { name: 'ledger_matches', over: 'sql', outcome: 'passed', failingKeys: [], failing: 0, problem: null },
];

function planOf(given: {
  readonly contractId: string;
  readonly bundleDigest: string;
  readonly events: number;
  readonly whole: boolean;
  readonly at: Date;
}): Plan {
  const { contractId, bundleDigest, events, whole, at } = given;
  const to = String(whole ? events : Math.floor(events / 2));
  const scope: Scope = whole
    ? { kind: 'all' }
    : { kind: 'offsets', ranges: [{ partition: 0, from: '0', to }] };
  return {
    format: 'reprise.plan/v1',
    contract: {
      id: contractId,
      version: 1 + (Math.floor(at.getTime() / (40 * 86_400_000)) % 12),
      bundleDigest,
    },
    scope,
    history: {
      kind: 'kafka',
      name: `${contractId}.events`,
      identity: `generated ${contractId}`,
      visibleBefore: null,
      partitionCount: 1,
      cleanupPolicy: 'delete',
    },
    ranges: [{ partition: 0, from: '0', to, logStart: '0', lastStable: String(events), archiveUntil: null }],
    base: null,
    compare: ['shop'],
    eventEstimate: to,
    approvalsNeeded: 0,
    plannedAt: at.toISOString(),
  };
}
