import type { EngineContract, EngineEvent } from '../contract/index.ts';
import type { StartSha256 } from '../shared/digests.ts';
import { RepriseError } from '../shared/errors.ts';
import { exactNumber } from '../shared/positions.ts';
import type { Counters, Finding, FindingKind, QuarantineReason } from './counters.ts';
import { noCounts } from './counters.ts';
import type { Subjects } from './erased-fields.ts';
import { EventReader, refuseImpure, sentenceOf } from './event-reader.ts';
import { FindingLog, type FoundRange } from './finding-log.ts';
import { digestStart, HistoryDigest } from './history-digest.ts';
import { type KeySlot, KeyStates, type StateRow } from './key-states.ts';
import { javaHashPartition, murmur2Partition } from './partitioners.ts';
import { isPromise, refusePromise } from './promises.ts';
import { type AbsenceCause, type HistoryRecord, type RecordBatch, SharedRecord } from './record.ts';
import { SeenTable } from './seen-table.ts';
import { SequenceMarks } from './sequence-marks.ts';

export type StoredState = {
  readonly key: string;
  readonly state: string;
  readonly lastOffset: bigint | number;
  readonly events: bigint | number;
};

export type PartitionFoldOptions = {
  readonly contract: EngineContract;
  readonly partition: number;
  /** Of the whole history: what the contract's partitioner divides by. */
  readonly partitionCount: number;
  readonly range: { readonly from: bigint | number; readonly to: bigint | number };
  readonly decode: (record: HistoryRecord) => unknown;
  /** Ordering keys in scope; null: all. Records of others are filtered. */
  readonly keys: ReadonlySet<string> | null;
  /** Offsets of the records that the plan waives: what is found about them is always kept in detail. */
  readonly waived?: ReadonlySet<number>;
  readonly subjects: Subjects | null;
  readonly startSha256: StartSha256;
  /** What the last checkpoint committed; null for a fold that starts. */
  readonly resume: {
    readonly cursor: bigint | number;
    readonly counters: Counters;
    readonly seen: Iterable<Uint8Array>;
    readonly shadow: Iterable<StoredState>;
    readonly blockDigests: Uint8Array;
    /** Counts of findings so far, so that a resumed fold keeps no more in detail than another. */
    readonly findingCounts?: ReadonlyMap<FindingKind, number>;
    /** The findings about ranges that have been kept, so that one that goes on is told as one. */
    readonly foundRanges?: readonly FoundRange[];
  } | null;
  /** States and ids of an earlier trusted replay that ends where this range begins. */
  readonly base?: { readonly seen: Iterable<Uint8Array>; readonly shadow: Iterable<StoredState> } | null;
};

/** What one checkpoint commits. */
export type FoldCheckpoint = {
  /** Everything before it is folded. */
  readonly cursor: bigint;
  /** Since the start of the range. */
  readonly counters: Counters;
  /** Rows of the keys touched since the last checkpoint. */
  readonly shadow: readonly StateRow[];
  /** Packed ids (and sequence marks) since the last checkpoint. */
  readonly seen: Uint8Array;
  /** All finished blocks of the history digest since the start of the range, 32 bytes each. */
  readonly blockDigests: Uint8Array;
  /**
   * Since the last checkpoint: exact counts, and of each kind the first 100 a partition in detail, and those about
   * waived records. A range that began
   * before is among them from its beginning, in the place of what an earlier checkpoint said of it.
   */
  readonly findings: readonly Finding[];
  readonly findingCounts: ReadonlyMap<FindingKind, number>;
  /** Whether the range is folded to its end. */
  readonly done: boolean;
};

/**
 * States are looked through whenever the history crosses a multiple of so many offsets, and at the range's end: at
 * places that do not depend on when checkpoints were due, so that the same history is always refused or never.
 */
const offsetsBetweenLooks = 65_536;

type MutableCounters = { -readonly [Name in keyof Counters]: Counters[Name] };

const absenceCounter = {
  control: 'absentControl',
  aborted: 'absentAborted',
  compacted: 'absentCompacted',
  missing: 'absentMissing',
} as const satisfies Record<AbsenceCause, keyof Counters>;

/**
 * The fold of one partition's range into shadow state. Deterministic: the same records give the same states,
 * counts and digests, however they are cut into batches and wherever the fold is interrupted.
 */
export class PartitionFold {
  /**
   * Where reading has to begin: `cursor`, or the start of the digest's unfinished block before it, whose records
   * are digested again and not folded again.
   */
  readonly readFrom: bigint;
  private readonly options: PartitionFoldOptions;
  private readonly contract: EngineContract;
  private readonly to: number;
  /** Everything before it was delivered or is accounted for; `cursor` is where folding goes on. */
  private at: number;
  private cursor: number;
  private nextLook: number;
  /** Positions of an event table have gaps by nature: a sequence is not rolled back. */
  private readonly dense: boolean;
  private readonly reader: EventReader;
  private readonly seen = new SeenTable();
  private readonly sequences: SequenceMarks | null;
  private readonly states: KeyStates;
  private readonly findings: FindingLog;
  private readonly digest: HistoryDigest;
  private readonly counters: MutableCounters;
  private readonly checksPlacement: boolean;
  /** Whether a key may be known by its bytes. */
  private readonly recalls: boolean;
  private readonly encoder = new TextEncoder();

  constructor(options: PartitionFoldOptions) {
    const { contract, resume, base } = options;
    this.options = options;
    this.contract = contract;
    const from = exactNumber(BigInt(options.range.from));
    this.to = exactNumber(BigInt(options.range.to));
    this.cursor = resume === null ? from : exactNumber(BigInt(resume.cursor));
    this.at = this.cursor >= this.to ? this.to : digestStart(from, this.cursor);
    this.readFrom = BigInt(this.at);
    this.nextLook = lookAfter(this.cursor);
    this.dense = contract.history.kind === 'kafka';
    this.counters = { ...(resume?.counters ?? noCounts) };
    this.findings = new FindingLog(
      options.partition,
      resume?.findingCounts,
      resume?.foundRanges,
      options.waived,
    );
    this.reader = new EventReader(options);
    this.recalls = this.reader.keyIsOfRecord && contract.projection.route === undefined;
    this.states = new KeyStates(contract, this.findings, this.recalls);
    this.sequences = contract.ordering.sequence === null ? null : new SequenceMarks();
    const { partitioner } = contract.ordering;
    this.checksPlacement =
      options.partitionCount > 1 && (partitioner === 'murmur2' || partitioner === 'java-hash');
    this.digest = new HistoryDigest(options.startSha256, resume?.blockDigests);
    if (base) this.restore(base.seen, base.shadow);
    if (resume !== null) this.restore(resume.seen, resume.shadow);
  }

  private restore(seen: Iterable<Uint8Array>, shadow: Iterable<StoredState>): void {
    for (const packed of seen) {
      this.seen.load(packed);
      this.sequences?.load(packed);
    }
    for (const row of shadow) {
      const slot = this.states.load(row);
      slot.misplaced = this.checksPlacement && this.partitionOf(slot.key, null) !== this.options.partition;
    }
  }

  /** Keys with a state. */
  get keyCount(): number {
    return this.states.size;
  }

  keys(): IterableIterator<string> {
    return this.states.keys();
  }

  /** The state of a key so far; undefined where no event has touched it. Not to be changed. */
  stateOf(key: string): unknown {
    return this.states.get(key)?.first;
  }

  /** Everything before it is folded. */
  get position(): bigint {
    return BigInt(this.cursor);
  }

  /** Live counts, for progress. */
  get counts(): Counters {
    return this.counters;
  }

  /** Whether a checkpoint can be taken: not while a state holds what is no JSON, which a later event may mend. */
  get writable(): boolean {
    return this.states.hiddenProblem() === null;
  }

  /** Bytes of the table of seen ids. */
  get seenBytes(): number {
    return this.seen.bytes;
  }

  /**
   * Takes in the next records. What lies before the place reached is passed over (a batch that is delivered
   * again), and what lies beyond the range too. Offsets of a topic that are neither delivered nor explained
   * count as missing history. Throws RepriseError projection-impure, and projection-failed where a state has become
   * what can't be written.
   */
  accept(batch: RecordBatch): void {
    const { records, absences } = batch;
    let absence = 0;
    for (let i = 0; i < records.length; i++) {
      const record = records[i];
      if (record === undefined || record.offset < this.at) continue;
      if (record.offset >= this.to) break;
      while (record.offset > this.at && absence < absences.length)
        absence = this.passAbsence(batch, absence, record.offset);
      if (record.offset > this.at) this.passGap(record.offset);
      this.digest.add(record);
      this.at = record.offset + 1;
      if (record.offset < this.cursor) continue;
      if (record.offset >= this.nextLook) this.lookThrough(record.offset);
      this.fold(record);
      this.cursor = this.at;
    }
    const end = Math.min(batch.next, this.to);
    while (this.at < end && absence < absences.length) absence = this.passAbsence(batch, absence, end);
    if (this.at < end) this.passGap(end);
  }

  private lookThrough(offset: number): void {
    this.nextLook = lookAfter(offset);
    this.refuseHidden();
  }

  private refuseHidden(): void {
    const problem = this.states.hiddenProblem();
    if (problem === null) return;
    const where = `partition ${this.options.partition}, offset ${problem.offset}`;
    throw new RepriseError('projection-failed', problem.sentence, { where });
  }

  /** Accounts for an absence up to `until`; answers the index of the absence to go on with. */
  private passAbsence(batch: RecordBatch, index: number, until: number): number {
    const absence = batch.absences[index];
    if (absence === undefined || absence.to <= this.at) return index + 1;
    if (absence.from >= until) return batch.absences.length;
    if (absence.from > this.at) this.passGap(absence.from);
    const to = Math.min(absence.to, until);
    this.countAbsent(absence.cause, this.at, to);
    return absence.to > to ? index : index + 1;
  }

  private passGap(to: number): void {
    if (this.dense) this.countAbsent('missing', this.at, to);
    this.at = to;
    this.cursor = Math.max(this.cursor, to);
  }

  private countAbsent(cause: AbsenceCause, from: number, to: number): void {
    const start = Math.max(from, this.cursor);
    this.at = to;
    if (start >= to) return;
    this.cursor = to;
    this.counters[absenceCounter[cause]] += to - start;
    if (cause === 'missing') {
      this.findings.addRange(
        'missing-history',
        start,
        to,
        'The history delivered nothing here, and nothing explains why.',
      );
    } else if (cause === 'compacted') {
      this.findings.addRange('compacted-history', start, to, 'Compaction has removed what stood here.');
    }
  }

  private fold(record: HistoryRecord): void {
    const { reader, counters } = this;
    const outcome = reader.read(record, this.knownKey(record));
    if (outcome === 'filtered') {
      counters.filtered += 1;
      return;
    }
    if (outcome === 'quarantined') {
      this.quarantine(record.offset, reader.reason, reader.detail);
      return;
    }
    const { event } = reader;
    const { content, contentFrom, contentTo } = reader;
    const seen = this.seen.add(event.id, reader.keyApart, content, record.offset, contentFrom, contentTo);
    if (seen !== 'new') {
      this.countDuplicate(record.offset, event, seen === 'conflict');
      return;
    }
    if (reader.erased) reader.erasedFields?.startCounting();
    const applied =
      this.contract.projection.route === undefined
        ? this.applyToOne(record, event)
        : this.applyToRouted(record, event);
    if (applied !== 'applied') {
      reader.erasedFields?.stopCounting();
      this.seen.forgetLast();
      if (applied === 'filtered') counters.filtered += 1;
      else this.quarantine(record.offset, 'projection-failed', this.states.problem);
      return;
    }
    counters.applied += 1;
    if (reader.erased) this.countErased(record.offset, event);
    if (this.sequences !== null) this.checkSequence(this.sequences, record.offset, event);
  }

  private knownKey(record: HistoryRecord): string | null {
    if (!this.recalls || !(record instanceof SharedRecord) || record.keyFrom < 0) return null;
    return this.states.recall(record.bytes, record.keyFrom, record.keyTo);
  }

  private applyToOne(record: HistoryRecord, event: EngineEvent): 'applied' | 'failed' {
    const { offset } = record;
    const slot = this.states.slotOf(event.key, event, offset);
    if (slot === undefined) return 'failed';
    const isNew = slot.events === 0;
    if (!this.states.compute(slot, event, offset)) return 'failed';
    this.commit(slot, this.states.computed, event, offset);
    if (this.checksPlacement) {
      if (isNew) this.checkPlacement(slot, record, event);
      if (slot.misplaced) this.counters.misplaced += 1;
    }
    return 'applied';
  }

  /** All touched keys take the event, or none does. */
  private applyToRouted(record: HistoryRecord, event: EngineEvent): 'applied' | 'filtered' | 'failed' {
    const keys = this.route(event, record.offset);
    if (keys === undefined) return 'failed';
    const computed: { slot: KeySlot; state: unknown; event: EngineEvent }[] = [];
    for (const key of keys) {
      if (this.options.keys !== null && !this.options.keys.has(key)) continue;
      const forKey = key === event.key ? event : { ...event, key };
      const slot = this.states.slotOf(key, forKey, record.offset);
      if (slot === undefined || !this.states.compute(slot, forKey, record.offset)) {
        for (const other of computed)
          this.states.restore(other.slot, { event: other.event, offset: record.offset, failed: false });
        return 'failed';
      }
      computed.push({ slot, state: this.states.computed, event: forKey });
    }
    if (computed.length === 0) return 'filtered';
    for (const { slot, state, event: forKey } of computed) {
      this.commit(slot, state, forKey, record.offset);
    }
    return 'applied';
  }

  /** Makes room for the event by letting the second fold catch up at times, which asks for erased fields again. */
  private commit(slot: KeySlot, state: unknown, event: EngineEvent, offset: number): void {
    this.reader.erasedFields?.stopCounting();
    this.states.commit(slot, state, event, offset);
  }

  private route(event: EngineEvent, offset: number): ReadonlySet<string> | undefined {
    try {
      const keys = this.contract.projection.route?.(event) ?? [];
      if (Array.isArray(keys) && keys.every((key) => typeof key === 'string' && key !== ''))
        return new Set(keys);
      this.states.problem = isPromise(keys)
        ? `The projection's route ${refusePromise(keys)}`
        : 'The projection routes it to something that is no list of keys.';
    } catch (error) {
      refuseImpure(error, 'The projection', event.type, offset);
      this.states.problem = `The projection could not route it: ${sentenceOf(error)}`;
    }
    return undefined;
  }

  private quarantine(offset: number, reason: QuarantineReason, detail: string): void {
    const { key, id, type } = this.reader;
    this.counters.quarantined += 1;
    this.findings.add(reason, offset, { key, eventId: id, eventType: type }, detail);
  }

  private countDuplicate(offset: number, event: EngineEvent, conflicting: boolean): void {
    const first = this.seen.firstOffset;
    const about = { key: event.key, eventId: event.id, eventType: event.type };
    this.counters.duplicates += 1;
    if (conflicting) {
      this.counters.conflictingDuplicates += 1;
      this.findings.add(
        'conflicting-duplicate',
        offset,
        about,
        `First delivered at offset ${first}, with other content.`,
      );
    } else {
      this.findings.add(
        'duplicate',
        offset,
        about,
        `First delivered at offset ${first}, with the same content.`,
      );
    }
  }

  private countErased(offset: number, event: EngineEvent): void {
    const { counters, reader, findings } = this;
    const about = { key: event.key, eventId: event.id, eventType: event.type };
    counters.erased += 1;
    findings.add(
      'erased-subject',
      offset,
      about,
      "Its subject's key is gone: fields of it can no longer be read.",
    );
    const reads = (reader.erasedFields?.reads ?? 0) + (reader.erasedUntraceable ? 1 : 0);
    if (reads === 0) return;
    counters.erasedReads += reads;
    findings.add(
      'erased-read',
      offset,
      about,
      'F asked for a value that can no longer be read, so the state may differ from what it was.',
    );
  }

  private checkSequence(sequences: SequenceMarks, offset: number, event: EngineEvent): void {
    const { sequence } = this.reader;
    const last = sequences.last(event.key);
    if (sequence !== null && (last === undefined || sequence > last)) {
      sequences.set(event.key, sequence);
      return;
    }
    this.counters.outOfOrder += 1;
    this.findings.add(
      'out-of-order',
      offset,
      { key: event.key, eventId: event.id, eventType: event.type },
      sequence === null
        ? 'It has no sequence number, so that its order can not be checked.'
        : `Its sequence number ${sequence} does not follow ${last}.`,
    );
  }

  private checkPlacement(slot: KeySlot, record: HistoryRecord, event: EngineEvent): void {
    const { partition, partitionCount } = this.options;
    const right = this.partitionOf(slot.key, record);
    slot.misplaced = right !== partition;
    if (!slot.misplaced) return;
    this.findings.add(
      'misplaced-key',
      record.offset,
      { key: slot.key, eventId: event.id, eventType: event.type },
      `By ${this.contract.ordering.partitioner} over ${partitionCount} partitions the key belongs in partition ${right}.`,
    );
  }

  /** Kafka's partitioner sees the key's bytes; where the ordering key is not the record's key, its UTF-8. */
  private partitionOf(key: string, record: HistoryRecord | null): number {
    const { ordering } = this.contract;
    const { partitionCount } = this.options;
    if (ordering.partitioner === 'java-hash') return javaHashPartition(key, partitionCount);
    const bytes = ordering.key.from === 'key' && record?.key ? record.key : this.encoder.encode(key);
    return murmur2Partition(bytes, partitionCount);
  }

  /**
   * What has to be committed now, where it is `writable`; RepriseError projection-failed where it is not. `final` says
   * that the range is delivered: throws RepriseError history-missing where it is not, since a fold that ends early
   * would pass for a whole one.
   */
  checkpoint(final: boolean): FoldCheckpoint {
    if (final && this.at < this.to) {
      throw new RepriseError(
        'history-missing',
        `Partition ${this.options.partition} was delivered up to offset ${this.at}, and the plan goes to ${this.to}.`,
        { where: `partition ${this.options.partition}` },
      );
    }
    // First, since both folds may have a part in common: what is looked at is what is written.
    this.states.foldAgain();
    this.refuseHidden();
    const shadow = this.states.takeDirty();
    const marks = this.sequences?.takeNew();
    const ids = this.seen.takeNew();
    const { findings, findingCounts } = this.findings.take();
    return {
      cursor: BigInt(this.cursor),
      counters: { ...this.counters },
      shadow,
      seen: marks === undefined || marks.length === 0 ? ids : joined(ids, marks),
      blockDigests: this.at >= this.to ? this.digest.blocksAtEnd() : this.digest.blocksUntil(this.at),
      findings,
      findingCounts,
      done: this.cursor >= this.to,
    };
  }
}

const lookAfter = (offset: number) => (Math.floor(offset / offsetsBetweenLooks) + 1) * offsetsBetweenLooks;

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}

export function createPartitionFold(options: PartitionFoldOptions): PartitionFold {
  return new PartitionFold(options);
}
