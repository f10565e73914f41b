'use client';

import { createContext, useContext, useSyncExternalStore } from 'react';

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

/**
 * Where a page's live updates are told. The context holds this and not the figures: a context that changes while a
 * page still streams makes React throw away what the server has rendered, and render it again.
 */
export type LiveStore = {
  readonly get: () => Live;
  readonly set: (live: Live) => void;
  readonly subscribe: (listener: () => void) => () => void;
};

export function createLiveStore(initial: Live): LiveStore {
  let live = initial;
  const listeners = new Set<() => void>();
  return {
    get: () => live,
    set: (next) => {
      live = next;
      for (const listener of listeners) listener();
    },
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

export const LiveContext = createContext<LiveStore | null>(null);

/** The page's live updates: whether they come, and the switch that holds them back. */
export function useLive(): Live {
  const store = useLiveStore();
  return useSyncExternalStore(store.subscribe, store.get, store.get);
}

/**
 * How often to ask again where what changes is told by nobody, as that a worker has died; never while updates are held
 * back. Unlike `useLive` it does not render the page again with each update.
 */
export function useAskEvery(ms: number): number | false {
  const store = useLiveStore();
  const paused = () => store.get().paused;
  return useSyncExternalStore(store.subscribe, paused, paused) ? false : ms;
}

function useLiveStore(): LiveStore {
  const store = useContext(LiveContext);
  if (store === null) throw new Error('the live feed of the dashboard layout is missing around this');
  return store;
}
