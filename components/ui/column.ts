import type { ReactNode } from 'react';

type SortDirection = 'asc' | 'desc';
export type Sort = { by: string; direction: SortDirection };

/** One column of a table. `align: 'end'` is for figures, which line up by their last digit. */
export type Column<Row> = {
  id: string;
  header: ReactNode;
  cell: (row: Row) => ReactNode;
  align?: 'start' | 'end';
  /** Ids, offsets, keys. */
  mono?: boolean;
  sortable?: boolean;
  /** A CSS width; a virtual table needs one for every column but one. */
  width?: string;
  /** Left out below 1024 px: only for what the row's own page says too. */
  wideOnly?: boolean;
  /** Stays in sight while the table scrolls sideways: how far from the left, as a CSS length. */
  pinnedAt?: string;
};

/** The next sort when a header is pressed: descending first for figures, ascending first for words, then the other. */
export function nextSort(
  current: Sort | null | undefined,
  column: { id: string; align?: 'start' | 'end' },
): Sort {
  const first: SortDirection = column.align === 'end' ? 'desc' : 'asc';
  if (current?.by !== column.id) return { by: column.id, direction: first };
  return { by: column.id, direction: current.direction === 'asc' ? 'desc' : 'asc' };
}
