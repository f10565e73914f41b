import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { HistoryRecord, RecordBatch } from '../../domain/replay/index.ts';
import type { ReadRange, TransactionCursor } from '../ports/history.ts';
import { readRows, rowsAround } from './table-rows.ts';

type Row = { readonly position: number; readonly transaction: number };
const recordOf = ({ position }: Row): HistoryRecord => ({
  offset: position,
  timestampMs: 0,
  key: null,
  value: null,
  headers: null,
});
const byTransaction = (a: Row, b: Row) => a.transaction - b.transaction || a.position - b.position;
const isApplied = (row: Row, cursor: TransactionCursor) =>
  byTransaction(row, {
    position: Number(cursor.position),
    transaction: Number(cursor.transactionId),
  }) <= 0;

/** A table as an event table's reader tells it, three rows a batch. */
function tableOf(rows: readonly Row[]) {
  const deliver = async (found: readonly Row[], onBatch: (batch: RecordBatch) => Promise<void>) => {
    for (let at = 0; at < found.length; at += 3) {
      const records = found.slice(at, at + 3).map(recordOf);
      await onBatch({ partition: 0, records, absences: [], next: (records.at(-1)?.offset ?? 0) + 1 });
    }
  };
  const sorted = rows.toSorted(byTransaction);
  return {
    read: async (
      ranges: readonly ReadRange[],
      { visibleBefore }: { readonly visibleBefore: string | null },
      onBatch: (batch: RecordBatch) => Promise<void>,
    ) => {
      for (const { from, to } of ranges) {
        const found = rows.filter(
          (row) =>
            row.position >= Number(from) &&
            row.position < Number(to) &&
            row.transaction < Number(visibleBefore),
        );
        await deliver(
          found.toSorted((a, b) => a.position - b.position),
          onBatch,
        );
      }
    },
    readApplied: (since: bigint, cursor: TransactionCursor, onBatch: (batch: RecordBatch) => Promise<void>) =>
      deliver(
        sorted.filter((row) => row.transaction >= Number(since) && isApplied(row, cursor)),
        onBatch,
      ),
    readUnapplied: (
      before: bigint,
      cursor: TransactionCursor,
      onBatch: (batch: RecordBatch) => Promise<void>,
    ) =>
      deliver(
        sorted.filter((row) => row.transaction < Number(before) && !isApplied(row, cursor)),
        onBatch,
      ),
  };
}

type Arguments = Parameters<typeof rowsAround>;
const around = (
  rows: readonly Row[],
  plan: { readonly to: number; readonly lastStable: number; readonly visibleBefore: number },
) => {
  const phase = {
    signal: new AbortController().signal,
    running: {
      contract: { id: 'accounts' },
      plan: {
        ranges: [{ partition: 0, from: '0', to: String(plan.to), lastStable: String(plan.lastStable) }],
        history: { identity: 'i', name: 'ledger', visibleBefore: String(plan.visibleBefore) },
      },
    },
  } as unknown as Arguments[0];
  const history = {
    reader: tableOf(rows),
    decoder: { prepare: async () => undefined },
  } as unknown as Arguments[1];
  return { phase, history };
};

const table = fc
  .uniqueArray(fc.nat(40), { maxLength: 30 })
  .chain((positions) =>
    fc
      .array(fc.nat(12), { minLength: positions.length, maxLength: positions.length })
      .map((ids) => positions.map((position, at): Row => ({ position, transaction: ids[at] ?? 0 }))),
  );

it('are told apart by where they stand, and read again in the order of their positions', async () => {
  await fc.assert(
    fc.asyncProperty(
      table,
      fc.record({
        visibleBefore: fc.nat(13),
        to: fc.nat(41),
        transactionId: fc.nat(13).map(BigInt),
        position: fc.nat(41).map(BigInt),
      }),
      async (rows, { visibleBefore, to, ...cursor }) => {
        const final = rows.filter((row) => row.transaction < visibleBefore);
        const lastStable = Math.max(0, ...final.map((row) => row.position + 1));
        const end = Math.min(to, lastStable);
        const isPlanned = (row: Row) => row.transaction < visibleBefore && row.position < end;
        const places = (which: (row: Row) => boolean) =>
          rows
            .filter(which)
            .map(({ position }) => position)
            .sort((a, b) => a - b);
        const behind = places((row) => isPlanned(row) && !isApplied(row, cursor));
        const layer = places((row) => !isPlanned(row) && isApplied(row, cursor));

        const { phase, history } = around(rows, { to: end, lastStable, visibleBefore });
        const looked: { behind: number[]; layer: number[] } = { behind: [], layer: [] };
        const found = await rowsAround(phase, history, cursor, {
          behind: async ({ records }) => void looked.behind.push(...records.map(({ offset }) => offset)),
          layer: async ({ records }) => void looked.layer.push(...records.map(({ offset }) => offset)),
        });
        expect(looked.behind.toSorted((a, b) => a - b)).toEqual(behind);
        expect(looked.layer.toSorted((a, b) => a - b)).toEqual(layer);
        expect(found.behind.size).toBe(behind.length);
        const again: number[] = [];
        await readRows(phase, history, found.layer, async ({ records }) => {
          again.push(...records.map(({ offset }) => offset));
        });
        expect(again).toEqual(layer);
      },
    ),
  );
});

it('in many runs are read by one range, and those that have gone are told', async () => {
  const rows = Array.from({ length: 200 }, (_, at): Row => ({ position: 2 * at, transaction: 5 }));
  const plan = { to: 0, lastStable: 0, visibleBefore: 5 };
  const { phase, history } = around(rows, plan);
  const { layer } = await rowsAround(phase, history, { transactionId: 5n, position: 1_000n });
  let read = 0;
  await readRows(phase, history, layer, async ({ records }) => {
    read += records.length;
  });
  expect(read).toBe(200);
  const fewer = around(rows.slice(1), plan);
  await expect(readRows(fewer.phase, fewer.history, layer, async () => undefined)).rejects.toMatchObject({
    code: 'history-unavailable',
    message: expect.stringMatching(/^Of 200 .* only 199/),
  });
});
