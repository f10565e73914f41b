import { doubtsIn, type LayerDoubts } from '../../domain/reconciliation/index.ts';
import {
  createPartitionFold,
  eventsProcessed,
  historyStart,
  type PartitionFold,
  type Places,
  type RecordBatch,
  type StoredState,
} from '../../domain/replay/index.ts';
import type { TransactionCursor } from '../ports/history.ts';
import type { Phase } from './phase.ts';
import { ScopedEvents } from './scoped-events.ts';
import type { OpenHistory, OverlaidState, Overlay } from './state-overlay.ts';
import { readRows, rowsAround, type TableRows } from './table-rows.ts';

/**
 * The same as `overlayAt` for a derived state whose cursor is (transaction id, position). Its rows are applied in
 * that order and the plan folds by position, so what it has and has not applied is not a range of positions: both
 * sets are read from the table, and the keys that they touch are folded at exactly that cursor.
 */
export async function overlayAtCursor(
  phase: Phase,
  history: OpenHistory,
  cursor: TransactionCursor,
): Promise<Overlay> {
  const [behindOf, layerOf] = [new Touched(phase, history), new Touched(phase, history)];
  const { behind, layer } = await rowsAround(phase, history, cursor, {
    behind: behindOf.look,
    layer: layerOf.look,
  });
  const behindKeys = behindOf.keys;
  const states = new Map<string, OverlaidState>();
  const before = behindKeys.size === 0 ? [] : await foldApplied(phase, history, behindKeys, behind);
  for (const key of behindKeys) states.set(key, null);
  for (const row of before) states.set(row.key, { partition: 0, state: JSON.parse(row.state) });
  const layered = await foldLayer(
    phase,
    history,
    layer,
    new Set([...layerOf.keys].filter((key) => !behindKeys.has(key))),
    before,
    states,
  );
  return {
    states,
    layerEvents: layered.events,
    eventsBehind: behindOf.events,
    layerDoubts: layered.doubts,
  };
}

/** Which keys in scope some rows touch, and how many of the rows are events in scope. */
class Touched {
  readonly keys = new Set<string>();
  events = 0;
  private readonly scoped: ScopedEvents;

  constructor(phase: Phase, history: OpenHistory) {
    this.scoped = new ScopedEvents(phase, history, 0);
  }

  look = async ({ records }: RecordBatch): Promise<void> => {
    for (const record of records) {
      this.scoped.read(record);
      if (this.scoped.keys.length > 0) this.events += 1;
      for (const key of this.scoped.keys) this.keys.add(key);
    }
  };
}

/** The keys' states from the plan's rows that the derived state has applied. */
async function foldApplied(
  phase: Phase,
  history: OpenHistory,
  keys: ReadonlySet<string>,
  unapplied: Places,
): Promise<readonly StoredState[]> {
  const [range] = phase.running.plan.ranges;
  if (range === undefined) return [];
  // Where a base holds rows that the derived state has not applied, nothing of the base's states can be used.
  const from = historyStart(phase.running.plan, range);
  const to = BigInt(range.to);
  const fold = startFold(phase, history, { from, to }, keys, null);
  const { identity, visibleBefore } = phase.running.plan.history;
  const options = { identity, visibleBefore, signal: phase.signal };
  await history.reader.read([{ partition: 0, from, to }], options, async (batch) => {
    await history.decoder.prepare(batch);
    fold.accept({ ...batch, records: batch.records.filter((record) => !unapplied.has(record.offset)) });
  });
  return fold.checkpoint(true).shadow;
}

/** Folds what was applied beyond the plan on top, in order of position; answers how many events those were. */
async function foldLayer(
  phase: Phase,
  history: OpenHistory,
  layer: TableRows,
  fromShadow: ReadonlySet<string>,
  before: readonly StoredState[],
  states: Map<string, OverlaidState>,
): Promise<{ readonly events: number; readonly doubts: LayerDoubts }> {
  const runs = layer.places.runs();
  const from = runs[0]?.from;
  const to = runs.at(-1)?.to;
  if (from === undefined || to === undefined) return { events: 0, doubts: {} };
  const { deps, replayId } = phase;
  const { shadow, seen } = await deps.unitOfWork.run(async (tx) => {
    const packed: Uint8Array[] = [];
    for await (const entries of deps.folds.seen(tx, replayId, 0)) packed.push(entries);
    return { shadow: await deps.results.shadowOf(tx, replayId, [...fromShadow]), seen: packed };
  });
  const base = { shadow: [...before, ...shadow], seen };
  const { scope } = phase.running.plan;
  const only = scope.kind === 'keys' ? new Set(scope.keys) : null;
  const fold = startFold(phase, history, { from: BigInt(from), to: BigInt(to) }, only, base);
  await readRows(phase, history, layer, async (batch) => fold.accept(batch));
  const { shadow: rows, counters, findingCounts } = fold.checkpoint(true);
  for (const row of rows) states.set(row.key, { partition: 0, state: JSON.parse(row.state) });
  return { events: eventsProcessed(counters) - counters.filtered, doubts: doubtsIn(counters, findingCounts) };
}

function startFold(
  { deps, running }: Phase,
  { decoder, subjects }: OpenHistory,
  range: { readonly from: bigint; readonly to: bigint },
  keys: ReadonlySet<string> | null,
  base: { readonly shadow: readonly StoredState[]; readonly seen: readonly Uint8Array[] } | null,
): PartitionFold {
  return createPartitionFold({
    contract: running.contract,
    partition: 0,
    partitionCount: running.plan.history.partitionCount,
    range,
    decode: (record) => decoder.decode(record),
    keys,
    subjects,
    startSha256: deps.startSha256,
    resume: null,
    base,
  });
}
