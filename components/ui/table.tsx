'use client';

import { type ReactNode, type RefObject, useCallback, useEffect, useRef } from 'react';
import { cx } from './class-names.ts';
import type { Column, Sort } from './column.ts';
import { useOverflow } from './overflow.ts';
import { openRowOnEnter, useRowKeys } from './row-keys.ts';
import { scrollGroup } from './scroll-region.ts';
import { HeadCell, RowCells } from './table-parts.tsx';
import { type Tone, toneTint } from './tone.ts';

export type TableProps<Row> = {
  /** What the table holds; said to a screen reader, and shown when `showCaption`. */
  caption: string;
  showCaption?: boolean;
  columns: ReadonlyArray<Column<Row>>;
  rows: readonly Row[];
  rowKey: (row: Row) => string;
  /** 32 px for scanning, 40 px where rows carry chips or buttons. */
  density?: 32 | 40;
  sort?: Sort | null;
  onSort?: (sort: Sort) => void;
  /** The row the URL points at. */
  selectedKey?: string | null;
  /** A tint behind a row whose verdict says so; its words stand in a cell. */
  rowTone?: (row: Row) => Tone | null;
  /** Figures are being read anew: rows stay, dimmed, instead of disappearing. */
  refreshing?: boolean;
  /** In place of rows when there are none. */
  empty?: ReactNode;
};

/** A native table, dense, with a head that stays, and rows that j and k walk and Enter opens. */
export function Table<Row>(props: TableProps<Row>) {
  const { caption, columns, rows, rowKey, density = 32, sort, onSort, refreshing = false, empty } = props;
  const region = useRef<HTMLDivElement>(null);
  const body = useRef<HTMLTableSectionElement>(null);
  const rowsOf = useCallback(() => [...(body.current?.rows ?? [])], []);
  const current = useCallback(
    () => rowsOf().findIndex((row) => row.contains(document.activeElement)),
    [rowsOf],
  );
  const focus = useCallback((index: number) => rowsOf()[index]?.focus(), [rowsOf]);
  useRowKeys(region, { count: rows.length, current, focus });
  const overflows = useOverflow(region);
  useSelectedInSight(body, props.selectedKey ?? null);
  if (rows.length === 0 && empty) return empty;
  return (
    // Where there is room the page itself scrolls and the head sticks to the window; where there is not the table
    // scrolls sideways, and a region that scrolls has to be reachable by keyboard.
    <div
      ref={region}
      {...scrollGroup(caption)}
      data-rows=""
      className={cx(
        'relative rounded-lg border border-line bg-surface max-lg:overflow-x-auto',
        overflows ? 'overflow-x-auto' : 'lg:overflow-x-clip',
      )}
    >
      <table className={cx('w-full border-separate border-spacing-0 text-sm', refreshing && 'opacity-60')}>
        <caption className={props.showCaption ? 'px-3 py-2 text-left text-xs text-muted' : 'sr-only'}>
          {caption}
        </caption>
        <thead className={overflows ? undefined : 'lg:sticky lg:top-(--shell-top) lg:z-10'}>
          <tr>
            {columns.map((column) => (
              <HeadCell key={column.id} column={column} sort={sort} onSort={onSort} />
            ))}
          </tr>
        </thead>
        <tbody ref={body} aria-busy={refreshing || undefined}>
          {rows.map((row) => (
            <BodyRow key={rowKey(row)} row={row} density={density} {...props} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** The row that the address points at is brought into sight, once for each address. */
function useSelectedInSight(
  body: RefObject<HTMLTableSectionElement | null>,
  selectedKey: string | null,
): void {
  useEffect(() => {
    if (selectedKey === null) return;
    body.current?.querySelector('tr[aria-current]')?.scrollIntoView({ block: 'nearest' });
  }, [body, selectedKey]);
}

function BodyRow<Row>({
  row,
  columns,
  rowKey,
  density,
  selectedKey,
  rowTone,
}: TableProps<Row> & { row: Row }) {
  const tone = rowTone?.(row) ?? null;
  const selected = selectedKey != null && rowKey(row) === selectedKey;
  return (
    <tr
      tabIndex={-1}
      data-row-key={rowKey(row)}
      aria-current={selected || undefined}
      onKeyDown={openRowOnEnter}
      className={cx(
        'transition-colors hover:bg-hover focus:bg-hover [&>td]:border-b [&>td]:border-line last:[&>td]:border-b-0',
        density === 40 ? 'h-10' : 'h-8',
        selected ? 'bg-accent-tint' : tone ? toneTint[tone] : 'bg-surface',
      )}
    >
      <RowCells columns={columns} row={row} />
    </tr>
  );
}
