import type { Decision } from '../../domain/approval/index.ts';
import type { EngineContract } from '../../domain/contract/index.ts';
import { describeContract, toleratesCompaction } from '../../domain/contract/index.ts';
import {
  invariantFacts,
  liveInvariantFacts,
  type ReplayFacts,
  remarksName,
  remarksOf,
  remarksText,
  replayRecord,
  statementText,
} from '../../domain/evidence/index.ts';
import {
  addCounters,
  assessAgreement,
  assessConfidence,
  type Coverage,
  eventsProcessed,
  type Finding,
  type FindingKind,
  noCounts,
  type Plan,
  withDelivered,
} from '../../domain/replay/index.ts';
import { glassFact } from '../approval/glass-fact.ts';
import { recordEvidence } from '../evidence/record-evidence.ts';
import { tellReconciliation } from '../incident/reconciliation.ts';
import type { Transaction } from '../ports/unit-of-work.ts';
import type { ReplayDeps } from './deps.ts';
import { failurePlace } from './failure-place.ts';
import { tellOfReplay } from './tell-of-replay.ts';

/** How a replay ends. `coverage` is null where nothing was planned. */
export type Ending = {
  readonly status: 'finished' | 'refused' | 'failed' | 'cancelled';
  readonly failure: { readonly code: string; readonly sentence: string } | null;
  readonly coverage: Coverage | null;
  /** null where the stored bundle itself could not be loaded. */
  readonly contract: EngineContract | null;
  readonly bundleDigest: string;
};

/**
 * Ends a replay: its verdicts, its evidence record and its row, in the transaction given. The evidence's bytes
 * are made here once, and what is hashed is what is stored.
 */
export async function endReplay(
  deps: ReplayDeps,
  tx: Transaction,
  replayId: string,
  ending: Ending,
): Promise<string> {
  const gathered = await gatherFacts(deps, tx, replayId, ending);
  const remarks = remarksText(remarksOf(gathered, deps.newId()));
  const facts: ReplayFacts = { ...gathered, remarksDigest: deps.sha256(remarks) };
  const { statement, attachments } = replayRecord(facts, deps.sha256);
  const text = statementText(statement);
  const evidenceId = deps.newId();
  const remarksAttachment = { name: remarksName, text: remarks, sha256: facts.remarksDigest };
  // Before the record, so that it belongs to the incident that it opens, and before the log's end is held.
  await tellReconciliation(deps, tx, facts);
  const discrepancies = ending.status === 'finished' ? await deps.results.differingKeys(tx, replayId) : null;
  await recordEvidence(deps, tx, { id: evidenceId, text }, [remarksAttachment, ...attachments]);
  await deps.replays.change(tx, replayId, {
    status: ending.status,
    counters: facts.counters,
    ...(facts.confidence === null
      ? {}
      : { confidence: facts.confidence.status, confidenceReasons: facts.confidence.reasons }),
    ...(facts.agreement === null ? {} : { agreement: facts.agreement }),
    ...(facts.coverage === null ? {} : { coverage: facts.coverage }),
    ...(discrepancies === null ? {} : { discrepancies }),
    evidenceId,
  });
  await tellEnd(deps, tx, replayId, ending);
  await deps.live.notify(tx, `replay:${replayId}`);
  for (const topic of ['replays', 'evidence', 'contracts', `states:${facts.contract.id}`]) {
    await deps.live.notify(tx, topic);
  }
  return evidenceId;
}

async function tellEnd(
  deps: ReplayDeps,
  tx: Transaction,
  replayId: string,
  { status, failure }: Ending,
): Promise<void> {
  const row = await deps.replays.find(tx, replayId);
  if (row === null) return;
  const kind = failure?.code === 'approval-rejected' ? 'rejected' : 'ended';
  // Who was asked for an approval hears that none is needed any more.
  const unasked = status === 'cancelled' && row.startedAt === null;
  await tellOfReplay(deps, tx, row, { kind, audience: unasked ? ['requester', 'told'] : ['requester'] });
}

async function gatherFacts(
  deps: ReplayDeps,
  tx: Transaction,
  replayId: string,
  ending: Ending,
): Promise<Omit<ReplayFacts, 'remarksDigest'>> {
  const row = await deps.replays.find(tx, replayId);
  if (row === null) throw new Error(`replay ${replayId} has no row to end`);
  const { results } = deps;
  const partitions = await deps.replays.partitions(tx, replayId);
  const comparisons = await results.comparisons(tx, replayId);
  const invariants = await results.invariants(tx, replayId);
  const findings = await results.findingTotals(tx, replayId);
  const counters = row.counters ?? partitions.reduce((sum, p) => addCounters(sum, p.counters), noCounts);
  const breakGlass = glassFact(
    row.planHash === null ? null : await deps.glass.of(tx, 'replay', replayId, row.planHash),
  );
  // Glass lets a replay run without its approvals. It accepts the absence of no record: that takes an approver.
  const waivers = breakGlass === null ? (row.plan?.waivers ?? []) : [];
  const waivedQuarantine = await results.quarantinedAmong(tx, replayId, waivers);
  const finished = ending.status === 'finished';
  // What was called off, or stopped by a fault of Reprise or its surroundings, says nothing either way.
  const judged = finished || (ending.failure !== null && ending.failure.code in findingOf);
  return {
    replayId,
    status: ending.status,
    failure: ending.failure,
    contract: {
      id: row.contractId,
      version: row.contractVersion,
      bundleDigest: ending.bundleDigest,
      description: ending.contract === null ? null : describeContract(ending.contract, deps.sha256),
    },
    plan: row.plan,
    planHash: row.planHash,
    counters,
    waivedQuarantine,
    findings,
    confidence: judged
      ? assessConfidence({
          counters,
          findings,
          compactionDeclaredHarmless: ending.contract !== null && toleratesCompaction(ending.contract),
          waivedQuarantine,
          invariants: invariantFacts(invariants),
        })
      : null,
    agreement: finished
      ? assessAgreement({ comparisons, liveInvariants: liveInvariantFacts(invariants) })
      : null,
    coverage: finished ? counted(ending.coverage, row.plan, eventsProcessed(counters)) : ending.coverage,
    comparisons,
    invariants,
    explained: await results.explanationCounts(tx, replayId),
    shadowDigest: row.shadowDigest,
    historyDigest: row.historyDigest,
    diffDigest: diffDigest(deps, comparisons),
    partitions: partitions.map((p) => ({
      partition: p.partition,
      from: p.from.toString(),
      to: p.to.toString(),
      cursor: p.cursor.toString(),
    })),
    seams: partitions.flatMap(({ partition, seam }) => (seam === null ? [] : [{ partition, ...seam }])),
    requestedBy: row.requestedBy,
    reason: row.reason,
    cancellation:
      ending.status === 'cancelled' && row.cancelledBy !== null
        ? { by: row.cancelledBy, reason: row.cancelReason ?? '' }
        : null,
    approvals: decisionsIn(await deps.approvals.of(tx, replayId), row.planHash),
    breakGlass,
    requestedAt: row.requestedAt.toISOString(),
    startedAt: row.startedAt?.toISOString() ?? null,
    endedAt: deps.clock.now().toISOString(),
    software: deps.software,
  };
}

/** An event table's coverage is in positions, and only its reader knows how many events they hold. */
function counted(coverage: Coverage | null, plan: Plan | null, delivered: number): Coverage | null {
  if (coverage === null || plan?.history.kind !== 'postgres') return coverage;
  return withDelivered(coverage, delivered);
}

/**
 * What a replay that ended for such a reason has found: its confidence follows from the finding, like every
 * other. Called in the transaction that ends the replay, or that notes why it will end.
 */
export async function noteFailure(
  deps: ReplayDeps,
  tx: Transaction,
  replayId: string,
  failure: { readonly code: string; readonly sentence: string; readonly where: string | null },
): Promise<void> {
  const kind = findingOf[failure.code];
  if (kind === undefined) return;
  const { partition, offset, to } = failurePlace(failure.where) ?? { partition: 0, offset: '0', to: null };
  const finding: Finding = {
    kind,
    partition,
    offset,
    to,
    key: null,
    eventId: null,
    eventType: null,
    detail: failure.sentence,
  };
  const count = to === null ? 1 : Math.max(1, Number(BigInt(to) - BigInt(offset)));
  await deps.results.addFindings(tx, replayId, finding.partition, [finding], new Map([[kind, count]]));
}

const findingOf: Readonly<Record<string, FindingKind>> = {
  'history-truncated': 'missing-history',
  'history-recreated': 'missing-history',
  'history-missing': 'missing-history',
  'archive-seam-broken': 'missing-history',
  'projection-impure': 'not-deterministic',
};

/** What was decided about this plan. What was taken back, because a right was lost or the contract changed, says so. */
export function decisionsIn(
  decisions: readonly Decision[],
  planHash: string | null,
): ReplayFacts['approvals'] {
  return decisions
    .filter((decision) => decision.planHash === planHash)
    .map(({ personId, decidedAt, verdict, reason, voidReason }) => ({
      by: personId,
      at: decidedAt,
      verdict,
      void: voidReason,
      reason,
    }));
}

/** One digest for the whole diff: over each derived state's name and digest, in order of the name. */
function diffDigest(
  deps: ReplayDeps,
  comparisons: readonly {
    readonly derivedState: string;
    readonly diffDigest: string;
    readonly outcome: string;
  }[],
): string | null {
  const compared = comparisons.filter((c) => c.outcome !== 'could-not-compare');
  if (compared.length === 0) return null;
  return deps.sha256(compared.map((c) => `${c.derivedState} ${c.diffDigest}\n`).join(''));
}
