'use client';

import { createContext, useContext } from 'react';

/** `waiting` before the first connection, then what is true now. */
export type LiveStatus = 'waiting' | 'connected' | 'lost';

/** What a page may know of its live updates. */
export type Live = {
  readonly status: LiveStatus;
  /** When the last update arrived, in milliseconds; null before the first. */
  readonly lastEventAt: number | null;
  /** Updates that passed while the connection was lost; null when the feed's ids don't tell. */
  readonly missed: number | null;
  /** When the connection was lost, while it is; null otherwise. */
  readonly lostAt: number | null;
  /** When it came back last; null when it was never lost. */
  readonly regainedAt: number | null;
  /** Updates held back while paused. */
  readonly pending: number;
  readonly paused: boolean;
  readonly setPaused: (paused: boolean) => void;
};

export const LiveContext = createContext<Live | null>(null);

/** The page's live updates: whether they come, and the switch that holds them back. */
export function useLive(): Live {
  const live = useContext(LiveContext);
  if (live === null) throw new Error('useLive needs the live feed of the dashboard layout around it');
  return live;
}
