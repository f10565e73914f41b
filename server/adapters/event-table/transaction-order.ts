/**
 * Reads by (transaction id, position), the order in which a projector with such a cursor applies rows. That is
 * what "applied up to here" means for a derived state, so its comparison needs the same order and not the plan's.
 */
import type { TransactionCursor } from '../../application/ports/history.ts';
import type { PostgresHistory } from '../../domain/contract/index.ts';
import type { RecordBatch } from '../../domain/replay/index.ts';
import { RepriseError } from '../../domain/shared/errors.ts';
import type { Connections } from '../connections.ts';
import { copyRows, nextLimit, type Rows, toBatch } from './copy-rows.ts';
import { type Layout, placeOf, readLayout } from './layout.ts';
import { currentBound, inSnapshot, patiently, refuseBehind } from './snapshot.ts';

type OnBatch = (batch: RecordBatch) => Promise<void>;

export async function readApplied(
  connect: Connections,
  history: PostgresHistory,
  since: bigint,
  cursor: TransactionCursor,
  onBatch: OnBatch,
): Promise<void> {
  await readInTransactionOrder(connect, history, onBatch, (layout, bound) => {
    if (cursor.transactionId >= bound) throw beyondFinal(layout, cursor, bound);
    const { transactionId, position } = layout.sql;
    return `${transactionId} >= '${since}'::xid8
      AND (${transactionId}, ${position}) <= ('${cursor.transactionId}'::xid8, ${cursor.position})`;
  });
}

export async function readUnapplied(
  connect: Connections,
  history: PostgresHistory,
  before: bigint,
  cursor: TransactionCursor,
  onBatch: OnBatch,
): Promise<void> {
  await readInTransactionOrder(connect, history, onBatch, (layout, bound) => {
    refuseBehind(history, bound, before);
    const { transactionId, position } = layout.sql;
    return `${transactionId} < '${before}'::xid8
      AND (${transactionId}, ${position}) > ('${cursor.transactionId}'::xid8, ${cursor.position})`;
  });
}

/** Reads what a condition selects, by (transaction id, position), a batch at a time. */
async function readInTransactionOrder(
  connect: Connections,
  history: PostgresHistory,
  onBatch: OnBatch,
  condition: (layout: Layout, bound: bigint) => string,
): Promise<void> {
  let after: TransactionCursor | null = null;
  let last: Rows | null = null;
  for (;;) {
    const from: TransactionCursor | null = after;
    const limit = nextLimit(last);
    const rows: Rows = await patiently(null, () =>
      inSnapshot(connect, history, async (client) => {
        const bound = await currentBound(client);
        const layout = await readLayout(client, history);
        const { transactionId, position } = layout.sql;
        const order = `${transactionId}, ${position}`;
        const rest = from ? `AND (${order}) > ('${from.transactionId}'::xid8, ${from.position})` : '';
        const which = condition(layout, bound);
        return copyRows(client, layout, `${which} ${rest}`, order, limit);
      }),
    );
    last = rows;
    const end = rows.rows.at(-1);
    if (end === undefined) return;
    await onBatch(toBatch(rows, end.record.offset + 1));
    if (rows.rows.length < limit) return;
    after = { transactionId: end.transactionId, position: BigInt(end.record.offset) };
  }
}

/** A projector that reads rows before they are final loses events; a replica that is behind looks the same. */
function beyondFinal(layout: Layout, cursor: TransactionCursor, bound: bigint): RepriseError {
  return new RepriseError(
    'history-unavailable',
    `The derived state has applied up to transaction ${cursor.transactionId}, but on connection ${layout.history.connection} rows of ${layout.history.table} are final only before transaction ${bound}. Either its projector reads rows before they are final, or this connection is a replica that is behind.`,
    { where: placeOf(layout.history) },
  );
}
