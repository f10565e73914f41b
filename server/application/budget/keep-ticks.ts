import { DAY_MS, HOUR_MS, lookBacks } from '../../domain/budget/index.ts';
import { budgetsOf } from '../../domain/contract/index.ts';
import type { EvaluateDeps } from './evaluate-budgets.ts';

const LEASE = 'budgets-kept';
const LEASE_MS = 10 * 60_000;

/**
 * Turns minutes that no look-back reaches any more into hours, and takes away what is older than it is kept. An hour
 * more stays minutes than the longest look-back, so that its edge is one of minutes too.
 */
export async function keepTicks(
  deps: Omit<EvaluateDeps, 'signals' | 'live'>,
  holder: string,
  keptDays: number,
): Promise<void> {
  await deps.unitOfWork.run(async (tx) => {
    if (!(await deps.leases.hold(tx, LEASE, holder, LEASE_MS))) return;
    const nowMs = deps.clock.now().getTime();
    const zones = (await deps.budgets.watched(tx)).map(({ contractId, budgets }) => ({
      contractId,
      timeZone: (budgets ?? budgetsOf()).timeZone,
    }));
    await deps.budgets.rollUp(tx, nowMs - Math.max(...lookBacks) - HOUR_MS, zones);
    await deps.budgets.sweep(tx, nowMs - keptDays * DAY_MS);
  });
}
