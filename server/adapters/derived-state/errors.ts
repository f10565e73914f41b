import type { PostgresState } from '../../domain/contract/index.ts';
import { RepriseError } from '../../domain/shared/errors.ts';
import { messageOf, remedyFor } from '../connections.ts';

/** derived-state-unavailable, naming connection, table and, where one is at fault, column. */
export function unavailable(
  state: PostgresState<unknown>,
  problem: string,
  remedy: string | null,
  options: { table?: string; column?: string; cause?: unknown } = {},
): RepriseError {
  const table = options.table ?? state.table;
  const where = `${state.connection}: ${table}${options.column === undefined ? '' : `.${options.column}`}`;
  const sentence = `Derived state ${state.title} (connection ${state.connection}, table ${table}): ${problem}`;
  return new RepriseError('derived-state-unavailable', remedy === null ? sentence : `${sentence} ${remedy}`, {
    where,
    cause: options.cause,
  });
}

/** Gives an error of the server or of the connection its place and its remedy. */
export function inPlace(state: PostgresState<unknown>, error: unknown): RepriseError {
  if (error instanceof RepriseError) return error;
  return unavailable(state, `${messageOf(error)}.`, remedyFor(error), { cause: error });
}
