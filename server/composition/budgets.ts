import { budgetStore } from '../adapters/budgets/budget-store.ts';
import { lagStore } from '../adapters/lag/lag-store.ts';
import { peopleStore } from '../adapters/people/people-store.ts';
import { leases } from '../adapters/postgres/leases.ts';
import { EVALUATE_EVERY_MS, evaluateBudgets } from '../application/budget/evaluate-budgets.ts';
import { type BudgetCommands, createBudgetCommands } from '../application/budget/exclude-time.ts';
import { keepTicks } from '../application/budget/keep-ticks.ts';
import type { AuditLog } from '../application/ports/audit.ts';
import type { Settings } from '../env.ts';
import type { Composed } from './compose.ts';

const KEEP_EVERY_MS = 10 * 60_000;

export { budgetStore };

export function budgetCommands({ replayDeps }: Composed, audit: AuditLog): BudgetCommands {
  return createBudgetCommands({ ...replayDeps, audit, budgets: budgetStore, people: peopleStore });
}

/** What a worker does about budgets, again and again; one of the fleet at a time. */
export function budgetLoops({ replayDeps }: Composed, settings: Settings) {
  const deps = { ...replayDeps, budgets: budgetStore, lag: lagStore, leases, signals: replayDeps.signals };
  return [
    {
      ms: EVALUATE_EVERY_MS,
      what: 'evaluate the failure budgets',
      work: (holder: string) => evaluateBudgets(deps, holder),
    },
    {
      ms: KEEP_EVERY_MS,
      what: 'roll up what was counted against budgets',
      work: (holder: string) => keepTicks(deps, holder, settings.budgetKeptDays),
    },
  ] as const;
}
