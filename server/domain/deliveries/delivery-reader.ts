import type { EngineContract } from '../contract/index.ts';
import {
  asText,
  compileSelector,
  type HistoryRecord,
  hashContent,
  hashText,
  isTombstone,
  mixText,
  needsNoValue,
  newRegister,
  type ReadValue,
  type RowContent,
  rowContentOf,
  SharedRecord,
} from '../replay/index.ts';

/** A record as the audit of deliveries keeps it: fingerprints of its id and of its content, and where it stands. */
export type Delivery = {
  /** 128 bits of the id as 32 hexadecimal digits; two ids that collide show as a conflicting duplicate. */
  readonly id: string;
  /** 64 bits of the content, see docs/decisions/0005. */
  readonly content: bigint;
  readonly eventId: string;
  readonly partition: number;
  readonly offset: number;
  readonly atMs: number;
};

/** What one record is to the audit. One that can't be decoded is a delivery all the same where its id is known. */
export type DeliveryRead = {
  readonly delivery: Delivery | null;
  /** Why it can't be decoded; null: it can. The value itself is in no sentence. */
  readonly undecodable: string | null;
  /** It is no event: a tombstone that the contract filters. */
  readonly filtered: boolean;
};

/**
 * Reads the id and the content of records, whatever their type: also a type that the contract ignores was sent and
 * has arrived. One instance serves one audit.
 */
export class DeliveryReader {
  private readonly decode: (record: HistoryRecord) => unknown;
  private readonly readId: ReadValue;
  private readonly readKey: ReadValue;
  private readonly idIsEarly: boolean;
  private readonly keyIsApart: boolean;
  private readonly filtersTombstones: boolean;
  private readonly rowContent: RowContent | null;
  private readonly idHash = newRegister();
  private readonly contentHash = newRegister();

  constructor(contract: EngineContract, decode: (record: HistoryRecord) => unknown) {
    const { envelope, ordering, history } = contract;
    this.decode = decode;
    this.readId = compileSelector(envelope.id);
    this.readKey = compileSelector(ordering.key);
    this.idIsEarly = needsNoValue(envelope.id);
    this.keyIsApart = ordering.key.from === 'key' || ordering.key.from === 'header';
    this.filtersTombstones = history.kind === 'kafka' && history.tombstones === 'filter';
    this.rowContent = rowContentOf(contract);
  }

  read(record: HistoryRecord, partition: number): DeliveryRead {
    if (isTombstone(record)) {
      // Without an id of its own a tombstone can't be told from another: its place is its id, as in a fold.
      if (this.filtersTombstones) return { delivery: null, undecodable: null, filtered: true };
      const id = this.idIsEarly
        ? asText(this.readId(record, undefined))
        : `tombstone:${partition}:${record.offset}`;
      return this.outcome(record, partition, id, undefined, null);
    }
    let value: unknown;
    let undecodable: string | null = null;
    try {
      value = this.decode(record);
    } catch {
      undecodable = `Its value of ${record.value?.length ?? 0} bytes can't be decoded.`;
    }
    const readable = undecodable === null || this.idIsEarly;
    const id = readable ? asText(this.readId(record, value)) : undefined;
    return this.outcome(record, partition, id, value, undecodable);
  }

  private outcome(
    record: HistoryRecord,
    partition: number,
    eventId: string | undefined,
    value: unknown,
    undecodable: string | null,
  ): DeliveryRead {
    if (eventId === undefined) return { delivery: null, undecodable, filtered: false };
    hashText(eventId, this.idHash);
    if (this.rowContent !== null) hashContent(this.rowContent(value), this.contentHash);
    else if (record instanceof SharedRecord && !isTombstone(record))
      hashContent(record.bytes, this.contentHash, record.valueFrom, record.valueTo);
    else hashContent(record.value, this.contentHash);
    const key = this.keyIsApart ? asText(this.readKey(record, value)) : undefined;
    if (key !== undefined) mixText(key, this.contentHash);
    const { offset, timestampMs } = record;
    return {
      delivery: {
        id: hexOf(this.idHash),
        content: BigInt.asIntN(
          64,
          (BigInt(this.contentHash[0] ?? 0) << 32n) | BigInt(this.contentHash[1] ?? 0),
        ),
        eventId: shownId(eventId),
        partition,
        offset,
        atMs: timestampMs,
      },
      undecodable,
      filtered: false,
    };
  }
}

/** As an id is shown and kept: no longer than an index takes, and nothing that a database can't hold. Ids are told apart by their fingerprints. */
const shownId = (eventId: string) =>
  eventId.replaceAll('\u0000', '\\0').toWellFormed().slice(0, 500).toWellFormed();

/** The fingerprint that ids are held against each other by: of a sent row's id it is the same as of a record's. */
export function idFingerprint(eventId: string): string {
  const register = newRegister();
  hashText(eventId, register);
  return hexOf(register);
}

/** Two digits for each byte: to put them together costs a third of asking each word for its digits. */
const hexOfByte = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

const hexOf = (words: Uint32Array) => {
  let text = '';
  for (const word of words)
    for (let shift = 24; shift >= 0; shift -= 8) text += hexOfByte[(word >>> shift) & 0xff];
  return text;
};
