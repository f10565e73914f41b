import type { Selector } from '../../domain/contract/index.ts';
import type { HistoryRecord } from '../../domain/replay/index.ts';

/**
 * What a selector finds in a record, as text; null where it finds nothing that is text, a number or a boolean.
 * `decoded` is called only for a selector into the value.
 */
export function selectText(selector: Selector, record: HistoryRecord, decoded: () => unknown): string | null {
  switch (selector.from) {
    case 'key':
      return record.key === null ? null : utf8(record.key);
    case 'header': {
      const value = record.headers?.[selector.name];
      if (value === undefined) return null;
      return typeof value === 'string' ? value : utf8(value);
    }
    case 'value':
      return scalarText(atPath(decoded(), selector.path));
    case 'constant':
      return String(selector.value);
    case 'column':
      return null;
  }
}

function atPath(value: unknown, path: string): unknown {
  if (path === '') return value;
  let at = value;
  for (const name of path.split('.')) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, name)) return undefined;
    at = Reflect.get(at, name);
  }
  return at;
}

function scalarText(value: unknown): string | null {
  if (typeof value === 'string') return value === '' ? null : value;
  return typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint'
    ? String(value)
    : null;
}

function utf8(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
}
