import type { Selector } from '../contract/index.ts';
import type { HistoryRecord } from './record.ts';
import { RepeatedTexts, readUtf8 } from './utf8.ts';

/** Reads one value of a record; undefined where the record has none. `value` is the decoded value. */
export type ReadValue = (record: HistoryRecord, value: unknown) => unknown;

/**
 * Turns a selector into a function, once a fold. `repeats` says that there are few different texts, as of types
 * and versions: then most need no decoding.
 */
export function compileSelector(selector: Selector, repeats = false): ReadValue {
  const texts = repeats ? new RepeatedTexts() : null;
  const readText = texts === null ? readUtf8 : (bytes: Uint8Array) => texts.read(bytes);
  switch (selector.from) {
    case 'key':
      return (record) => (record.key === null ? undefined : readText(record.key));
    case 'header': {
      const { name } = selector;
      return (record) => {
        const found = record.headers?.[name];
        return typeof found === 'object' ? readText(found) : found;
      };
    }
    case 'value':
      return compilePath(selector.path);
    case 'column':
      return compileStep(selector.name);
    case 'constant': {
      const { value } = selector;
      return () => value;
    }
  }
}

/** Whether a selector can be read before the value is decoded. */
export function needsNoValue(selector: Selector): boolean {
  return selector.from !== 'value' && selector.from !== 'column';
}

function compilePath(path: string): ReadValue {
  if (path === '') return (_record, value) => value;
  const steps = path.split('.');
  const [only] = steps;
  if (only !== undefined && steps.length === 1) return compileStep(only);
  return (_record, value) => {
    let at = value;
    for (const step of steps) at = memberOf(at, step);
    return at;
  };
}

/** Asking for an own property costs as much as reading one, so only names that objects inherit are asked for. */
function compileStep(name: string): ReadValue {
  if (name in Object.prototype) return (_record, value) => memberOf(value, name);
  return (_record, value) =>
    typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}

/** An own property, so that `constructor` or `__proto__` in a selector reads nothing that is not in the record. */
export function memberOf(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
  return (value as Record<string, unknown>)[name];
}

/** A value as text: a string, or a number or boolean written out. Anything else, and empty text, is none. */
export function asText(value: unknown): string | undefined {
  if (typeof value === 'string') return value === '' ? undefined : value;
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean')
    return String(value);
  return undefined;
}

/** A value as a number: a number, or decimal text. */
export function asNumber(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined;
  if (typeof value === 'bigint') return Number(value);
  if (typeof value === 'string' && /^-?[0-9]+(\.[0-9]+)?$/.test(value)) return Number(value);
  return undefined;
}
