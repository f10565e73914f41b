import type { EngineContract } from '../../domain/contract/index.ts';
import { estimateReadBytes, type HistoryState, type Plan, writtenBehind } from '../../domain/replay/index.ts';
import { counted } from '../../domain/shared/counted.ts';
import { within } from '../dashboard/time-out.ts';
import type { Clock } from '../ports/clock.ts';
import type { HistoryOpener, HistoryReader } from '../ports/history.ts';
import type { Standing } from '../ports/page-reads.ts';
import type { BlastRadius, Figure } from '../views.ts';

type Deps = { readonly clock: Clock; readonly histories: HistoryOpener };

/** A person waits for it: what has not answered by then is not known. */
const PART_MS = 4_000;

type Known = {
  readonly state: HistoryState | null;
  readonly sizes: ReadonlyMap<number, bigint> | null;
  /** Why something of these is not known. */
  readonly problem: string | null;
  /** Of each group whether it has commits on the history. */
  readonly groups: ReadonlyMap<string, boolean | null>;
};

/** What a plan would read and touch, from what is known now. Every figure says where it is from, or why there is none. */
export async function readBlastRadius(
  deps: Deps,
  contract: EngineContract,
  plan: Plan,
  proof: Standing | null,
): Promise<BlastRadius> {
  const groups = plan.compare.flatMap((name) => contract.derivedStates[name]?.consumerGroup ?? []);
  const known = await askHistory(deps, contract, [...new Set(groups)]);
  return {
    partitions: { read: plan.ranges.length, of: plan.history.partitionCount },
    events: plan.eventEstimate,
    bytes: bytesOf(plan, known),
    behind: behindOf(plan, known),
    keys: keysOf(plan, proof),
    consumers: plan.compare.map((derivedState) => {
      const group = contract.derivedStates[derivedState]?.consumerGroup ?? null;
      return { derivedState, group, onHistory: group === null ? null : (known.groups.get(group) ?? null) };
    }),
    rows: plan.compare.map((derivedState) => ({ derivedState, rows: rowsOf(derivedState, proof) })),
  };
}

async function askHistory(deps: Deps, contract: EngineContract, groups: readonly string[]): Promise<Known> {
  let reader: HistoryReader | null = null;
  const bounded = <T>(work: Promise<T>) => within(deps.clock, PART_MS, 'the history', work);
  try {
    const opened = await bounded(deps.histories.open(contract));
    reader = opened.reader;
    const asked = reader;
    const [state, sizes, ...on] = await Promise.all([
      bounded(asked.describe()),
      bounded(asked.sizes()).catch(() => null),
      ...groups.map((group) =>
        bounded(asked.groupLag(group)).then(
          (lag): [string, boolean | null] => [group, lag !== null],
          (): [string, boolean | null] => [group, null],
        ),
      ),
    ]);
    return { state, sizes, problem: null, groups: new Map(on) };
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    return { state: null, sizes: null, problem, groups: new Map() };
  } finally {
    await reader?.close().catch(() => undefined);
  }
}

function bytesOf(plan: Plan, { state, sizes, problem }: Known): Figure {
  if (state === null) return { value: null, basis: problem ?? 'The history did not answer.' };
  if (state.identity !== plan.history.identity)
    return { value: null, basis: `${plan.history.name} was recreated since it was planned.` };
  if (sizes === null)
    return { value: null, basis: `How much ${plan.history.name} takes is not shown to the user of Reprise.` };
  const bytes = estimateReadBytes(plan.ranges, state.partitions, sizes);
  if (bytes === null)
    return { value: null, basis: 'Not every partition of the plan says how much it takes.' };
  return {
    value: bytes.toString(),
    basis:
      plan.history.kind === 'kafka'
        ? 'From what the partitions take on the broker’s disks now, compressed as they are, as if records were of one size.'
        : 'From what the table takes now, as if rows were of one size.',
  };
}

function behindOf(plan: Plan, { state, problem }: Known): Figure {
  if (state === null) return { value: null, basis: problem ?? 'The history did not answer.' };
  return {
    value: writtenBehind(plan.ranges, state.partitions).toString(),
    basis: 'Written since the plan was made. The plan does not read it, but for comparing.',
  };
}

function keysOf({ scope }: Plan, proof: Standing | null): Figure {
  if (scope.kind === 'keys')
    return { value: String(scope.keys.length), basis: 'Named in the scope; what others have is read past.' };
  const keys = Math.max(0, ...(proof?.comparisons ?? []).map((each) => each.keys));
  if (proof === null || keys === 0)
    return { value: null, basis: 'No replay of this contract has compared anything yet.' };
  const part = scope.kind === 'all' ? '' : ' This scope holds a part of them.';
  return { value: String(keys), basis: `As many as the last replay compared.${part}` };
}

function rowsOf(derivedState: string, proof: Standing | null): Figure {
  const compared = proof?.comparisons.find((each) => each.derivedState === derivedState);
  if (compared === undefined || compared.outcome === 'could-not-compare')
    return { value: null, basis: 'It was never compared, so how many rows it has is not known.' };
  return {
    value: String(compared.keys),
    basis: `${counted(compared.keys, 'key')} when it was last compared.`,
  };
}
