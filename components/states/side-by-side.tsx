import type { Column } from '@/components/ui/column.ts';
import { EmptyState } from '@/components/ui/states.tsx';
import { Table } from '@/components/ui/table.tsx';
import type { KeyView } from '@/server/application/views.ts';
import { Stamp } from './stamp.tsx';
import { HistoryValue, LiveValue } from './value-cell.tsx';

/** A key's figures: history first, each derived state beside it, every column with its position and its age. */
export function SideBySide({ view }: { view: KeyView }) {
  const named = [...view.row.history, ...view.row.cells.flatMap((cell) => cell.fields)];
  const fields = [...new Set(named.map((each) => each.field))];
  if (fields.length === 0) return <EmptyState title="No field of this key was compared." />;
  return (
    <Table
      caption="Figures of this key"
      columns={columnsFor(view)}
      rows={fields}
      rowKey={(field) => field}
      density={40}
    />
  );
}

function columnsFor(view: KeyView): readonly Column<string>[] {
  const here = <Each extends { readonly partition: number }>(positions: readonly Each[]) =>
    positions.filter((each) => view.partition === null || each.partition === view.partition);
  return [
    { id: 'field', header: 'Field', width: '6rem', pinnedAt: '0', cell: (field) => field },
    {
      id: 'history',
      header: <Stamp title="History" positions={here(view.historyEnd)} at={view.replay.endedAt} />,
      align: 'end',
      width: '7rem',
      pinnedAt: '6rem',
      cell: (field) => (
        <span className="text-lg font-medium">
          <HistoryValue row={view.row} field={field} />
        </span>
      ),
    },
    ...view.row.cells.map((cell): Column<string> => {
      const compared = view.comparisons.find((each) => each.derivedState === cell.derivedState);
      return {
        id: cell.derivedState,
        header: (
          <Stamp
            title={cell.derivedState}
            positions={here(compared?.appliedPositions ?? [])}
            at={compared?.comparedAt ?? null}
            eventsBehind={compared?.eventsBehind}
            without={compared?.mode === 'at-position' ? 'at its own position' : 'after it had settled'}
          />
        ),
        align: 'end',
        cell: (field) => (
          <span className="text-lg">
            <LiveValue cell={cell} field={field} />
          </span>
        ),
      };
    }),
  ];
}
