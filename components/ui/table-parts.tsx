import { ArrowDown, ArrowUp, ChevronsUpDown } from 'lucide-react';
import type { ReactNode } from 'react';
import { cx } from './class-names.ts';
import { type Column, nextSort, type Sort } from './column.ts';

const ariaSort = { asc: 'ascending', desc: 'descending' } as const;

export type HeadCellProps<Row> = {
  column: Column<Row>;
  sort?: Sort | null | undefined;
  onSort?: ((sort: Sort) => void) | undefined;
};

/** A column's head, with a sort button where the column can be sorted. */
export function HeadCell<Row>({ column, sort, onSort }: HeadCellProps<Row>) {
  const active = sort?.by === column.id ? sort.direction : null;
  const sortable = column.sortable && onSort;
  return (
    <th
      scope="col"
      aria-sort={active ? ariaSort[active] : undefined}
      style={placeOf(column)}
      className={cx(
        'h-8 border-b border-line bg-subtle px-2 text-xs first:pl-3 last:pr-3 font-medium whitespace-nowrap text-muted',
        column.pinnedAt !== undefined && 'sticky z-1',
        column.align === 'end' ? 'text-right' : 'text-left',
        column.wideOnly && 'max-lg:hidden',
      )}
    >
      {sortable ? (
        <button
          type="button"
          onClick={() => onSort(nextSort(sort, column))}
          className={cx(
            '-mx-1 inline-flex h-6 items-center gap-1 rounded-sm px-1 hover:bg-hover hover:text-ink',
            active && 'text-ink',
          )}
        >
          {column.header}
          <SortMark active={active} />
        </button>
      ) : (
        column.header
      )}
    </th>
  );
}

function SortMark({ active }: { active: 'asc' | 'desc' | null }) {
  const Mark = active === 'asc' ? ArrowUp : active === 'desc' ? ArrowDown : ChevronsUpDown;
  return <Mark aria-hidden="true" className={cx('size-3', active ? '' : 'opacity-50')} />;
}

/** A pinned column has its width exactly, because the next one is pinned beside it. */
function placeOf<Row>({ width, pinnedAt }: Column<Row>) {
  if (pinnedAt === undefined) return width ? { width } : undefined;
  return { left: pinnedAt, width, minWidth: width };
}

/** The cells of one row. */
export function RowCells<Row>({ columns, row }: { columns: ReadonlyArray<Column<Row>>; row: Row }) {
  return columns.map((column) => <Cell key={column.id} column={column} content={column.cell(row)} />);
}

function Cell<Row>({ column, content }: { column: Column<Row>; content: ReactNode }) {
  return (
    <td
      style={column.pinnedAt === undefined ? undefined : placeOf(column)}
      className={cx(
        'px-2 align-middle first:pl-3 last:pr-3',
        column.pinnedAt !== undefined && 'sticky z-1 bg-inherit',
        column.align === 'end' ? 'text-right' : 'text-left',
        column.mono && 'font-mono',
        column.wideOnly && 'max-lg:hidden',
      )}
    >
      {content}
    </td>
  );
}
