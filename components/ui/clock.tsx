'use client';

import { createContext, type ReactNode, useCallback, useContext, useMemo, useSyncExternalStore } from 'react';
import type { TimeZone } from './format-time.ts';

/** One ticking clock for every relative time on the page: a timer per label would wake the page hundreds of times. */
const tickMs = 1_000;
const listeners = new Set<() => void>();
let nowMs = 0;
let timer: ReturnType<typeof setInterval> | null = null;

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  if (timer === null) {
    nowMs = Date.now();
    timer = setInterval(() => {
      nowMs = Date.now();
      for (const each of listeners) each();
    }, tickMs);
  }
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0 && timer !== null) {
      clearInterval(timer);
      timer = null;
    }
  };
}

const zoneKey = 'reprise.time-zone';
const zoneListeners = new Set<() => void>();

function subscribeZone(listener: () => void): () => void {
  zoneListeners.add(listener);
  window.addEventListener('storage', listener);
  return () => {
    zoneListeners.delete(listener);
    window.removeEventListener('storage', listener);
  };
}

function storedZone(): TimeZone {
  try {
    return localStorage.getItem(zoneKey) === 'local' ? 'local' : 'utc';
  } catch {
    return 'utc'; // Storage can be forbidden; UTC needs none.
  }
}

const RenderedAt = createContext<number | null>(null);

/** Gives the first render the server's own time, so that server and browser print the same words. */
export function ClockProvider({ renderedAt, children }: { renderedAt: number; children: ReactNode }) {
  return <RenderedAt value={renderedAt}>{children}</RenderedAt>;
}

/** The present in milliseconds, advancing once a `stepMs` (a label that says minutes need not render every second). */
export function useNow(stepMs: number = tickMs): number {
  const renderedAt = useContext(RenderedAt) ?? 0;
  const snapshot = useCallback(() => {
    if (nowMs === 0) nowMs = Date.now();
    return Math.floor(nowMs / stepMs) * stepMs;
  }, [stepMs]);
  return useSyncExternalStore(subscribe, snapshot, () => renderedAt);
}

/** Which of the two zones times are shown in, and the switch for it. The server renders UTC. */
export function useTimeZone(): { zone: TimeZone; setZone: (zone: TimeZone) => void } {
  const zone = useSyncExternalStore<TimeZone>(subscribeZone, storedZone, () => 'utc');
  return useMemo(() => ({ zone, setZone: storeZone }), [zone]);
}

function storeZone(zone: TimeZone): void {
  try {
    localStorage.setItem(zoneKey, zone);
  } catch {
    return; // Without storage the choice cannot be kept, and the label keeps saying which zone it shows.
  }
  for (const each of zoneListeners) each();
}
