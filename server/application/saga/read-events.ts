import { EventReader, type EventReaderOptions, type HistoryRecord } from '../../domain/replay/index.ts';
import { rolesOf, type SagaEvent } from '../../domain/saga/index.ts';

export type FoundEvent = SagaEvent & { readonly offset: number };

/** Longer ones can't be kept in an index, and no key of a business is so long. */
const LONGEST = 1_000;

/** The year 10,000: a producer that counts in microseconds means another time. */
const END_OF_TIME_MS = 253_402_300_800_000;

/** Reads records of one partition as events of the contract's saga. */
export class SagaEventReader {
  /** Records that may have been events of a saga and could not be read so far that one would know. */
  unread = 0;
  private readonly events: EventReader;
  private readonly saga: NonNullable<EventReaderOptions['contract']['saga']>;
  private readonly nowMs: number;

  /** `nowMs` stands for the time of records that have none, or one that is no time. */
  constructor(options: EventReaderOptions, saga: SagaEventReader['saga'], nowMs: number) {
    this.nowMs = nowMs;
    this.events = new EventReader(options);
    this.saga = saga;
  }

  /** null: no event of the saga, or one that can't be told. */
  read(record: HistoryRecord): FoundEvent | null {
    const outcome = this.events.read(record);
    const { id, type, key } = this.events;
    // What is filtered is read no further than its type; a saga may name a type that its projection has no use for.
    if (type !== null && rolesOf(this.saga, type) === null) return null;
    if (isKeepable(id) && isKeepable(key) && type !== null) {
      const { offset, timestampMs } = record;
      const atMs = timestampMs > 0 && timestampMs < END_OF_TIME_MS ? timestampMs : this.nowMs;
      return { id, type, key, offset, atMs, isReadable: outcome !== 'quarantined' };
    }
    if (outcome !== 'filtered' || type !== null) this.unread += 1;
    return null;
  }
}

/** Whether the database can hold it. */
const isKeepable = (text: string | null): text is string =>
  text !== null && text.length <= LONGEST && text.isWellFormed() && !text.includes('\u0000');
