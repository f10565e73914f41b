import type { EngineContract } from '../../domain/contract/index.ts';
import { Places, type RecordBatch } from '../../domain/replay/index.ts';
import { RepriseError } from '../../domain/shared/errors.ts';
import type { HistoryReader, TransactionCursor, TransactionOrderedReader } from '../ports/history.ts';
import type { Phase } from './phase.ts';
import type { OpenHistory } from './state-overlay.ts';

/** Rows of an event table, by where they stand: there may be as many as the table has, so none is kept. */
export type TableRows = {
  readonly places: Places;
  /** Their transactions' ids are below. */
  readonly visibleBefore: bigint;
};

/** Called with rows as they are read the first time, decoded values prepared. */
export type Look = (batch: RecordBatch) => Promise<void>;

/** Rows of the plan that the cursor has not passed, and rows beyond the plan that it has. */
export async function rowsAround(
  phase: Pick<Phase, 'running' | 'signal'>,
  history: OpenHistory,
  cursor: TransactionCursor,
  look: { readonly behind?: Look; readonly layer?: Look } = {},
): Promise<{ readonly behind: Places; readonly layer: TableRows }> {
  const { plan, contract } = phase.running;
  const [range] = plan.ranges;
  const reader = transactionOrdered(history.reader, contract);
  if (range === undefined || plan.history.visibleBefore === null) throw notATable(contract);
  const visibleBefore = BigInt(plan.history.visibleBefore);
  const to = Number(range.to);
  const behind = new Places();
  // Those beyond the plan's end among them: what follows it there has been applied but for these.
  const unapplied = new Places();
  await reader.readUnapplied(visibleBefore, cursor, async (batch) => {
    phase.signal.throwIfAborted();
    for (const { offset } of batch.records) (offset < to ? behind : unapplied).add(offset);
    await lookAt(history, batch, ({ offset }) => offset < to, look.behind);
  });
  const layer = new Places();
  const takeApplied: Look = async (batch) => {
    phase.signal.throwIfAborted();
    const isApplied = ({ offset }: { readonly offset: number }) =>
      !unapplied.has(offset) && !behind.has(offset);
    for (const record of batch.records) if (isApplied(record)) layer.add(record.offset);
    await lookAt(history, batch, isApplied, look.layer);
  };
  await reader.readApplied(visibleBefore, cursor, takeApplied);
  if (BigInt(range.to) < BigInt(range.lastStable)) {
    const beyond = { partition: 0, from: BigInt(range.to), to: BigInt(range.lastStable) };
    const { identity } = plan.history;
    const options = { identity, visibleBefore: plan.history.visibleBefore, signal: phase.signal };
    await history.reader.read([beyond], options, takeApplied);
  }
  const after = cursor.transactionId + 1n;
  return { behind, layer: { places: layer, visibleBefore: after > visibleBefore ? after : visibleBefore } };
}

async function lookAt(
  { decoder }: OpenHistory,
  batch: RecordBatch,
  which: (record: { readonly offset: number }) => boolean,
  look: Look | undefined,
): Promise<void> {
  if (look === undefined) return;
  const looked = { ...batch, records: batch.records.filter(which), absences: [] };
  if (looked.records.length === 0) return;
  await decoder.prepare(looked);
  await look(looked);
}

/** Of more runs than so many, what lies between is read as well: each range is asked for by itself. */
const MOST_RANGES = 64;

/** Reads rows once more, in the order of their positions. */
export async function readRows(
  { running, signal }: Pick<Phase, 'running' | 'signal'>,
  history: OpenHistory,
  { places, visibleBefore }: TableRows,
  onBatch: Look,
): Promise<void> {
  const runs = places.runs();
  const [first] = runs;
  const last = runs.at(-1);
  if (first === undefined || last === undefined) return;
  const ranges = runs.length > MOST_RANGES ? [{ from: first.from, to: last.to }] : runs;
  const { identity, name } = running.plan.history;
  let read = 0;
  await history.reader.read(
    ranges.map(({ from, to }) => ({ partition: 0, from: BigInt(from), to: BigInt(to) })),
    { identity, visibleBefore: String(visibleBefore), signal },
    (batch) =>
      lookAt(
        history,
        batch,
        ({ offset }) => places.has(offset),
        async (rows) => {
          read += rows.records.length;
          await onBatch(rows);
        },
      ),
  );
  // A row that is final does not go away, unless somebody takes it.
  if (read !== places.size)
    throw new RepriseError(
      'history-unavailable',
      `Of ${places.size} rows of ${name} beyond the plan only ${read} are there when they are read again.`,
      { where: name },
    );
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
