import { GitCompareArrows } from 'lucide-react';
import { Button, ButtonLink } from '@/components/ui/button.tsx';
import { Checkbox } from '@/components/ui/checkbox.tsx';
import type { Column } from '@/components/ui/column.ts';
import { replayColumns } from '@/components/vocabulary/replay-columns.tsx';
import type { ReplaySummary } from '@/server/application/views.ts';

type Selected = readonly string[];

/** The columns of the list with a box before them; two boxes make a comparison. */
export function selectableColumns(
  selected: Selected,
  onSelect: (selected: string[]) => void,
): readonly Column<ReplaySummary>[] {
  return [
    {
      id: 'select',
      header: <span className="sr-only">Selected</span>,
      width: '2.5rem',
      cell: (row) => (
        <Checkbox
          label={`Select replay ${row.id}`}
          hideLabel
          checked={selected.includes(row.id)}
          onChange={(event) => onSelect(nextSelection(selected, row.id, event.target.checked))}
          className="justify-center"
        />
      ),
    },
    ...replayColumns,
  ];
}

/** At most two: a third takes the place of the one that was selected first. */
export function nextSelection(selected: Selected, id: string, chosen: boolean): string[] {
  const others = selected.filter((each) => each !== id);
  return chosen ? [...others.slice(-1), id] : others;
}

/** The way to the comparison, and why there is none yet. */
export function CompareLink({ rows, selected }: { rows: readonly ReplaySummary[]; selected: Selected }) {
  const [one, two] = selected;
  const icon = <GitCompareArrows aria-hidden="true" className="size-4" />;
  if (one === undefined || two === undefined) {
    return (
      <Button
        icon={icon}
        disabledReason={one === undefined ? 'Select two replays to compare them.' : 'Select one more.'}
      >
        Compare
      </Button>
    );
  }
  const contractOf = (id: string) => rows.find((row) => row.id === id)?.contractId;
  const unlike =
    contractOf(one) !== undefined && contractOf(two) !== undefined && contractOf(one) !== contractOf(two);
  if (unlike) {
    return (
      <Button icon={icon} disabledReason="These two are of different contracts.">
        Compare
      </Button>
    );
  }
  return (
    <ButtonLink href={`/replays/compare?before=${one}&after=${two}`} icon={icon}>
      Compare
    </ButtonLink>
  );
}
