import { GitCompareArrows } from 'lucide-react';
import { Button, ButtonLink } from '@/components/ui/button.tsx';
import type { EvidenceSummary } from '@/server/application/views.ts';
import { whyNotCompared } from './compare-records.ts';

type Selected = readonly string[];

/** At most two: a third takes the place of the one that was selected first. */
export function nextSelection(selected: Selected, id: string, chosen: boolean): string[] {
  const others = selected.filter((each) => each !== id);
  return chosen ? [...others.slice(-1), id] : others;
}

/** The way to the comparison, and why there is none yet. */
export function CompareRecords({ rows, selected }: { rows: readonly EvidenceSummary[]; selected: Selected }) {
  const [one, two] = selected;
  const icon = <GitCompareArrows aria-hidden="true" className="size-4" />;
  const rowOf = (id: string | undefined) => rows.find((row) => row.id === id);
  const [left, right] = [rowOf(one), rowOf(two)];
  const reason =
    one === undefined
      ? 'Select two records to compare them.'
      : two === undefined
        ? 'Select one more.'
        : left && right
          ? whyNotCompared(left, right)
          : null;
  if (reason !== null || one === undefined || two === undefined)
    return (
      <Button size="sm" icon={icon} disabledReason={reason}>
        Compare
      </Button>
    );
  // The older one stands on the left.
  const [before, after] = left && right && left.recordedAt > right.recordedAt ? [two, one] : [one, two];
  return (
    <ButtonLink size="sm" href={`/evidence/compare?left=${before}&right=${after}`} icon={icon}>
      Compare
    </ButtonLink>
  );
}
