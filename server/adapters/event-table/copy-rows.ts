/**
 * Rows by COPY in PostgreSQL's binary format: the row's JSON arrives as the bytes that a record carries, without
 * a string made of it, and several times as fast as a result set.
 * Format: https://www.postgresql.org/docs/current/sql-copy.html, "Binary Format".
 */
import type { ClientBase } from 'pg';
import { to as copyTo } from 'pg-copy-streams';
import type { HistoryRecord, RecordBatch } from '../../domain/replay/index.ts';
import { exactNumber } from '../../domain/shared/positions.ts';
import { type Layout, ROW } from './layout.ts';

type Row = { readonly record: HistoryRecord; readonly transactionId: bigint };
export type Rows = { readonly rows: readonly Row[]; readonly bytes: number };

/** Reads rows of the table that satisfy a condition. Both texts are SQL made here: COPY takes no parameters. */
export async function copyRows(
  client: ClientBase,
  layout: Layout,
  condition: string,
  order: string,
  limit: number,
): Promise<Rows> {
  const { sql } = layout;
  const select = `SELECT ${sql.position}::int8, ${sql.transactionId}, ${sql.timestampMs}, ${sql.key}::text, ${sql.row}
    FROM ${sql.table} AS ${ROW} WHERE ${condition} ORDER BY ${order} LIMIT ${limit}`;
  const chunks: Buffer[] = [];
  for await (const chunk of client.query(copyTo(`COPY (${select}) TO STDOUT (FORMAT binary)`))) {
    chunks.push(chunk as Buffer);
  }
  const bytes = Buffer.concat(chunks);
  return { rows: parseCopy(bytes), bytes: bytes.length };
}

const SIGNATURE = Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1');

/** Parses the five columns above. Throws where the bytes are not what PostgreSQL says that it sends. */
function parseCopy(bytes: Buffer): Row[] {
  if (!bytes.subarray(0, SIGNATURE.length).equals(SIGNATURE)) throw new Error('not a binary COPY');
  let at = SIGNATURE.length + 4;
  at += 4 + bytes.readInt32BE(at);
  const rows: Row[] = [];
  for (;;) {
    const fields = bytes.readInt16BE(at);
    at += 2;
    if (fields === -1) return rows;
    if (fields !== 5) throw new Error(`a COPY row of ${fields} fields where 5 were asked for`);
    const offset = exactNumber(bytes.readBigInt64BE(at + 4));
    const transactionId = bytes.readBigUInt64BE(at + 16);
    const timestampMs = Number(bytes.readBigInt64BE(at + 28));
    at += 36;
    const keyLength = bytes.readInt32BE(at);
    at += 4;
    const key = keyLength < 0 ? null : bytes.subarray(at, at + keyLength);
    at += Math.max(keyLength, 0);
    const valueLength = bytes.readInt32BE(at);
    at += 4;
    const value = bytes.subarray(at, at + valueLength);
    at += valueLength;
    rows.push({ record: { offset, timestampMs, key, value, headers: null }, transactionId });
  }
}

const TARGET_BYTES = 4 << 20;
const MAX_ROWS = 20_000;

/** How many rows the next batch should ask for, so that wide rows don't make it large. */
export function nextLimit(last: Rows | null): number {
  if (last === null || last.rows.length === 0) return 2_000;
  const perRow = last.bytes / last.rows.length;
  return Math.max(1, Math.min(MAX_ROWS, Math.floor(TARGET_BYTES / perRow)));
}

export function toBatch(rows: Rows, next: number): RecordBatch {
  return { partition: 0, records: rows.rows.map((row) => row.record), absences: [], next };
}
