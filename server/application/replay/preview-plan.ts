import { tellsPosition, toleratesCompaction } from '../../domain/contract/index.ts';
import {
  diffPlans,
  type Plan,
  predictReplay,
  type Scope,
  whatBeganLater,
} from '../../domain/replay/index.ts';
import { counted } from '../../domain/shared/counted.ts';
import { RepriseError } from '../../domain/shared/errors.ts';
import type { Asked } from '../ports/dashboard.ts';
import type { PlanPreview } from '../views.ts';
import type { ReplayDeps } from './deps.ts';
import { foreseeComparisons } from './foresee-comparisons.ts';
import { planReplay, type ResolvedPlan, storedVersion } from './plan-replay.ts';

/** How long a plan that was shown may be launched as it is. */
const shownForMs = 60 * 60_000;

/**
 * What a launch would read and compare, or why it would be refused. The plan is kept for a while, in the database, so
 * that whichever process is asked can launch it exactly as it was shown; it grants nothing.
 */
export async function previewPlan(
  deps: ReplayDeps,
  contractId: string,
  scope: Scope,
  version: number | undefined,
  asked: Asked = {},
): Promise<PlanPreview> {
  const stored = await storedVersion(deps, contractId, version);
  try {
    const resolved = await planReplay(deps, stored, scope, asked);
    await deps.unitOfWork.run((tx) => deps.replays.keepShown(tx, resolved, shownForMs));
    return await readyView(deps, resolved);
  } catch (error) {
    if (!(error instanceof RepriseError)) throw error;
    return refusedView(error);
  }
}

async function readyView(deps: ReplayDeps, resolved: ResolvedPlan): Promise<PlanPreview> {
  const { plan, contract } = resolved;
  const { rates, last } = await deps.unitOfWork.run(async (tx) => ({
    rates: await deps.replays.pastRates(tx, contract.id),
    last: await deps.replays.lastPlan(tx, contract.id),
  }));
  const prediction = predictReplay(Number(plan.eventEstimate), rates);
  return {
    outcome: 'ready',
    plan,
    planHash: resolved.hash,
    eventEstimate: prediction.events,
    estimatedSeconds: prediction.seconds,
    estimateBasis: prediction.basis,
    coverage: resolved.coverage,
    derivedStates: plan.compare,
    problem: null,
    warnings: [...warningsOf(resolved), ...(await foreseeComparisons(deps, contract, plan))],
    changesSinceLast: last === null ? [] : diffPlans(last, plan),
  };
}

function refusedView(error: RepriseError): PlanPreview {
  return {
    outcome: 'refused',
    plan: null,
    planHash: null,
    eventEstimate: null,
    estimatedSeconds: null,
    estimateBasis: null,
    coverage: null,
    derivedStates: [],
    problem: { code: error.code, sentence: error.message, where: error.where },
    warnings: [],
    changesSinceLast: [],
  };
}

function warningsOf({ plan, contract }: ResolvedPlan): readonly string[] {
  const warnings: string[] = [];
  const compacted = plan.history.cleanupPolicy?.includes('compact') ?? false;
  if (compacted && !toleratesCompaction(contract)) {
    warnings.push(`${plan.history.name} is compacted: holes in it make the replayed state untrusted.`);
  }
  for (const [name, state] of Object.entries(contract.derivedStates)) {
    if (tellsPosition(state)) continue;
    warnings.push(
      `${name} does not tell how far it has applied the history: a difference counts only if it stands after a wait.`,
    );
  }
  const beganLater = whatBeganLater(plan);
  if (beganLater !== null) warnings.push(beganLater);
  if (plan.scope.kind === 'keys') warnings.push('A scope by keys reads every partition and filters.');
  const archived = plan.ranges.filter((range) => range.archiveUntil !== null).length;
  if (archived > 0)
    warnings.push(`${counted(archived, 'partition')} ${archived === 1 ? 'begins' : 'begin'} in the archive.`);
  return warnings;
}

/** What has changed in the history since a plan was made, so that it can't be carried out as it is; null: nothing. */
export function whyStale(
  plan: Plan,
  now: {
    readonly identity: string;
    readonly partitions: readonly { partition: number; logStart: string; lastStable: string }[];
  },
): string | null {
  if (now.identity !== plan.history.identity) return `${plan.history.name} was recreated since.`;
  for (const range of plan.ranges) {
    const state = now.partitions.find((each) => each.partition === range.partition);
    if (state === undefined) return `partition ${range.partition} is gone.`;
    const firstInLog = BigInt(range.archiveUntil ?? range.from);
    if (BigInt(state.logStart) > firstInLog && BigInt(range.to) > firstInLog) {
      return `partition ${range.partition} has lost offsets ${firstInLog} to ${BigInt(state.logStart) - 1n} since.`;
    }
    if (BigInt(state.lastStable) < BigInt(range.to)) {
      return `partition ${range.partition} now ends at ${state.lastStable}, before ${range.to}.`;
    }
  }
  return null;
}
