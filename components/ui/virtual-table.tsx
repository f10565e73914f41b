'use client';

import { useVirtualizer } from '@tanstack/react-virtual';
import { type ReactNode, useCallback, useEffect, useRef } from 'react';
import { cx } from './class-names.ts';
import type { Column, Sort } from './column.ts';
import { openRowOnEnter, useRowKeys } from './row-keys.ts';
import { notSaid, scrollGroup } from './scroll-region.ts';
import { HeadCell, RowCells } from './table-parts.tsx';
import { type Tone, toneTint } from './tone.ts';

export type VirtualTableProps<Row> = {
  caption: string;
  columns: ReadonlyArray<Column<Row>>;
  /** The rows that are loaded so far, in order. */
  rows: readonly Row[];
  /** Rows in all, when known: a screen reader is told the true number, not the loaded one. */
  totalRows?: number;
  rowKey: (row: Row) => string;
  density?: 32 | 40;
  sort?: Sort | null;
  onSort?: (sort: Sort) => void;
  selectedKey?: string | null;
  rowTone?: (row: Row) => Tone | null;
  refreshing?: boolean;
  /** Called when the end comes near; keyset pagination loads the next page. */
  onNearEnd?: () => void;
  /** A CSS height of the scrolling part. */
  height?: string;
  empty?: ReactNode;
};

/** A table for thousands of rows: only those in sight are in the page, and each says which row it is. */
export function VirtualTable<Row>(props: VirtualTableProps<Row>) {
  if (props.rows.length === 0 && props.empty) return props.empty;
  return <Rows {...props} />;
}

function Rows<Row>(props: VirtualTableProps<Row>) {
  const {
    caption,
    columns,
    rows,
    rowKey,
    density = 32,
    height = '70vh',
    refreshing = false,
    onNearEnd,
  } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const body = useRef<HTMLTableSectionElement>(null);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => density,
    overscan: 12,
    // Before there is a window to measure, on the server, so many rows are sent that the first screen is full.
    initialRect: { width: 0, height: 640 },
    getItemKey: (index) => {
      const row = rows[index];
      return row === undefined ? index : rowKey(row);
    },
  });
  const items = virtual.getVirtualItems();
  const first = items[0];
  const last = items.at(-1);
  useNearEnd(last?.index ?? -1, rows.length, onNearEnd);
  const focusRow = useCallback(
    (index: number) => {
      virtual.scrollToIndex(index);
      // The row exists only after the scroll has been rendered.
      requestAnimationFrame(() => rowAt(body.current, index)?.focus({ preventScroll: true }));
    },
    [virtual],
  );
  useRowKeys(scroller, {
    count: rows.length,
    current: useCallback(() => focusedIndex(body.current), []),
    focus: focusRow,
  });
  return (
    <div
      ref={scroller}
      {...scrollGroup(caption)}
      data-rows=""
      style={{ maxHeight: height }}
      className="relative overflow-auto rounded-lg border border-line bg-surface"
    >
      <table
        aria-rowcount={(props.totalRows ?? rows.length) + 1}
        className={cx(
          'w-full table-fixed border-separate border-spacing-0 text-sm',
          refreshing && 'opacity-60',
        )}
      >
        <caption className="sr-only">{caption}</caption>
        <thead className="sticky top-0 z-10">
          <tr aria-rowindex={1}>
            {columns.map((column) => (
              <HeadCell key={column.id} column={column} sort={props.sort} onSort={props.onSort} />
            ))}
          </tr>
        </thead>
        <tbody ref={body} aria-busy={refreshing || undefined}>
          <Gap height={first?.start ?? 0} columns={columns.length} />
          {items.map((item) => {
            const row = rows[item.index];
            return row === undefined ? null : (
              <VirtualRow key={item.key} row={row} index={item.index} density={density} {...props} />
            );
          })}
          <Gap height={last ? virtual.getTotalSize() - last.end : 0} columns={columns.length} />
        </tbody>
      </table>
    </div>
  );
}

function VirtualRow<Row>(props: VirtualTableProps<Row> & { row: Row; index: number }) {
  const { row, index, columns, rowKey, density, selectedKey, rowTone } = props;
  const tone = rowTone?.(row) ?? null;
  const selected = selectedKey != null && rowKey(row) === selectedKey;
  return (
    <tr
      tabIndex={-1}
      data-index={index}
      data-row-key={rowKey(row)}
      aria-rowindex={index + 2}
      aria-current={selected || undefined}
      onKeyDown={openRowOnEnter}
      style={{ height: density }}
      className={cx(
        'hover:bg-hover focus:bg-hover [&>td]:truncate [&>td]:border-b [&>td]:border-line',
        selected ? 'bg-accent-tint' : tone ? toneTint[tone] : 'bg-surface',
      )}
    >
      <RowCells columns={columns} row={row} />
    </tr>
  );
}

/** Stands for the rows that are out of sight, so that the scroll bar tells the truth. */
function Gap({ height, columns }: { height: number; columns: number }) {
  if (height <= 0) return null;
  return (
    <tr {...notSaid}>
      <td colSpan={columns} style={{ height, padding: 0 }} />
    </tr>
  );
}

function rowAt(body: HTMLTableSectionElement | null, index: number): HTMLElement | null {
  return body?.querySelector<HTMLElement>(`tr[data-index="${index}"]`) ?? null;
}

function focusedIndex(body: HTMLTableSectionElement | null): number {
  const row = body?.contains(document.activeElement)
    ? document.activeElement?.closest<HTMLElement>('tr[data-index]')
    : null;
  return row ? Number(row.dataset.index) : -1;
}

function useNearEnd(lastInSight: number, loaded: number, onNearEnd: (() => void) | undefined): void {
  const near = lastInSight >= 0 && lastInSight >= loaded - 20;
  useEffect(() => {
    if (near && loaded > 0) onNearEnd?.();
  }, [near, loaded, onNearEnd]);
}
