import type { EngineContract, Selector } from '../../domain/contract/index.ts';
import { isShownException, textOf } from '../../domain/dead-letters/index.ts';
import type { HistoryRecord } from '../../domain/replay/index.ts';
import { HIDDEN } from '../dashboard/masking.ts';
import type { LetterTopics } from '../ports/dead-letters.ts';
import type { LetterRecord } from './letter-view.ts';

const LONGEST_HEADER = 500;
const LONGEST_VALUE = 100_000;
/** Characters of a value that somebody edits. */
export const LONGEST_EDIT = 262_144;

/** Headers that say where a record is from and what it is, and nothing of what it holds. */
const told = [
  /^dlq\.(?:projector|origin\.\w+|parkedAt)$/,
  /^kafka_dlt-original-\w+$/,
  /^__connect\.errors\.(?:topic|partition|offset|stage)$/,
  /^redrive\./,
  /^traceparent$/,
];
/** Where a consumer names what it threw, and may write what it likes. */
const causes = /^(?:dlq\.cause|kafka_dlt-exception-fqcn|__connect\.errors\.exception\.class\.name)$/;

/**
 * A record as a page shows it. Values are hidden whatever derived states show: nobody has said of an event's own fields
 * that they may be seen. Names of fields stay, so that people see what it is.
 */
export function toLetterRecord(
  record: HistoryRecord,
  topics: LetterTopics,
  contract: EngineContract | null,
  isRevealed: boolean,
): LetterRecord {
  const value = topics.decode(record);
  const named = new Set(contract === null ? [] : envelopeHeaders(contract));
  const keyIsPublic = contract !== null && contract.ordering.key.from === 'key';
  return {
    bytes: record.value?.length ?? null,
    // Ordering keys stand on every page of a state; a key that is none may be anything.
    keyText:
      record.key === null
        ? null
        : keyIsPublic || isRevealed
          ? (textOf(record.key) ?? hex(record.key))
          : HIDDEN,
    headers: Object.entries(record.headers ?? {}).map(([name, header]) => {
      const text = headerText(header);
      const isName = causes.test(name) && isShownException(text);
      const isShown = isRevealed || isName || named.has(name) || told.some((each) => each.test(name));
      return { name, value: isShown ? text : HIDDEN, hidden: !isShown };
    }),
    value:
      value === undefined || value === null
        ? null
        : JSON.stringify(isRevealed ? value : hideMembers(value, 0), bigintsAsText, 2).slice(
            0,
            LONGEST_VALUE,
          ),
    valueHidden: !isRevealed,
    text: isRevealed ? editableText(record) : null,
  };
}

/** A value as somebody edits it; null: it is no text, there is none, or it is too long. */
export function editableText({ value }: Pick<HistoryRecord, 'value'>): string | null {
  const text = value === null || value.length > LONGEST_EDIT ? null : textOf(value);
  return text?.includes('\0') ? null : text;
}

const bigintsAsText = (_key: string, value: unknown) => (typeof value === 'bigint' ? String(value) : value);

function envelopeHeaders({ envelope, ordering }: EngineContract): readonly string[] {
  const selectors: readonly (Selector | null)[] = [
    envelope.id,
    envelope.type,
    envelope.version,
    envelope.occurredAt,
    ordering.sequence,
  ];
  return selectors.flatMap((each) => (each?.from === 'header' ? [each.name] : []));
}

/** Names of members, and of their values the kind. */
function hideMembers(value: unknown, depth: number): unknown {
  if (depth > 20) return HIDDEN;
  if (Array.isArray(value)) return value.slice(0, 1).map((each) => hideMembers(each, depth + 1));
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(
      Object.entries(value).map(([name, each]) => [name, hideMembers(each, depth + 1)]),
    );
  return value === null ? null : `${HIDDEN} (${typeof value})`;
}

function headerText(header: Uint8Array | string | undefined): string {
  const text = textOf(header);
  if (text !== null) return text.slice(0, LONGEST_HEADER);
  return typeof header === 'object' ? hex(header) : '';
}

const hex = (bytes: Uint8Array) =>
  `0x${Buffer.from(bytes.subarray(0, 64)).toString('hex')}${bytes.length > 64 ? '…' : ''}`;
