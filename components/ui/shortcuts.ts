'use client';

import { useEffect, useRef, useSyncExternalStore } from 'react';
import { chordMs, stepChord } from './chords.ts';
import { createRegistry } from './registry.ts';
import { dialogIsOpen, isTyping } from './row-keys.ts';

export type Shortcut = {
  /** `y`, `mod+k`, `g r`. */
  readonly keys: string;
  /** What it does, as the help lists it: `Copy a permalink`. */
  readonly label: string;
  /** The heading it stands under in the help: `Go to`, `This page`. */
  readonly group: string;
  readonly run: () => void;
};

const registry = createRegistry<Shortcut>();
const none: readonly Shortcut[] = [];

/** The shortcuts that work here, as long as the component is mounted. The newest of equal keys wins. */
export function useShortcut(keys: string, label: string, run: () => void, group = 'This page'): void {
  const latest = useRef(run);
  useEffect(() => {
    latest.current = run;
  });
  useEffect(() => registry.add({ keys, label, group, run: () => latest.current() }), [keys, label, group]);
}

/** Every shortcut that works now, for the help. */
export function useShortcutList(): readonly Shortcut[] {
  return useSyncExternalStore(registry.subscribe, registry.entries, () => none);
}

/** Listens for all shortcuts; mounted once. A key with a modifier works inside a field, a bare letter does not. */
export function useShortcutListener(): void {
  useEffect(() => {
    let prefix: string | null = null;
    let begunAt = 0;
    const onKeyDown = (event: KeyboardEvent) => {
      const mod = event.metaKey || event.ctrlKey;
      if (event.defaultPrevented || event.isComposing || (isTyping(event.target) && !mod) || dialogIsOpen())
        return;
      if (event.timeStamp - begunAt > chordMs) prefix = null;
      const known = registry.entries();
      const step = stepChord(
        known.map((each) => each.keys),
        prefix,
        { key: event.key, mod, alt: event.altKey, shift: event.shiftKey },
      );
      prefix = step.prefix;
      begunAt = event.timeStamp;
      if (step.matched === null) return;
      event.preventDefault();
      known.findLast((each) => each.keys === step.matched)?.run();
    };
    document.addEventListener('keydown', onKeyDown);
    return () => document.removeEventListener('keydown', onKeyDown);
  }, []);
}
