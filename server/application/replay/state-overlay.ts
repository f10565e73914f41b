import { addDoubts, doubtsIn, type LayerDoubts } from '../../domain/reconciliation/index.ts';
import type { PlanRange } from '../../domain/replay/index.ts';
import {
  createPartitionFold,
  eventsProcessed,
  historyStart,
  type PartitionFold,
  type Subjects,
} from '../../domain/replay/index.ts';
import { RepriseError } from '../../domain/shared/errors.ts';
import type { HistoryReader, ValueDecoder } from '../ports/history.ts';
import type { ShadowRow } from '../ports/replay-store.ts';
import { foldKey } from './fold-key.ts';
import { loadStored } from './folding-partition.ts';
import { readKeyHistories } from './key-events.ts';
import { MovingIds } from './moving-ids.ts';
import { breaths, type Phase } from './phase.ts';
import { coversUpTo } from './positions-compared.ts';
import { readMissed } from './scoped-events.ts';

/** What history says of a key at the position compared at; null: no event had touched it by then. */
export type OverlaidState = { readonly partition: number; readonly state: unknown } | null;

/** Where the state at a derived state's position differs from the shadow state, which stands at the plan's end. */
export type Overlay = {
  readonly states: ReadonlyMap<string, OverlaidState>;
  /** Events beyond the plan's end that were folded only to compare. */
  readonly layerEvents: number;
  /** Events of the plan that the derived state has not applied yet. */
  readonly eventsBehind: number;
  /** What beyond the plan's end a replay would not be trusted with. */
  readonly layerDoubts: LayerDoubts;
};

export type OpenHistory = {
  readonly reader: HistoryReader;
  readonly decoder: ValueDecoder;
  readonly subjects: Subjects | null;
};

/**
 * Brings the shadow state to the positions that a derived state has applied. Partitions that are ahead of the
 * plan get a layer folded on top; keys that a partition lagging behind has not seen in full are folded again up to
 * its position. Neither touches the shadow state, and both are counted apart.
 */
export async function overlayAt(
  phase: Phase,
  history: OpenHistory,
  applied: ReadonlyMap<number, bigint>,
): Promise<Overlay> {
  await refuseBeyondTheEnd(phase, history, applied);
  const states = new Map<string, OverlaidState>();
  const spread = new Set<string>();
  const moving = new MovingIds();
  let layerEvents = 0;
  const doubts: LayerDoubts[] = [];
  let eventsBehind = 0;
  let moved = false;
  for (const range of phase.running.plan.ranges) {
    phase.signal.throwIfAborted();
    const to = BigInt(range.to);
    // A projector without a row for a partition has applied nothing of it.
    const next = applied.get(range.partition) ?? historyStart(phase.running.plan, range);
    moved ||= next !== to;
    if (next > to) {
      const layer = await foldLayer(phase, history, range, next, { states, spread, moving });
      layerEvents += layer.events;
      doubts.push(layer.doubts);
    } else if (next < to) eventsBehind += await foldBehind(phase, history, range, next, { states, moving });
  }
  doubts.push({ keysInTwoPartitions: spread.size });
  for (const key of await moving.keysShared(phase, history)) spread.add(key);
  if (moved) doubts.push(await foldSpread(phase, history, applied, { states, spread }));
  return { states, layerEvents, eventsBehind, layerDoubts: addDoubts(...doubts) };
}

/**
 * A store may say a position that its history does not have: of a topic that was made again, or of another. That is the
 * store's fault, or that of where its position is read, and says nothing of the replay.
 */
async function refuseBeyondTheEnd(
  { running }: Phase,
  { reader }: OpenHistory,
  applied: ReadonlyMap<number, bigint>,
): Promise<void> {
  const { ranges, history } = running.plan;
  const ahead = ranges.flatMap(({ partition, to }) => {
    const next = applied.get(partition);
    return next === undefined || next <= BigInt(to) ? [] : [{ partition, next }];
  });
  if (ahead.length === 0) return;
  const { partitions } = await reader.describe();
  const endOf = new Map(partitions.map(({ partition, lastStable }) => [partition, BigInt(lastStable)]));
  for (const { partition, next } of ahead) {
    const end = endOf.get(partition) ?? 0n;
    if (next <= end) continue;
    throw new RepriseError(
      'derived-state-unavailable',
      `It says that it has applied partition ${partition} of ${history.name} up to offset ${next}, and what is committed there ends at ${end}. Either its position is of another topic, or of one that was made again, or it reads what is not committed yet.`,
      { where: `${history.name}/${partition}` },
    );
  }
}

type Moved = { readonly states: Map<string, OverlaidState>; readonly moving: MovingIds };

/** Folds on from the plan's end to `next`, over the states and ids that the replay has committed. */
async function foldLayer(
  phase: Phase,
  history: OpenHistory,
  range: PlanRange,
  next: bigint,
  { states, spread, moving }: Moved & { readonly spread: Set<string> },
): Promise<{ readonly events: number; readonly doubts: LayerDoubts }> {
  const base = await loadStored(phase.deps, phase.replayId, range.partition);
  const fold = startFold(phase, history, range, { from: BigInt(range.to), to: next }, null, base);
  await readInto(phase, history, fold, range.partition, next);
  const { shadow, counters, seen, findingCounts } = fold.checkpoint(true);
  moving.beyond(range.partition, seen);
  const known = new Set(base.shadow.map((row) => row.key));
  const fresh = shadow.filter((row) => !known.has(row.key)).map((row) => row.key);
  // A key that is new to this partition may have its state in another one.
  for (const key of fresh) if (states.has(key)) spread.add(key);
  const elsewhere = await phase.deps.unitOfWork.run((tx) =>
    phase.deps.results.shadowOf(tx, phase.replayId, fresh),
  );
  for (const row of elsewhere) spread.add(row.key);
  put(states, range.partition, shadow);
  return { events: eventsProcessed(counters) - counters.filtered, doubts: doubtsIn(counters, findingCounts) };
}

/**
 * Keys whose events, or whose events' other deliveries, stand in several partitions have no state of one partition:
 * they are folded across them, from the deliveries that the position covers. Answers what of that can't be relied on
 * and the replay itself has not said.
 */
async function foldSpread(
  phase: Phase,
  history: OpenHistory,
  applied: ReadonlyMap<number, bigint>,
  { states, spread }: { readonly states: Map<string, OverlaidState>; readonly spread: Set<string> },
): Promise<LayerDoubts> {
  const { deps, replayId, running } = phase;
  for (const key of await deps.unitOfWork.run((tx) => deps.results.spreadKeys(tx, replayId))) spread.add(key);
  if (spread.size === 0) return {};
  const endOf = new Map(running.plan.ranges.map((range) => [range.partition, BigInt(range.to)]));
  const isBeyond = ({ partition, offset }: { readonly partition: number; readonly offset: string }) =>
    BigInt(offset) >= (endOf.get(partition) ?? 0n);
  // A record that touches several keys is one.
  const refusedAt = new Set<string>();
  let notDeterministic = 0;
  const beyond = { ends: applied, rows: null };
  const histories = await readKeyHistories(phase, history, spread, Number.POSITIVE_INFINITY, beyond);
  const breathe = breaths(deps.clock);
  for (const [key, { events }] of histories.within(coversUpTo(running.plan, applied))) {
    await breathe();
    const { state, last, refused, deterministic } = foldKey(running.contract, key, events);
    states.set(key, last === null ? null : { partition: last.partition, state: JSON.parse(state) });
    for (const { event } of refused) if (isBeyond(event)) refusedAt.add(`${event.partition}:${event.offset}`);
    // Where nothing came later it is the replay's own finding.
    if (!deterministic && events.some(isBeyond)) notDeterministic += 1;
  }
  return { quarantined: refusedAt.size, notDeterministic };
}

/** Folds the keys that later events of the plan have touched again, up to `next` only; answers how many those events are. */
async function foldBehind(
  phase: Phase,
  history: OpenHistory,
  range: PlanRange,
  next: bigint,
  { states, moving }: Moved,
): Promise<number> {
  const { deps, replayId, running } = phase;
  const start = historyStart(running.plan, range);
  const begin = next < start ? start : next;
  const missed = await readMissed(phase, history, range, { from: begin, to: BigInt(range.to) });
  moving.missed(missed.seen);
  const touched = new Set<string>();
  await deps.unitOfWork.run(async (tx) => {
    for await (const keys of deps.results.keysTouchedSince(tx, replayId, range.partition, begin)) {
      for (const key of keys) touched.add(key);
    }
  });
  if (touched.size === 0) return missed.events;
  // A base's states are of use only to whoever has come to its end.
  const baseId = begin < BigInt(range.from) ? undefined : running.plan.base?.replayId;
  const base = baseId === undefined ? null : await loadStored(deps, baseId, range.partition);
  const own = base === null ? null : { ...base, shadow: base.shadow.filter((row) => touched.has(row.key)) };
  const from = base === null ? start : BigInt(range.from);
  const fold = startFold(phase, history, range, { from, to: begin }, touched, own);
  if (begin > from) await readInto(phase, history, fold, range.partition, begin);
  for (const key of touched) states.set(key, null);
  if (own !== null) put(states, range.partition, own.shadow);
  put(states, range.partition, fold.checkpoint(true).shadow);
  return missed.events;
}

type Base = { readonly shadow: readonly ShadowRow[]; readonly seen: readonly Uint8Array[] };

function startFold(
  { deps, running }: Phase,
  { decoder, subjects }: OpenHistory,
  range: PlanRange,
  positions: { readonly from: bigint; readonly to: bigint },
  only: ReadonlySet<string> | null,
  base: Base | null,
): PartitionFold {
  const { plan, contract } = running;
  return createPartitionFold({
    contract,
    partition: range.partition,
    partitionCount: plan.history.partitionCount,
    range: positions,
    decode: (record) => decoder.decode(record),
    keys: only ?? (plan.scope.kind === 'keys' ? new Set(plan.scope.keys) : null),
    subjects,
    startSha256: deps.startSha256,
    resume: null,
    base,
  });
}

async function readInto(
  { running, signal }: Phase,
  { reader, decoder }: OpenHistory,
  fold: PartitionFold,
  partition: number,
  to: bigint,
): Promise<void> {
  const { identity, visibleBefore } = running.plan.history;
  const ranges = [{ partition, from: fold.readFrom, to }];
  await reader.read(ranges, { identity, visibleBefore, signal }, async (batch) => {
    await decoder.prepare(batch);
    fold.accept(batch);
  });
}

function put(states: Map<string, OverlaidState>, partition: number, rows: readonly ShadowRow[]): void {
  for (const row of rows) states.set(row.key, { partition, state: JSON.parse(row.state) });
}
