import { setTimeout as wait } from 'node:timers/promises';
import type { Connection } from '@platformatic/kafka';
import type { RecordBatch } from '../../domain/replay/index.ts';
import type { RepriseError } from '../../domain/shared/errors.ts';
import type { Cluster, Leader } from './cluster.ts';
import { code, passing, rootMessages, unavailable, unavailableUntilMended } from './failures.ts';
import { type FetchAnswer, type FetchedPartition, fetchFrom } from './fetch.ts';
import type { Hole } from './hole.ts';
import { type PartitionAnswer, toRecordBatches } from './partition-answer.ts';
import { endsEarly, logTruncated, recreated, refused } from './range-faults.ts';
import { CorruptBatchError, frames } from './record-batch.ts';
import type { KafkaLog, ReadTuning } from './settings.ts';

export type BulkReadJob = {
  readonly topic: string;
  readonly topicId: string;
  readonly ranges: readonly { readonly partition: number; readonly from: number; readonly to: number }[];
  /** Why an offset can be in no batch: 'compacted' only where the topic's cleanup policy says so. */
  readonly hole: Hole;
  readonly signal: AbortSignal;
  readonly onBatch: (batch: RecordBatch) => Promise<void>;
};

/** `at` is the next offset to ask for; everything before it is delivered, or waits in memory to be. */
type Progress = { readonly partition: number; readonly to: number; at: number; emptyAnswers: number };

type Slice = PartitionAnswer & { readonly from: number; readonly to: number };

/** A restart, an election, a broken connection: the brokers are asked anew who leads, and the read goes on. */
class PassingTrouble extends Error {
  override readonly name = 'PassingTrouble';
}

/**
 * So many answers with nothing in them, where the broker says that there is more, are taken for a hole in a compacted
 * topic. In any other every offset is in some batch, and silence is trouble: tiered storage answers so where it is slow.
 */
const emptyAnswersOfAHole = 3;

/** For so long the other partitions are read on while a leader is gone; an election takes about as long. */
const otherLeadersGraceMs = 1_000;

/**
 * Reads the ranges from the leaders of their partitions, one request in flight for each broker while the answer
 * before it is delivered. An offset is asked for again until its answer is in memory whole, so that nothing is
 * lost or doubled by a connection that breaks. `onBatch` is never called twice at the same time.
 */
export class BulkRead {
  private readonly cluster: Cluster;
  private readonly job: BulkReadJob;
  private readonly tuning: ReadTuning;
  private readonly log: KafkaLog;
  private readonly pending = new Map<number, Progress>();
  private lastProgressAt = Date.now();
  private troubles = 0;
  private asked = 0;
  private readonly isShort: boolean;
  /** When those who follow other leaders come back to ask who leads, because one leader is in trouble. */
  private stopAt = Number.POSITIVE_INFINITY;
  /** Brokers answer at the same time; their batches are delivered one after the other. */
  private delivery: Promise<void> = Promise.resolve();

  constructor(cluster: Cluster, job: BulkReadJob, tuning: ReadTuning, log: KafkaLog) {
    this.cluster = cluster;
    this.job = job;
    this.tuning = tuning;
    this.log = log;
    this.isShort = job.ranges.reduce((sum, { from, to }) => sum + to - from, 0) <= tuning.shortRead;
    for (const { partition, from, to } of job.ranges) {
      if (from < to) this.pending.set(partition, { partition, to, at: from, emptyAnswers: 0 });
    }
  }

  async run(): Promise<void> {
    for (let isDone = false; !isDone; ) {
      this.job.signal.throwIfAborted();
      try {
        isDone = await this.round();
      } catch (error) {
        this.job.signal.throwIfAborted();
        if (!(error instanceof PassingTrouble)) throw error;
        await this.sitOut(error);
      }
    }
  }

  /**
   * Follows every leader until its partitions are read or one is in trouble. The last round of all reads nothing,
   * and has checked that it was the same topic throughout.
   */
  private async round(): Promise<boolean> {
    const { job } = this;
    const topic = await this.cluster.topic(job.topic).catch(passOn);
    if (topic.id !== job.topicId) throw recreated(job.topic, job.topicId, topic.id);
    if (this.pending.size === 0) return true;
    const led = new Map<string, { leader: Leader; members: Progress[] }>();
    for (const progress of this.pending.values()) {
      const leader = topic.partitions[progress.partition]?.leader;
      if (!leader) throw new PassingTrouble(`partition ${progress.partition} has no leader`);
      const name = `${leader.host}:${leader.port}`;
      const group = led.get(name) ?? { leader, members: [] };
      group.members.push(progress);
      led.set(name, group);
    }
    this.stopAt = Number.POSITIVE_INFINITY;
    const followed = [...led.values()].map(({ leader, members }) => this.follow(leader, members, led.size));
    const outcomes = await Promise.allSettled(followed);
    const failures = outcomes.filter((o) => o.status === 'rejected').map((o): unknown => o.reason);
    const worst = failures.find((f) => !(f instanceof PassingTrouble)) ?? failures[0];
    if (worst !== undefined) throw worst;
    return false;
  }

  private async follow(leader: Leader, members: readonly Progress[], leaders: number): Promise<void> {
    const { answerBytes, partitionBytes } = this.tuning;
    const maxBytes = Math.max(partitionBytes, Math.floor((2 * answerBytes) / (leaders + 1)));
    try {
      const connection = await this.cluster.connection(leader).catch(passOn);
      let inFlight = this.ask(connection, members, maxBytes);
      while (inFlight !== null && Date.now() < this.stopAt) {
        const { slices, trouble } = await this.take(await inFlight);
        inFlight = trouble === null ? this.ask(connection, members, maxBytes) : null;
        for (const slice of slices) await this.deliver(slice);
        if (trouble !== null) throw trouble;
      }
    } catch (error) {
      const graceMs = error instanceof PassingTrouble ? otherLeadersGraceMs : 0;
      this.stopAt = Math.min(this.stopAt, Date.now() + graceMs);
      throw error;
    }
  }

  private ask(
    connection: Connection,
    members: readonly Progress[],
    maxBytes: number,
  ): Promise<FetchAnswer> | null {
    if (this.job.signal.aborted) return null;
    const wanted = members.filter((p) => p.at < p.to);
    if (wanted.length === 0) return null;
    // A broker fills an answer from the front, and leaves the last ones empty: each is the first in turn, or stays it.
    const first = this.isShort ? 0 : this.asked++ % wanted.length;
    const inTurn = [...wanted.slice(first), ...wanted.slice(0, first)];
    const share = this.isShort
      ? maxBytes
      : Math.max(this.tuning.partitionBytes, Math.floor(maxBytes / inTurn.length));
    const answer = fetchFrom(connection, {
      topicId: this.job.topicId,
      partitions: inTurn.map((p) => ({ partition: p.partition, from: p.at, maxBytes: share })),
      maxBytes,
      waitMs: this.tuning.waitMs,
    }).catch(passOn);
    // Awaited once the answer before it is delivered; a rejection until then is not unhandled.
    answer.catch(() => undefined);
    return answer;
  }

  /** Moves the cursors past what is whole in the answer. What no retry can mend is thrown before anything of it is delivered. */
  private async take(answer: FetchAnswer): Promise<{ slices: Slice[]; trouble: PassingTrouble | null }> {
    if (answer.error !== 0 && !passing.has(answer.error)) throw refused(this.job.topic, null, answer.error);
    // A broker answers at once where one partition has an error, and says nothing about the others by it.
    const isAllEmpty = answer.partitions.every((p) => p.error === 0 && p.records.length === 0);
    const slices: Slice[] = [];
    let trouble = answer.error === 0 ? null : new PassingTrouble(`the broker answered error ${answer.error}`);
    for (const fetched of answer.partitions) {
      const progress = this.pending.get(fetched.partition);
      if (!progress) continue;
      if (passing.has(fetched.error)) {
        trouble = new PassingTrouble(`partition ${fetched.partition} answered error ${fetched.error}`);
      } else if (fetched.error !== 0) {
        // Kept and not thrown: cursors of other partitions have moved, and what they moved past is to be delivered.
        const why = await this.whyRefused(fetched, progress).catch(asTrouble);
        if (!(why instanceof PassingTrouble)) throw why;
        trouble = why;
      } else {
        if (fetched.logStart > progress.at) throw logTruncated(this.job.topic, progress, fetched.logStart);
        const found = this.cut(fetched, progress, isAllEmpty);
        if (found instanceof PassingTrouble) trouble = found;
        else if (found) slices.push(found);
      }
    }
    return { slices, trouble };
  }

  private cut(
    fetched: FetchedPartition,
    progress: Progress,
    isAllEmpty: boolean,
  ): Slice | PassingTrouble | null {
    const { partition, aborted, lastStable } = fetched;
    const { at: from, to } = progress;
    const whole = this.refusingCorrupt(partition, () => frames(fetched.records));
    const last = whole.at(-1)?.last ?? -1;
    if (last >= from) {
      progress.at = Math.min(last + 1, to);
      progress.emptyAnswers = 0;
      this.noteProgress();
      return { partition, frames: whole, aborted, from, to };
    }
    const isSilent = isAllEmpty && lastStable >= to && ++progress.emptyAnswers >= emptyAnswersOfAHole;
    if (isSilent && this.job.hole === 'compacted') {
      // Readable to the end, and nothing comes: compaction has removed even the last batch.
      progress.at = to;
      return { partition, frames: [], aborted, from, to };
    }
    if (lastStable < to && this.isOutOfPatience()) throw endsEarly(this.job.topic, progress, fetched);
    if (!isSilent && !this.isOutOfPatience()) return null;
    progress.emptyAnswers = 0;
    return new PassingTrouble(
      `partition ${partition} can be read up to offset ${lastStable}, the broker says, and it answers with nothing at offset ${from}`,
    );
  }

  private deliver(slice: Slice): Promise<void> {
    const turn = this.delivery.then(() => this.handOn(slice));
    this.delivery = turn.catch(() => undefined);
    return turn;
  }

  private async handOn(slice: Slice): Promise<void> {
    const { signal, onBatch, hole } = this.job;
    const { partition, from, to } = slice;
    let next = from;
    const batches = toRecordBatches(slice, from, to, hole);
    for (;;) {
      signal.throwIfAborted();
      const step = this.refusingCorrupt(partition, () => batches.next());
      if (step.done) break;
      next = step.value.next;
      await onBatch(step.value);
      this.noteProgress();
    }
    if (slice.frames.length === 0) {
      await onBatch({ partition, records: [], absences: [{ from: next, to, cause: hole }], next: to });
      next = to;
    }
    if (next >= to) this.pending.delete(partition);
  }

  private refusingCorrupt<T>(partition: number, read: () => T): T {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof CorruptBatchError)) throw error;
      const where = `${this.job.topic}/${partition}`;
      throw unavailableUntilMended(
        `Partition ${partition} of topic ${this.job.topic} can't be read: ${error.message}.`,
        where,
        error,
      );
    }
  }

  private async whyRefused(
    fetched: FetchedPartition,
    progress: Progress,
  ): Promise<RepriseError | PassingTrouble> {
    const { topic } = this.job;
    if (fetched.error !== code.offsetOutOfRange) return refused(topic, progress.partition, fetched.error);
    const logStarts = await this.cluster.offsets(topic, 'log-start').catch(passOn);
    const ends = await this.cluster.offsets(topic, 'high-watermark').catch(passOn);
    const logStart = Number(logStarts.get(progress.partition) ?? -1n);
    const highWatermark = Number(ends.get(progress.partition) ?? -1n);
    if (logStart > progress.at) return logTruncated(topic, progress, logStart);
    if (highWatermark < progress.at)
      return endsEarly(topic, progress, { highWatermark, lastStable: highWatermark });
    return new PassingTrouble(`partition ${progress.partition} had no offset ${progress.at} for a moment`);
  }

  private noteProgress(): void {
    this.lastProgressAt = Date.now();
    this.troubles = 0;
  }

  private isOutOfPatience(): boolean {
    return Date.now() - this.lastProgressAt > this.tuning.giveUpAfterMs;
  }

  private async sitOut(trouble: PassingTrouble): Promise<void> {
    const { topic } = this.job;
    const why = trouble.cause === undefined ? trouble.message : rootMessages(trouble.cause);
    if (this.isOutOfPatience()) {
      const seconds = Math.round(this.tuning.giveUpAfterMs / 1000);
      throw unavailable(`Reading topic ${topic} made no progress for ${seconds} s: ${why}`, topic, trouble);
    }
    const pauseMs = Math.min(3_000, 200 * 2 ** this.troubles++);
    this.log('warn', { topic, pauseMs, why }, 'A bulk read is interrupted and will go on where it was.');
    await wait(pauseMs, undefined, { signal: this.job.signal }).catch(() => undefined);
  }
}

function asTrouble(error: unknown): PassingTrouble {
  if (error instanceof PassingTrouble) return error;
  throw error;
}

function passOn(cause: unknown): never {
  throw new PassingTrouble('a broker could not be asked', { cause });
}
