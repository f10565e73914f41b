import type { EngineContract } from '../../domain/contract/index.ts';
import { doubtsIn, type LayerDoubts } from '../../domain/reconciliation/index.ts';
import {
  createPartitionFold,
  eventsProcessed,
  type HistoryRecord,
  historyStart,
  type PartitionFold,
  type RecordBatch,
  type StoredState,
} from '../../domain/replay/index.ts';
import { RepriseError } from '../../domain/shared/errors.ts';
import type { HistoryReader, TransactionCursor, TransactionOrderedReader } from '../ports/history.ts';
import type { Phase } from './phase.ts';
import { ScopedEvents } from './scoped-events.ts';
import type { OpenHistory, OverlaidState, Overlay } from './state-overlay.ts';

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
  const { behind, layer } = await rowsAround(phase, history, cursor);
  const touched = new Touched(phase, history);
  const behindKeys = await touched.of(behind);
  const layerKeys = await touched.of(layer);
  const states = new Map<string, OverlaidState>();
  const before =
    behindKeys.size === 0
      ? []
      : await foldApplied(phase, history, behindKeys, new Set(behind.map((r) => r.offset)));
  for (const key of behindKeys) states.set(key, null);
  for (const row of before) states.set(row.key, { partition: 0, state: JSON.parse(row.state) });
  const layered = await foldLayer(
    phase,
    history,
    layer,
    new Set([...layerKeys].filter((key) => !behindKeys.has(key))),
    before,
    states,
  );
  return {
    states,
    layerEvents: layered.events,
    eventsBehind: touched.count(behind),
    layerDoubts: layered.doubts,
  };
}

/** Rows of the plan that the cursor has not passed, and rows beyond the plan that it has. */
export async function rowsAround(
  phase: Phase,
  history: OpenHistory,
  cursor: TransactionCursor,
): Promise<{ readonly behind: readonly HistoryRecord[]; readonly layer: readonly HistoryRecord[] }> {
  const { plan, contract } = phase.running;
  const [range] = plan.ranges;
  const reader = transactionOrdered(history.reader, contract);
  if (range === undefined || plan.history.visibleBefore === null) throw notATable(contract);
  const visibleBefore = BigInt(plan.history.visibleBefore);
  const unapplied = new Map<number, HistoryRecord>();
  await reader.readUnapplied(visibleBefore, cursor, async (batch) => {
    for (const record of batch.records) unapplied.set(record.offset, record);
  });
  const layer: HistoryRecord[] = [];
  const keepApplied = async (batch: RecordBatch) => {
    for (const record of batch.records) if (!unapplied.has(record.offset)) layer.push(record);
  };
  await reader.readApplied(visibleBefore, cursor, keepApplied);
  await readBetween(phase, history, BigInt(range.to), BigInt(range.lastStable), keepApplied);
  const to = Number(range.to);
  return { behind: [...unapplied.values()].filter((record) => record.offset < to), layer };
}

function transactionOrdered(reader: HistoryReader, contract: EngineContract): TransactionOrderedReader {
  if (!('readApplied' in reader && 'readUnapplied' in reader)) throw notATable(contract);
  return reader as HistoryReader & TransactionOrderedReader;
}

const notATable = (contract: EngineContract) =>
  new RepriseError(
    'contract-invalid',
    `A derived state of ${contract.id} tells its position as a transaction cursor, and its history is no event table.`,
    { where: 'derivedStates' },
  );

async function readBetween(
  { running, signal }: Phase,
  { reader, decoder }: OpenHistory,
  from: bigint,
  to: bigint,
  onBatch: (batch: RecordBatch) => Promise<void>,
): Promise<void> {
  if (from >= to) return;
  const { identity, visibleBefore } = running.plan.history;
  await reader.read([{ partition: 0, from, to }], { identity, visibleBefore, signal }, async (batch) => {
    await decoder.prepare(batch);
    await onBatch(batch);
  });
}

/** Which keys in scope some records touch. */
class Touched {
  private readonly events: ScopedEvents;
  private readonly history: OpenHistory;

  constructor(phase: Phase, history: OpenHistory) {
    this.history = history;
    this.events = new ScopedEvents(phase, history, 0);
  }

  async of(records: readonly HistoryRecord[]): Promise<ReadonlySet<string>> {
    await this.history.decoder.prepare({ partition: 0, records, absences: [], next: 0 });
    return new Set(records.flatMap((record) => this.keysOf(record)));
  }

  /** How many of the records are events in scope. */
  count(records: readonly HistoryRecord[]): number {
    return records.filter((record) => this.keysOf(record).length > 0).length;
  }

  private keysOf(record: HistoryRecord): readonly string[] {
    this.events.read(record);
    return this.events.keys;
  }
}

/** The keys' states from the plan's rows that the derived state has applied. */
async function foldApplied(
  phase: Phase,
  history: OpenHistory,
  keys: ReadonlySet<string>,
  unapplied: ReadonlySet<number>,
): Promise<readonly StoredState[]> {
  const [range] = phase.running.plan.ranges;
  if (range === undefined) return [];
  // Where a base holds rows that the derived state has not applied, nothing of the base's states can be used.
  const from = historyStart(phase.running.plan, range);
  const to = BigInt(range.to);
  const fold = startFold(phase, history, { from, to }, keys, null);
  await readBetween(phase, history, from, to, async (batch) => {
    fold.accept({ ...batch, records: batch.records.filter((record) => !unapplied.has(record.offset)) });
  });
  return fold.checkpoint(true).shadow;
}

/** Folds what was applied beyond the plan on top, in order of position; answers how many events those were. */
async function foldLayer(
  phase: Phase,
  history: OpenHistory,
  layer: readonly HistoryRecord[],
  fromShadow: ReadonlySet<string>,
  before: readonly StoredState[],
  states: Map<string, OverlaidState>,
): Promise<{ readonly events: number; readonly doubts: LayerDoubts }> {
  if (layer.length === 0) return { events: 0, doubts: {} };
  const { deps, replayId } = phase;
  const records = layer.toSorted((a, b) => a.offset - b.offset);
  const from = records[0]?.offset ?? 0;
  const to = (records.at(-1)?.offset ?? 0) + 1;
  const { shadow, seen } = await deps.unitOfWork.run(async (tx) => {
    const packed: Uint8Array[] = [];
    for await (const entries of deps.folds.seen(tx, replayId, 0)) packed.push(entries);
    return { shadow: await deps.results.shadowOf(tx, replayId, [...fromShadow]), seen: packed };
  });
  const base = { shadow: [...before, ...shadow], seen };
  const { scope } = phase.running.plan;
  const only = scope.kind === 'keys' ? new Set(scope.keys) : null;
  const fold = startFold(phase, history, { from: BigInt(from), to: BigInt(to) }, only, base);
  const batch: RecordBatch = { partition: 0, records, absences: [], next: to };
  await history.decoder.prepare(batch);
  fold.accept(batch);
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
