import type { ClientBase } from 'pg';
import type { AppliedAt } from '../../application/ports/derived-state.ts';
import type { PostgresState } from '../../domain/contract/index.ts';
import { unavailable } from './errors.ts';
import { selectApplied } from './statements.ts';

type Pair = { readonly first: string | null; readonly second: string | null };

/**
 * Reads how far a derived state says that it has come. No row yet means that nothing has been applied: a
 * projector writes its first position together with its first rows. With `lock` nobody moves it until the
 * transaction ends.
 */
export async function readApplied(
  client: ClientBase,
  state: PostgresState<unknown>,
  options: { readonly lock: boolean } = { lock: false },
): Promise<AppliedAt> {
  const { position } = state;
  if (position === null) return { kind: 'none' };
  const { text, values } = selectApplied(position);
  // What was waited for is answered as it was committed.
  const { rows } = await client.query<Pair>({ text: options.lock ? `${text} FOR UPDATE` : text, values });
  const parse = (text: string | null, column: string) => {
    if (text !== null && /^(0|[1-9][0-9]{0,19})$/.test(text)) return BigInt(text);
    throw unavailable(state, `the applied position is ${text ?? 'NULL'} and not a whole number.`, null, {
      table: position.table,
      column,
    });
  };
  if (position.kind === 'transaction') {
    const [row, another] = rows;
    if (another !== undefined) throw ambiguous(state, position.table, 'one row with the cursor', rows.length);
    return {
      kind: 'transaction',
      transactionId: row === undefined ? 0n : parse(row.first, position.transactionId),
      position: row === undefined ? 0n : parse(row.second, position.position),
    };
  }
  const next = new Map<number, bigint>();
  for (const row of rows) {
    const partition = Number(parse(row.first, position.partition));
    if (next.has(partition)) throw ambiguous(state, position.table, `one row for partition ${partition}`, 2);
    next.set(partition, parse(row.second, position.next));
  }
  return { kind: 'per-partition', next };
}

function ambiguous(state: PostgresState<unknown>, table: string, wanted: string, found: number) {
  const remedy = 'Name the projector in the `where` of its position in the contract.';
  return unavailable(state, `there should be ${wanted}, and there are ${found}.`, remedy, { table });
}
