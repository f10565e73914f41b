import type { Column } from '@/components/ui/column.ts';
import { TextLink } from '@/components/ui/link.tsx';
import { Table } from '@/components/ui/table.tsx';
import { VirtualTable } from '@/components/ui/virtual-table.tsx';
import { candidateSentence, causeWords } from '@/components/vocabulary/cause-words.ts';
import type { StateRow, StatesView } from '@/server/application/views.ts';
import { Stamp } from './stamp.tsx';
import { HistoryValue, LiveValue } from './value-cell.tsx';

/** Above this many loaded rows only those in view are in the page. */
const virtualFrom = 200;

export type StatesTableProps = {
  view: StatesView;
  rows: readonly StateRow[];
  totalRows: number | undefined;
  contractId: string;
  replay: string | null;
  /** These rows are of what was asked before. */
  refreshing: boolean;
  /** Fields on which nothing in these rows differs are folded away unless asked for. */
  allFields: boolean;
};

/** History first and pinned, each derived state beside it, and the event that explains the difference. */
export function StatesTable(props: StatesTableProps) {
  const { view, rows, totalRows, contractId, replay, refreshing, allFields } = props;
  const columns = columnsFor(view, fieldsShown(view, rows, allFields), contractId, replay);
  if (rows.length < virtualFrom) {
    return (
      <Table
        caption="Keys"
        columns={columns}
        rows={rows}
        rowKey={(row) => row.key}
        density={40}
        refreshing={refreshing}
      />
    );
  }
  return (
    <VirtualTable
      caption="Keys"
      columns={columns}
      rows={rows}
      {...(totalRows === undefined ? {} : { totalRows })}
      rowKey={(row) => row.key}
      density={40}
      refreshing={refreshing}
      height="70vh"
    />
  );
}

/** The fields worth a column: those that differ somewhere in these rows; all of them where none does. */
function fieldsShown(view: StatesView, rows: readonly StateRow[], allFields: boolean): readonly string[] {
  const fields = [...new Set(view.fields.flatMap((each) => each.fields))];
  const differing = new Set(
    rows
      .flatMap((row) => row.cells)
      .filter((cell) => cell.kind !== 'equal' && cell.kind !== 'not-compared')
      .flatMap((cell) => cell.fields.filter((field) => field.live !== field.history))
      .map((field) => field.field),
  );
  return allFields || differing.size === 0 ? fields : fields.filter((field) => differing.has(field));
}

function columnsFor(
  view: StatesView,
  fields: readonly string[],
  contractId: string,
  replay: string | null,
): readonly Column<StateRow>[] {
  const several = fields.length > 1;
  const history = fields.map(
    (field): Column<StateRow> => ({
      id: `history-${field}`,
      header: (
        <Stamp
          title={several ? `History · ${field}` : 'History'}
          positions={view.historyEnd}
          at={view.replay?.endedAt ?? null}
        />
      ),
      align: 'end',
      width: '9rem',
      ...(several ? {} : { pinnedAt: '9rem' }),
      cell: (row) => <HistoryValue row={row} field={field} />,
    }),
  );
  const live = view.fields.flatMap((state) =>
    state.fields
      .filter((field) => fields.includes(field))
      .map(
        (field): Column<StateRow> => ({
          id: `${state.derivedState}-${field}`,
          header: stampOf(view, state, several ? field : null),
          align: 'end',
          width: '9rem',
          cell: (row) => {
            const cell = row.cells.find((each) => each.derivedState === state.derivedState);
            return (
              <>
                <LiveValue cell={cell} field={field} />
                <ShortCause cell={cell} />
              </>
            );
          },
        }),
      ),
  );
  const query = replay ? `?replay=${replay}` : '';
  return [
    {
      id: 'key',
      header: 'Key',
      mono: true,
      width: '9rem',
      pinnedAt: '0',
      cell: (row) => (
        <TextLink
          quiet
          href={`/states/${encodeURIComponent(contractId)}/${encodeURIComponent(row.key)}${query}`}
        >
          {row.key}
        </TextLink>
      ),
    },
    ...history,
    ...live,
    {
      id: 'cause',
      header: 'Explained by',
      wideOnly: true,
      width: '40%',
      cell: (row) => <Causes row={row} />,
    },
  ];
}

/** A state's name over its own position and the age of the comparison: each was read by itself. */
function stampOf(view: StatesView, state: StatesView['fields'][number], field: string | null) {
  const compared = view.comparisons.find((each) => each.derivedState === state.derivedState);
  return (
    <Stamp
      title={field === null ? state.title : `${state.title} · ${field}`}
      positions={compared?.appliedPositions ?? []}
      at={compared?.comparedAt ?? null}
      eventsBehind={compared?.eventsBehind}
      without={compared?.mode === 'at-position' ? 'at its own position' : 'after it had settled'}
    />
  );
}

/** Where there is no room for the column that explains: what happened, and to which event. */
function ShortCause({ cell }: { cell: StateRow['cells'][number] | undefined }) {
  if (cell === undefined || cell.explanation === null) return null;
  const best = cell.explanation.candidates[0];
  return (
    <span className="block text-xs text-muted lg:hidden">
      {best ? `${causeWords[best.cause]}: p${best.partition}:${best.offset}` : 'unexplained'}
    </span>
  );
}

function Causes({ row }: { row: StateRow }) {
  const explained = row.cells.filter((cell) => cell.explanation !== null);
  if (explained.length === 0) return <span className="text-muted">{row.differs ? 'not searched' : ''}</span>;
  return (
    <ul className="flex flex-col py-1">
      {explained.map((cell) => {
        const best = cell.explanation?.candidates[0];
        return (
          <li key={cell.derivedState} className="text-sm">
            <span className="text-muted">{cell.derivedState}: </span>
            {best ? candidateSentence(best) : cell.explanation?.sentence}
            {cell.explanation && cell.explanation.candidates.length > 1 ? (
              <span className="text-muted"> (one of {cell.explanation.candidates.length} that fit)</span>
            ) : null}
          </li>
        );
      })}
    </ul>
  );
}
