import type { z } from 'zod';
import type { EngineContract, EngineEvent, EventVersion } from '../contract/index.ts';
import { RepriseError } from '../shared/errors.ts';
import type { QuarantineReason } from './counters.ts';
import { ErasedFields, type Subjects } from './erased-fields.ts';
import { isPromise, refusePromise } from './promises.ts';
import { type HistoryRecord, isTombstone, SharedRecord } from './record.ts';
import { type RowContent, rowContentOf } from './row-content.ts';
import { asNumber, asText, compileSelector, needsNoValue, type ReadValue } from './selectors.ts';

export type EventReaderOptions = {
  readonly contract: EngineContract;
  /** Turns a record's value into a value; throws where it can't. */
  readonly decode: (record: HistoryRecord) => unknown;
  /** Ordering keys in scope; null: all. Not used where the projection routes, since then a key is known only later. */
  readonly keys: ReadonlySet<string> | null;
  readonly subjects: Subjects | null;
  /** Where the records come from: part of the id of a tombstone that has none of its own. Left out: 0. */
  readonly partition?: number;
};

export type ReadOutcome = 'event' | 'filtered' | 'quarantined';

/** For each version, what brings its data up to the latest: its own schema, then every later one. */
type TypeReader = {
  readonly name: string;
  readonly versions: readonly number[];
  readonly chains: readonly (readonly EventVersion[])[];
};

const noEvent: EngineEvent = { id: '', type: '', key: '', occurredAt: null, data: null };

/**
 * Reads records as events: envelope, decoding, type, version, schema, upcasters. One instance serves one fold; the
 * fields describe the record that `read` was last called with, so that nothing is allocated for a record but its event.
 */
export class EventReader {
  /** Set where the outcome is 'event'. */
  event: EngineEvent = noEvent;
  /** What is known of a record, whatever its outcome. */
  id: string | null = null;
  type: string | null = null;
  key: string | null = null;
  version: number | null = null;
  /** The data as it stands, validated by its own version's schema, before any upcaster. */
  ownData: unknown = null;
  /**
   * What two deliveries of an event have in common: a record's value, or what a row says beside its place. It is
   * `[contentFrom, contentTo)` of these bytes.
   */
  content: Uint8Array | null = null;
  contentFrom = 0;
  contentTo = 0;
  /** The key's sequence number; null where the contract names none or the record has none. */
  sequence: number | null = null;
  /** Set where the outcome is 'quarantined'. */
  reason: QuarantineReason = 'undecodable';
  detail = '';
  /** Whether fields of the event can no longer be read, and whether an upcaster has used them. */
  erased = false;
  erasedUntraceable = false;
  readonly erasedFields: ErasedFields | null;

  private readonly contract: EngineContract;
  private readonly decode: (record: HistoryRecord) => unknown;
  private readonly keys: ReadonlySet<string> | null;
  private readonly types: TypeReader[] = [];
  private readonly ignored: ReadonlySet<string>;
  private readonly tombstoneType: string | null;
  private readonly rowContent: RowContent | null;
  private readonly readId: ReadValue;
  private readonly readType: ReadValue;
  private readonly readVersion: ReadValue;
  private readonly readData: ReadValue;
  private readonly readOccurredAt: ReadValue | null;
  private readonly readKey: ReadValue;
  private readonly readSequence: ReadValue | null;
  private readonly partition: number;
  private readonly keyIsEarly: boolean;
  private readonly keyIsApart: boolean;
  private readonly idIsEarly: boolean;

  constructor(options: EventReaderOptions) {
    const { contract } = options;
    const { envelope, ordering, history } = contract;
    this.contract = contract;
    this.decode = options.decode;
    this.partition = options.partition ?? 0;
    this.keys = contract.projection.route === undefined ? options.keys : null;
    this.ignored = new Set(contract.ignored);
    this.tombstoneType =
      history.kind === 'kafka' && history.tombstones !== 'filter' ? history.tombstones.asEvent : null;
    this.rowContent = rowContentOf(contract);
    this.readId = compileSelector(envelope.id);
    this.readType = compileSelector(envelope.type, true);
    this.readVersion = compileSelector(envelope.version, true);
    this.readData = compileSelector(envelope.data);
    this.readOccurredAt = envelope.occurredAt === null ? null : compileSelector(envelope.occurredAt);
    this.readKey = compileSelector(ordering.key);
    this.readSequence = ordering.sequence === null ? null : compileSelector(ordering.sequence);
    this.keyIsEarly = needsNoValue(ordering.key);
    this.keyIsApart = ordering.key.from === 'key' || ordering.key.from === 'header';
    this.idIsEarly = needsNoValue(envelope.id);
    for (const [name, { versions }] of Object.entries(contract.events)) {
      this.types.push({
        name,
        versions: versions.map((each) => each.version),
        chains: versions.map((_, at) => versions.slice(at)),
      });
    }
    const { erasure } = contract;
    if (erasure !== null && options.subjects === null) {
      throw new RepriseError('contract-invalid', `Contract ${contract.id} needs the keys of its subjects.`, {
        where: 'erasure',
      });
    }
    this.erasedFields =
      erasure !== null && options.subjects !== null ? new ErasedFields(erasure, options.subjects) : null;
  }

  /** Whether the ordering key is the record's own. */
  get keyIsOfRecord(): boolean {
    return this.contract.ordering.key.from === 'key';
  }

  /** The ordering key where it stands beside the value; null where the value's bytes tell it, or it is always the same. */
  get keyApart(): string | null {
    return this.keyIsApart ? this.key : null;
  }

  /**
   * `key` is the record's ordering key where the caller knows it already, and `keyIsOfRecord` holds. Throws only for
   * what ends the replay: RepriseError projection-impure.
   */
  read(record: HistoryRecord, key: string | null = null): ReadOutcome {
    this.id = null;
    this.type = null;
    this.version = null;
    this.ownData = null;
    this.sequence = null;
    this.erased = false;
    this.erasedUntraceable = false;
    this.key = key ?? (this.keyIsEarly ? (asText(this.readKey(record, undefined)) ?? null) : null);
    if (this.keys !== null && this.key !== null && !this.keys.has(this.key))
      return this.filter('another key');
    if (isTombstone(record)) return this.readTombstone(record);

    let value: unknown;
    try {
      value = this.decode(record);
    } catch (error) {
      return this.quarantine('undecodable', decodingProblem(error, record.value?.length ?? 0));
    }
    const type = asText(this.readType(record, value));
    if (type === undefined) return this.quarantine('unknown-type', 'It names no event type.');
    this.type = type;
    const id = asText(this.readId(record, value));
    this.id = id ?? null;
    const reader = this.typeReader(type);
    if (reader === undefined) {
      if (this.ignored.has(type)) return this.filter('an ignored type');
      return this.quarantine('unknown-type', `The contract knows no event type ${quote(type)}.`);
    }
    // The contract's own text for the type: one string for all events, and the one that F compares with.
    this.type = reader.name;
    const problem = this.readPlace(record, value);
    if (problem !== null) return problem;

    const version = asNumber(this.readVersion(record, value));
    this.version = version ?? null;
    const chain = version === undefined ? undefined : reader.chains[reader.versions.indexOf(version)];
    if (chain === undefined) return this.unknownVersion(reader, version);
    if (id === undefined) return this.quarantine('no-idempotency-key', 'It has no idempotency key.');
    return this.readEvent(record, value, this.readData(record, value), chain);
  }

  /** Types are few, and comparing a few names costs less than hashing one: JSON.parse makes each text anew. */
  private typeReader(name: string): TypeReader | undefined {
    for (const reader of this.types) if (reader.name === name) return reader;
    return undefined;
  }

  /** Ordering key and sequence; an outcome where the record goes no further. */
  private readPlace(record: HistoryRecord, value: unknown): ReadOutcome | null {
    if (!this.keyIsEarly) {
      this.key = asText(this.readKey(record, value)) ?? null;
      if (this.keys !== null && this.key !== null && !this.keys.has(this.key)) {
        return this.filter('another key');
      }
    }
    if (this.key === null)
      return this.quarantine('no-key', 'It has no ordering key, or one that is not UTF-8.');
    if (this.readSequence !== null) this.sequence = asNumber(this.readSequence(record, value)) ?? null;
    return null;
  }

  /**
   * A tombstone carries no value, so its id can only come from key or header. Where the contract reads ids from
   * the value, the place in the history is its id: then a redelivered tombstone can't be told from a second one.
   */
  private readTombstone(record: HistoryRecord): ReadOutcome {
    if (this.contract.history.kind !== 'kafka') {
      return this.quarantine('undecodable', 'The row has no value.');
    }
    if (this.tombstoneType === null) return this.filter('a tombstone');
    this.type = this.tombstoneType;
    const problem = this.readPlace(record, undefined);
    if (problem !== null) return problem;
    const id = this.idIsEarly
      ? asText(this.readId(record, undefined))
      : `tombstone:${this.partition}:${record.offset}`;
    if (id === undefined)
      return this.quarantine('no-idempotency-key', 'The tombstone has no idempotency key.');
    this.id = id;
    const reader = this.typeReader(this.tombstoneType);
    const chain = reader?.chains.at(-1);
    if (reader === undefined || chain === undefined) {
      return this.quarantine(
        'unknown-type',
        `The contract knows no event type ${quote(this.tombstoneType)}.`,
      );
    }
    this.version = reader.versions.at(-1) ?? null;
    return this.readEvent(record, undefined, null, chain);
  }

  private readEvent(
    record: HistoryRecord,
    value: unknown,
    raw: unknown,
    chain: readonly EventVersion[],
  ): ReadOutcome {
    const { erasedFields } = this;
    // Before anything is decrypted in place: whose key is known has no part in what was delivered.
    this.takeContent(record, value);
    if (erasedFields !== null) {
      const problem = erasedFields.open(record, value, raw);
      if (problem !== null) return this.quarantine('undecodable', `Its data can't be read: ${problem}.`);
    }
    let data = raw;
    for (let step = 0; step < chain.length; step++) {
      const version = chain[step];
      if (version === undefined) break;
      const problem = this.validate(version, data, record);
      if (problem !== null) {
        return step === 0
          ? this.quarantine('invalid-data', `Its data does not fit version ${version.version}: ${problem}.`)
          : this.quarantine(
              'upcast-failed',
              `What the upcaster made of it is no version ${version.version}: ${problem}.`,
            );
      }
      data = this.parsed;
      if (step === 0) this.ownData = data;
      if (version.upcast === null || step === chain.length - 1) continue;
      try {
        data = version.upcast(data as never);
      } catch (error) {
        refuseImpure(error, 'An upcaster', this.type, record.offset);
        return this.quarantine(
          'upcast-failed',
          `The upcaster from version ${version.version} failed: ${sentenceOf(error)}`,
        );
      }
      if (isPromise(data)) {
        return this.quarantine(
          'upcast-failed',
          `The upcaster from version ${version.version} ${refusePromise(data)}`,
        );
      }
    }
    if (erasedFields?.found === true) {
      this.erased = true;
      this.erasedUntraceable = erasedFields.guard(data, chain.length > 1);
    }
    this.event = {
      id: this.id ?? '',
      type: this.type ?? '',
      key: this.key ?? '',
      occurredAt: this.readOccurredAt === null ? null : asInstant(this.readOccurredAt(record, value)),
      data,
    };
    return 'event';
  }

  private takeContent(record: HistoryRecord, value: unknown): void {
    if (this.rowContent === null && record instanceof SharedRecord) {
      this.content = record.valueFrom < 0 ? null : record.bytes;
      this.contentFrom = Math.max(record.valueFrom, 0);
      this.contentTo = Math.max(record.valueTo, 0);
      return;
    }
    this.content = this.rowContent === null ? record.value : this.rowContent(value);
    this.contentFrom = 0;
    this.contentTo = this.content?.length ?? 0;
  }

  private parsed: unknown = null;

  private validate({ schema, version }: EventVersion, data: unknown, record: HistoryRecord): string | null {
    try {
      const result = schema.safeParse(data);
      if (!result.success) return issueSentence(result.error);
      this.parsed = result.data;
      return null;
    } catch (error) {
      refuseImpure(error, 'A schema', this.type, record.offset);
      // zod's $ZodAsyncError, which has no name of its own.
      if (/^Encountered Promise/.test(sentenceOf(error)))
        return `the schema of version ${version} refines or transforms by a promise, and has to answer at once`;
      return sentenceOf(error);
    }
  }

  private unknownVersion(reader: TypeReader, version: number | undefined): ReadOutcome {
    const known = reader.versions.join(', ');
    return this.quarantine(
      'unknown-version',
      version === undefined
        ? `It names no version; the contract knows ${known} of ${reader.name}.`
        : `The contract knows no version ${version} of ${reader.name}, only ${known}.`,
    );
  }

  private filter(detail: string): ReadOutcome {
    this.detail = detail;
    return 'filtered';
  }

  private quarantine(reason: QuarantineReason, detail: string): ReadOutcome {
    this.reason = reason;
    this.detail = detail;
    return 'quarantined';
  }
}

/**
 * Milliseconds since the epoch become ISO 8601. Text stays as it is written: digits may be a date (20261128031500123),
 * and of those of a number that no double holds nobody can tell any more that it was one.
 */
function asInstant(value: unknown): string | null {
  if (typeof value === 'string') return value;
  // NaN, which Avro knows, is no date either.
  if (typeof value !== 'number' || !(Math.abs(value) <= 8.64e15)) return null;
  return new Date(value).toISOString();
}

const quote = (text: string) => JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);

/** JSON.parse quotes the payload in its message, which has no place in a finding. */
function decodingProblem(error: unknown, bytes: number): string {
  if (hasName(error, 'SyntaxError')) return `Its value of ${bytes} bytes is not valid JSON.`;
  return `Its value of ${bytes} bytes can't be decoded: ${sentenceOf(error)}`;
}

function issueSentence(error: z.ZodError): string {
  const [first] = error.issues;
  if (first === undefined) return 'it was refused without a reason';
  const more = error.issues.length > 1 ? `, and ${error.issues.length - 1} more` : '';
  const path = first.path.map(String).join('.');
  return `${path === '' ? '' : `${path}: `}${first.message}${more}`;
}

/** An error by its name, since a contract's errors come from another realm and are no instances of ours. */
function hasName(error: unknown, name: string): boolean {
  return typeof error === 'object' && error !== null && 'name' in error && error.name === name;
}

/** What an error says, in at most 200 characters. */
export function sentenceOf(error: unknown): string {
  const message =
    typeof error === 'object' && error !== null && 'message' in error ? String(error.message) : String(error);
  const text = message.trim() === '' ? 'it gave no reason' : message.trim();
  const short = text.length > 200 ? `${text.slice(0, 200)}…` : text;
  return /[.!?…]$/.test(short) ? short : `${short}.`;
}

/** Ends the replay where contract code reached for what it must not: the result would prove nothing. */
export function refuseImpure(error: unknown, who: string, type: string | null, offset: number): void {
  if (!hasName(error, 'ImpureCall')) return;
  throw new RepriseError(
    'projection-impure',
    `${who} is not pure: while reading ${type ?? 'a record'} at offset ${offset} it called ${sentenceOf(error)}`,
    { where: `offset ${offset}`, cause: error },
  );
}
