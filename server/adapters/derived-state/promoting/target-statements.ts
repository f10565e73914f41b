import type { PostgresState, Scalar } from '../../../domain/contract/index.ts';
import type { Write } from '../../../domain/promotion/index.ts';
import { quoteName, quoteTable } from '../../connections.ts';
import { selectByKeys } from '../statements.ts';

type State = PostgresState<unknown>;
type Statement = { readonly text: string; readonly values: unknown[] };

/** In the schema of the derived state's own table, so that what is written and what says so stand together. */
export function promotionTable({ table }: State): string {
  return [...table.split('.').slice(0, -1), 'reprise_promotion'].join('.');
}

/** What a target needs, to be run by whoever owns its tables. `role` is the one that promotes. */
export function targetMigration(state: State, role: string): string {
  const own = quoteTable(promotionTable(state));
  const positions = state.position === null ? [] : [quoteTable(state.position.table)];
  const grantee = quoteName(role);
  return [
    `CREATE TABLE IF NOT EXISTS ${own} (`,
    '  promotion_id uuid PRIMARY KEY,',
    '  token bigint NOT NULL,',
    '  applied_at timestamptz,',
    '  outcome jsonb',
    ');',
    `GRANT SELECT, INSERT, UPDATE ON ${own} TO ${grantee};`,
    `GRANT SELECT, INSERT, UPDATE, DELETE ON ${quoteTable(state.table)} TO ${grantee};`,
    ...positions.map((table) => `GRANT SELECT, UPDATE ON ${table} TO ${grantee};`),
  ].join('\n');
}

/** A later token takes the place of an earlier one, and none takes the place of what was written. */
export function fenceStatement(state: State, promotionId: string, token: bigint): Statement {
  const own = quoteTable(promotionTable(state));
  return {
    text: `INSERT INTO ${own} AS held (promotion_id, token) VALUES ($1, $2)
           ON CONFLICT (promotion_id) DO UPDATE SET token = excluded.token
             WHERE held.token < excluded.token AND held.applied_at IS NULL
           RETURNING token::text`,
    values: [promotionId, token.toString()],
  };
}

export function selectPromotion(state: State, promotionId: string, lock: boolean): Statement {
  return {
    text: `SELECT token::text, applied_at, outcome FROM ${quoteTable(promotionTable(state))}
           WHERE promotion_id = $1${lock ? ' FOR UPDATE' : ''}`,
    values: [promotionId],
  };
}

export function notePromotion(state: State, promotionId: string, token: bigint, outcome: string): Statement {
  return {
    text: `UPDATE ${quoteTable(promotionTable(state))} SET applied_at = clock_timestamp(), outcome = $3::jsonb
           WHERE promotion_id = $1 AND token = $2 AND applied_at IS NULL RETURNING applied_at`,
    values: [promotionId, token.toString(), outcome],
  };
}

export function lockRows(state: State, keyType: string, keys: readonly string[]): Statement {
  const { text, values } = selectByKeys(state, keyType, keys);
  return { text: `${text} FOR UPDATE`, values };
}

/** Statements that write so many keys each at most; each says how many rows it has to touch. */
export function writeStatements(
  state: State,
  writes: readonly Write[],
  typeOf: (column: string) => string,
  keysEach = 1_000,
): readonly (Statement & { readonly rows: number; readonly what: Write['kind'] })[] {
  // Keys that write the same fields go together.
  const shapes = Map.groupBy(writes, (write) =>
    write.kind === 'delete' ? 'delete' : `${write.kind} ${Object.keys(write.fields).join('\n')}`,
  );
  return [...shapes.values()].flatMap((alike) =>
    chunked(alike, keysEach).map((some) => ({
      ...statementFor(state, some, typeOf),
      rows: some.length,
      what: some[0]?.kind ?? 'update',
    })),
  );
}

function statementFor(state: State, writes: readonly Write[], typeOf: (column: string) => string): Statement {
  const table = quoteTable(state.table);
  const key = quoteName(state.key);
  const keyType = typeOf(state.key);
  const keys = writes.map((write) => write.key);
  const [first] = writes;
  if (first === undefined || first.kind === 'delete')
    return { text: `DELETE FROM ${table} WHERE ${key} = ANY ($1::text[]::${keyType}[])`, values: [keys] };
  const columns = Object.keys(first.fields).map((field) => ({
    field,
    column: state.fields[field]?.column ?? field,
  }));
  const values = columns.map(({ field }) =>
    writes.map((write) => (write.kind === 'delete' ? null : asText(write.fields[field] ?? null))),
  );
  const from = `unnest($1::text[], ${columns.map((_, at) => `$${at + 2}::text[]`).join(', ')}) AS given (key_text${columns
    .map((_, at) => `, value_${at}`)
    .join('')})`;
  const cast = columns.map(({ column }, at) => `given.value_${at}::${typeOf(column)}`);
  if (first.kind === 'insert')
    return {
      text: `INSERT INTO ${table} (${[key, ...columns.map(({ column }) => quoteName(column))].join(', ')})
             SELECT given.key_text::${keyType}, ${cast.join(', ')} FROM ${from}`,
      values: [keys, ...values],
    };
  return {
    text: `UPDATE ${table} AS live SET ${columns.map(({ column }, at) => `${quoteName(column)} = ${cast[at]}`).join(', ')}
           FROM ${from} WHERE live.${key} = given.key_text::${keyType}`,
    values: [keys, ...values],
  };
}

function asText(value: Scalar): string | null {
  return value === null ? null : String(value);
}

function chunked<T>(all: readonly T[], size: number): readonly (readonly T[])[] {
  const chunks: T[][] = [];
  for (let at = 0; at < all.length; at += size) chunks.push(all.slice(at, at + size));
  return chunks;
}
