import type pg from 'pg';
import type { AppliedPosition, PostgresState } from '../../domain/contract/index.ts';
import { quoteName, quoteTable } from '../connections.ts';

/** The key's text and every field's column, in the order of `fields`. */
export function selectRows(state: PostgresState<unknown>): string {
  const columns = Object.values(state.fields).map((field) => quoteName(field.column));
  return `SELECT ${[`${quoteName(state.key)}::text`, ...columns].join(', ')} FROM ${quoteTable(state.table)}`;
}

/** The catalogs show a table to a role that may not read it: only a statement over it is refused. */
export const selectNoRow = (state: PostgresState<unknown>): string => `${selectRows(state)} LIMIT 0`;

/** Byte order, so that every store sorts alike and a merge with the shadow state needs no memory. */
export const inByteOrder = (state: PostgresState<unknown>): string =>
  ` ORDER BY ${quoteName(state.key)}::text COLLATE "C"`;

/**
 * Rows of given keys. Keys come as text; for types whose text is not unique or may not parse, only texts in the
 * form that PostgreSQL writes can match, and the column itself is compared, so that its index serves.
 */
export function selectByKeys(
  state: PostgresState<unknown>,
  keyType: string,
  keys: readonly string[],
): { text: string; values: [string[]] } {
  const key = quoteName(state.key);
  const typed = TYPED_KEYS[keyType];
  const fitting = keys.filter(typed ?? isStorable);
  const condition = typed === undefined ? `${key}::text = ANY($1::text[])` : `${key} = ANY($1::${keyType}[])`;
  return { text: `${selectRows(state)} WHERE ${condition}${inByteOrder(state)}`, values: [fitting] };
}

/** PostgreSQL's text holds no NUL. */
const isStorable = (text: string) => !text.includes('\0');
const isUuid = (text: string) => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text);

/** Of so many bits, sign and all: another text is no such number, and as a parameter fails the whole statement. */
const isWhole = (bits: number) => (text: string) =>
  /^(0|-?[1-9][0-9]{0,18})$/.test(text) && BigInt.asIntN(bits, BigInt(text)) === BigInt(text);

const TYPED_KEYS: Readonly<Record<string, (text: string) => boolean>> = {
  text: isStorable,
  'character varying': isStorable,
  uuid: isUuid,
  smallint: isWhole(16),
  integer: isWhole(32),
  bigint: isWhole(64),
};

export function selectApplied(position: AppliedPosition): { text: string; values: string[] } {
  const [first, second] =
    position.kind === 'per-partition'
      ? [position.partition, position.next]
      : [position.transactionId, position.position];
  const conditions = Object.keys(position.where).map((column, i) => `${quoteName(column)} = $${i + 1}`);
  const where = conditions.length > 0 ? ` WHERE ${conditions.join(' AND ')}` : '';
  return {
    text: `SELECT ${quoteName(first)}::text AS first, ${quoteName(second)}::text AS second FROM ${quoteTable(position.table)}${where}`,
    values: Object.values(position.where),
  };
}

/** The columns that a contract names, by table. */
export function columnsNeeded(state: PostgresState<unknown>): Map<string, Set<string>> {
  const needed = new Map<string, Set<string>>();
  const need = (table: string, columns: readonly string[]) => {
    needed.set(table, new Set([...(needed.get(table) ?? []), ...columns]));
  };
  need(state.table, [state.key, ...Object.values(state.fields).map((field) => field.column)]);
  const { position } = state;
  if (position?.kind === 'per-partition') {
    need(position.table, [position.partition, position.next, ...Object.keys(position.where)]);
  }
  if (position?.kind === 'transaction') {
    need(position.table, [position.transactionId, position.position, ...Object.keys(position.where)]);
  }
  return needed;
}

/** Values as the text that PostgreSQL sends: the parsers of node-postgres round what they can't hold. */
export const asText: pg.CustomTypesConfig = { getTypeParser: () => (text: string) => text };
