'use client';

import { useCallback, useMemo, useSyncExternalStore } from 'react';

const listeners = new Set<() => void>();

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export type Draft = { readonly text: string; setText: (text: string) => void; forget: () => void };

/** What somebody is writing, kept by the tab until it is sent: a reload loses nothing, another tab sees nothing. */
export function useDraft(name: string): Draft {
  const key = `reprise.draft.${name}`;
  const text = useSyncExternalStore(
    subscribe,
    useCallback(() => read(key), [key]),
    () => '',
  );
  return useMemo(
    () => ({ text, setText: (next) => write(key, next), forget: () => write(key, '') }),
    [text, key],
  );
}

/** Where storage is forbidden a draft lives as long as the page. */
const withoutStorage = new Map<string, string>();

function read(key: string): string {
  try {
    return sessionStorage.getItem(key) ?? '';
  } catch {
    return withoutStorage.get(key) ?? '';
  }
}

function write(key: string, text: string): void {
  try {
    if (text === '') sessionStorage.removeItem(key);
    else sessionStorage.setItem(key, text);
  } catch {
    withoutStorage.set(key, text);
  }
  for (const each of listeners) each();
}
