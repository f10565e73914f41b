/** A list that mounted components add to and take from, for whoever shows all of it. */
export type Registry<Entry> = {
  /** Adds an entry; the function given back takes it out again. */
  add: (entry: Entry) => () => void;
  subscribe: (listener: () => void) => () => void;
  /** All entries, oldest first; the same array until something changes, as React's external stores need it. */
  entries: () => readonly Entry[];
};

export function createRegistry<Entry>(): Registry<Entry> {
  let entries: readonly Entry[] = [];
  const listeners = new Set<() => void>();
  const change = (next: readonly Entry[]) => {
    entries = next;
    for (const listener of listeners) listener();
  };
  return {
    add: (entry) => {
      change([...entries, entry]);
      return () => change(entries.filter((each) => each !== entry));
    },
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    entries: () => entries,
  };
}
