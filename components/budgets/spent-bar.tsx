import { toneFill } from '@/components/ui/tone.ts';
import { stateTone } from '@/components/vocabulary/budget-words.ts';
import type { BudgetSummary } from '@/server/application/budget/views.ts';

/** How much of a budget is spent; its figures stand beside it. */
export function SpentBar({ budget }: { budget: BudgetSummary }) {
  const { spentShare, state } = budget.standing;
  // Of too few a share says nothing.
  if (spentShare === null || state === 'unmeasured' || state === 'few')
    return <span className="text-muted">—</span>;
  return (
    <span aria-hidden="true" className="block h-2 w-full min-w-20 rounded-sm bg-hover">
      <span
        data-segment=""
        className={`block h-2 rounded-sm ${toneFill[stateTone(budget)]}`}
        style={{ width: `${Math.min(100, spentShare * 100)}%` }}
      />
    </span>
  );
}
