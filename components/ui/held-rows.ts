'use client';

import { useCallback, useState } from 'react';

/** Where a row stands in a list of the newest first. `at` is ISO 8601 in one format, so that text order is time order. */
export type Place = { readonly at: string; readonly id: string };

/** Rows that came after the list was looked at are counted and held back, so that nothing jumps under a pointer. */
export function splitNewRows<Row>(
  rows: readonly Row[],
  anchor: Place | null,
  placeOf: (row: Row) => Place,
): { readonly shown: readonly Row[]; readonly fresh: number } {
  // A list that was empty has nothing that could jump.
  if (anchor === null) return { shown: rows, fresh: 0 };
  const shown = rows.filter((row) => !isNewer(placeOf(row), anchor));
  return { shown, fresh: rows.length - shown.length };
}

function isNewer(place: Place, anchor: Place): boolean {
  return place.at === anchor.at ? place.id > anchor.id : place.at > anchor.at;
}

type Held = { readonly list: string; readonly anchor: Place | null; readonly settled: boolean };

export type HeldRows<Row> = {
  readonly shown: readonly Row[];
  /** How many are held back. */
  readonly fresh: number;
  readonly show: () => void;
};

/**
 * The rows of a live list as they were when it was opened, and how many have come since. `list` names what is
 * listed: with other filters it is another list. While the first answer is being read anew nothing is held back.
 */
export function useHeldRows<Row>(
  rows: readonly Row[],
  { list, fetching, placeOf }: { list: string; fetching: boolean; placeOf: (row: Row) => Place },
): HeldRows<Row> {
  const newest = (): Place | null => {
    const [row] = rows;
    return row === undefined ? null : placeOf(row);
  };
  const [held, setHeld] = useState<Held>(() => ({ list, anchor: newest(), settled: !fetching }));
  const another = held.list !== list;
  const settles = !held.settled && !fetching;
  const fills = held.settled && held.anchor === null && rows.length > 0;
  if (another || settles || fills) setHeld({ list, anchor: newest(), settled: !fetching });
  const anchor = another || settles || fills || !held.settled ? newest() : held.anchor;
  const [top] = rows;
  const show = useCallback(() => {
    if (top !== undefined) setHeld({ list, anchor: placeOf(top), settled: true });
  }, [list, top, placeOf]);
  return { ...splitNewRows(rows, anchor, placeOf), show };
}
