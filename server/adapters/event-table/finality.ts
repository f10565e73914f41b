/**
 * Which rows are final, and which never belonged to this server. A row that a snapshot shows was written by a
 * transaction that has ended, so its id is below the snapshot's xmax. One whose id is not comes from another server,
 * as after a restore from a dump: it would become "final" whenever this server's own ids reach its own, so that a
 * replay folds some of such rows, the next one more of them, and either looks whole.
 */
import type { ClientBase } from 'pg';
import { RepriseError } from '../../domain/shared/errors.ts';
import type { Rows } from './copy-rows.ts';
import { type Layout, placeOf, ROW } from './layout.ts';

export const isFinal = (layout: Layout, bound: bigint): string =>
  `${layout.sql.transactionId} < '${bound}'::xid8`;

export const isForeign = (layout: Layout): string =>
  `${layout.sql.transactionId} >= pg_catalog.pg_snapshot_xmax(pg_catalog.pg_current_snapshot())`;

/** Where a table's final rows begin and end; null where it has none. */
type Edges = { readonly lowest: bigint | null; readonly highest: bigint | null };

/**
 * Refuses a table that holds a row of another server. Without an index that begins with the transaction id it looks
 * before and after the final rows only, since the rest would be reading the table; refuseForeign finds those as they
 * are read.
 */
export async function refuseForeignTable(client: ClientBase, layout: Layout, edges: Edges): Promise<void> {
  const { table, position, transactionId } = layout.sql;
  const indexed = layout.indexes.some((i) => !i.partial && i.columns[0] === layout.history.transactionId);
  const places =
    indexed || edges.lowest === null || edges.highest === null
      ? ['true']
      : [`${position} < ${edges.lowest}`, `${position} > ${edges.highest}`];
  for (const place of places) {
    const { rows } = await client.query<{ position: string; id: string }>(
      `SELECT ${position}::text AS position, ${transactionId}::text AS id FROM ${table} AS ${ROW}
        WHERE ${place} AND ${isForeign(layout)} ORDER BY ${indexed ? transactionId : position} LIMIT 1`,
    );
    const [row] = rows;
    if (row !== undefined) throw foreign(layout, row.position, row.id);
  }
}

/** Refuses rows that were read together with those of other servers (isForeign) among them. */
export function refuseForeign(layout: Layout, { rows }: Rows, bound: bigint): void {
  const row = rows.find(({ transactionId }) => transactionId >= bound);
  if (row !== undefined) throw foreign(layout, String(row.record.offset), String(row.transactionId));
}

function foreign({ history }: Layout, position: string, id: string): RepriseError {
  return new RepriseError(
    'history-unavailable',
    `The row at position ${position} of ${history.table} is of transaction ${id}, an id that the server of connection ${history.connection} has not given out: it was restored from another. ${remedyForForeign(history.transactionId)}`,
    { where: placeOf(history), lasting: true },
  );
}

export const remedyForForeign = (transactionId: string): string =>
  `Give restored rows an id below this server's, in one UPDATE of ${transactionId} while nothing writes.`;
