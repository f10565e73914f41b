import type { EngineContract, Selector } from '../contract/index.ts';

/** What an event-table row says, as bytes that two rows with the same event have in common. */
export type RowContent = (row: unknown) => Uint8Array;

/**
 * The content of an event table's rows: the columns that the contract reads the event from. Position, transaction id
 * and the time of writing differ from row to row by nature, and so may columns that the contract never reads.
 * Null for a history whose records carry their content as their value.
 */
export function rowContentOf({ history, envelope, ordering, erasure }: EngineContract): RowContent | null {
  if (history.kind !== 'postgres') return null;
  const { type, version, data, occurredAt } = envelope;
  const places = new Set([history.position, history.transactionId, history.occurredAt]);
  const columns = new Set<string>([history.key]);
  let whole = false;
  for (const selector of [type, version, data, occurredAt, ordering.key, erasure?.subject]) {
    const column = selector ? columnOf(selector) : null;
    if (column === '') whole = true;
    else if (column !== null) columns.add(column);
  }
  const encoder = new TextEncoder();
  return (row) => {
    const from: Record<string, unknown> = typeof row === 'object' && row !== null ? { ...row } : {};
    const names = (whole ? Object.keys(from) : [...columns]).filter((name) => !places.has(name));
    return encoder.encode(JSON.stringify(names.map((name) => [name, from[name]])));
  };
}

/** The column that a selector begins in; empty where it takes the whole row, null where it reads none. */
function columnOf(selector: Selector): string | null {
  switch (selector.from) {
    case 'column':
      return selector.name;
    case 'value':
      return selector.path.split('.')[0] ?? '';
    case 'key':
    case 'header':
    case 'constant':
      return null;
  }
}
