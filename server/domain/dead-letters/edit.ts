import type { Selector } from '../contract/index.ts';
import { compileSelector, type HistoryRecord, withValue } from '../replay/index.ts';

/** Headers by which an edited letter names what it corrects, beside those of every redrive. */
const correctionHeaders = {
  original: 'redrive.originalEventId',
  by: 'redrive.correctedBy',
  reason: 'redrive.reason',
  ticket: 'redrive.ticket',
} as const;

/** Where an event's id stands: headers, and paths in the decoded value. */
export type IdPlaces = { readonly headers: readonly string[]; readonly paths: readonly string[] };

/**
 * Where a new id has to stand so that the contract and whoever parks it again know the event by it; null: an id of its
 * own can't be given to it, since it stands in the key, or is the whole value.
 */
export function idPlaces(selectors: readonly Selector[]): IdPlaces | null {
  const headers = new Set<string>();
  const paths = new Set<string>();
  for (const selector of selectors) {
    if (selector.from === 'header') headers.add(selector.name);
    else if (selector.from === 'value' && selector.path !== '') paths.add(selector.path);
    else return null;
  }
  return { headers: [...headers], paths: [...paths] };
}

/** A text that occurs more often than this is no id of one event. */
const MOST_OCCURRENCES = 50;

/**
 * A JSON text with another id at a path, and not one sign else changed: what a number or a space was it still is.
 * null: no text stands at that path, or it is written with escapes that it does not need.
 */
export function withIdAt(text: string, path: string, id: string): string | null {
  const read = compileSelector({ from: 'value', path });
  const at = (given: string) => read(noRecord, JSON.parse(given));
  const old = at(text);
  if (typeof old !== 'string') return null;
  const [written, instead] = [JSON.stringify(old), JSON.stringify(id)];
  let from = text.indexOf(written);
  for (let tries = 0; from >= 0 && tries < MOST_OCCURRENCES; tries += 1) {
    const changed = text.slice(0, from) + instead + text.slice(from + written.length);
    if (parses(changed) && at(changed) === id) return changed;
    from = text.indexOf(written, from + 1);
  }
  return null;
}

const noRecord: HistoryRecord = { offset: 0, timestampMs: 0, key: null, value: null, headers: null };

function parses(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

export type Correction = {
  readonly value: string;
  readonly eventId: string;
  readonly idHeaders: readonly string[];
  /** null: the letter has none. */
  readonly originalEventId: string | null;
  readonly correctedBy: string;
  readonly reason: string;
  readonly ticket: string;
};

/** Headers in their order, of one name as many as there are; one may have no value. */
export type WholeHeaders = readonly (readonly [string, Uint8Array | null])[];

/** The new event: key and headers of the letter, the edited value, an id of its own, and what it corrects. */
export function corrected(
  { record, headers }: { readonly record: HistoryRecord; readonly headers: WholeHeaders },
  edit: Correction,
): { readonly record: HistoryRecord; readonly headers: WholeHeaders } {
  const { original, by, reason, ticket } = correctionHeaders;
  const utf8 = new TextEncoder();
  const changes = new Map<string, string | undefined>([
    ...edit.idHeaders.map((name) => [name, edit.eventId] as const),
    [original, edit.originalEventId ?? undefined],
    [by, edit.correctedBy],
    [reason, edit.reason],
    [ticket, edit.ticket === '' ? undefined : edit.ticket],
  ]);
  return {
    record: withValue(record, utf8.encode(edit.value), {
      ...record.headers,
      ...Object.fromEntries(changes),
    }),
    headers: [
      ...headers.filter(([name]) => !changes.has(name)),
      ...[...changes].flatMap(([name, text]) =>
        text === undefined ? [] : [[name, utf8.encode(text)] as const],
      ),
    ],
  };
}
