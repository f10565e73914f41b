'use client';

import { useEffect, useSyncExternalStore } from 'react';
import { createRegistry } from './registry.ts';

/** Something the command palette offers. */
export type Command = {
  readonly id: string;
  /** What it does or where it leads: `Replay inventory`, `sku-1042`. */
  readonly label: string;
  readonly group: string;
  /** Other words it is found by. */
  readonly keywords?: readonly string[];
  /** Its keys, shown at the right. */
  readonly keys?: string;
  readonly run: () => void;
};

const registry = createRegistry<readonly Command[]>();
const none: ReadonlyArray<readonly Command[]> = [];

/** Adds commands to the palette while the component is mounted. Memoise the list: a new one is a new registration. */
export function useCommands(commands: readonly Command[]): void {
  useEffect(() => registry.add(commands), [commands]);
}

/** Every command that is offered now. */
export function useCommandList(): readonly Command[] {
  const lists = useSyncExternalStore(registry.subscribe, registry.entries, () => none);
  return lists.flat();
}
