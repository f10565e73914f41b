import type { PostgresState } from '../../../domain/contract/index.ts';
import { RepriseError } from '../../../domain/shared/errors.ts';
import { errorCode, isConnectionLost, messageOf } from '../../connections.ts';
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
    throw unfit(state, `${messageOf(error)}.`, remedyFor(error), error);
  }
}

function remedyFor(error: unknown): string | null {
  const code = errorCode(error);
  if (code === '42501') return 'Grant the role that promotes what docs/promotion.md lists.';
  if (code === '42P01') return 'Create what docs/promotion.md lists.';
  if (code.startsWith('23')) return 'The row is refused by a constraint of the table.';
  return null;
}
