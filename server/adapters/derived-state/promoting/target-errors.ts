import type { PostgresState } from '../../../domain/contract/index.ts';
import { RepriseError } from '../../../domain/shared/errors.ts';
import { BYPASS, errorCode, isConnectionLost, isHiddenByPolicy, messageOf } from '../../connections.ts';
import { unavailable } from '../errors.ts';

/** promotion-target-unfit, naming connection and table: somebody has to mend it before anything can be promoted. */
export function unfit(
  state: PostgresState<unknown>,
  problem: string,
  remedy: string | null,
  cause?: unknown,
): RepriseError {
  const sentence = `Derived state ${state.title} (connection ${state.connection}, table ${state.table}) can't be promoted: ${problem}`;
  return new RepriseError('promotion-target-unfit', remedy === null ? sentence : `${sentence} ${remedy}`, {
    where: `${state.connection}: ${state.table}`,
    cause,
  });
}

/** Whether the same may succeed a moment later: a server that comes back, a lock that is let go, a deadlock that was broken. */
function mayPass(error: unknown): boolean {
  return isConnectionLost(error) || /^(25P0[23]|40|53|55P03|57014)/.test(errorCode(error));
}

/** Gives an error of the target its place, and says whether waiting helps. */
export async function inTarget<T>(state: PostgresState<unknown>, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof RepriseError) throw error;
    if (mayPass(error)) throw unavailable(state, `${messageOf(error)}.`, null, { cause: error });
    const refusal = refusalOf(error);
    if (refusal === null) throw unfit(state, `${messageOf(error)}.`, remedyFor(error), error);
    // Without its cause, which would stand in a log.
    throw unfit(state, refusal, remedyFor(error));
  }
}

/** By the beginning of their SQLSTATE. */
const refusals = [
  ['22001', 'a text that was to be written is too long for its column'],
  ['22003', 'a figure that was to be written is out of the range of its column'],
  ['22P02', 'a value that was to be written is none that the type of its column knows'],
  ['22', 'a column can not hold a value that was to be written'],
  ['23502', 'a column that may not be empty would be'],
  ['23503', 'a foreign key refuses a row that was to be written'],
  ['23505', 'a unique index refuses a row that was to be written'],
  ['23', 'a constraint refuses a row that was to be written'],
] as const;

/**
 * How the target refused a row: data that its column can't hold, a constraint, a trigger of its own. PostgreSQL's message
 * quotes the value then, which may be hidden, and what is said here is read by everybody. null: it is no such refusal.
 */
function refusalOf(error: unknown): string | null {
  const code = errorCode(error);
  if (!/^(22|23|P0)/.test(code)) return null;
  const names = error as Partial<Record<'constraint' | 'column' | 'dataType', string>>;
  const where = (['column', 'constraint', 'dataType'] as const).flatMap((each) =>
    names[each] === undefined ? [] : [`${each === 'dataType' ? 'type' : each} ${names[each]}`],
  );
  const what =
    refusals.find(([start]) => code.startsWith(start))?.[1] ??
    'a trigger or function of it refuses a row that was to be written';
  const named = where.length === 0 ? '' : `, ${where.join(', ')}`;
  return `${what} (SQLSTATE ${code}${named}). Its own words are in the log of its PostgreSQL.`;
}

function remedyFor(error: unknown): string | null {
  const code = errorCode(error);
  if (isHiddenByPolicy(error)) return BYPASS;
  if (code === '42501') return 'Grant the role that promotes what docs/promotion.md lists.';
  if (code === '42P01') return 'Create what docs/promotion.md lists.';
  return null;
}
