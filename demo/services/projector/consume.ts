/** The consumer around a projector's own applying: where it starts, how it stalls, how it ends. */
import { setTimeout as pause } from 'node:timers/promises';
import { type Consumer, type EachBatchPayload, type Kafka, type KafkaMessage, Partitioners } from 'kafkajs';
import type pg from 'pg';
import { deadLetterTopicOf, groupOf, retryTopicOf } from '../../layout.ts';
import { inTransaction, persist } from '../process/database.ts';
import type { Logger } from '../process/lifetime.ts';
import { slowDown, takeCrash } from './applied.ts';
import { applyBatch, type BatchOutcome, type Parked } from './apply-batch.ts';
import { park } from './dead-letters.ts';
import type { Profile } from './profiles.ts';

type Common = {
  kafka: Kafka;
  pool: pg.Pool;
  topic: string;
  groupSuffix: string;
  log: Logger;
  stopped: AbortSignal;
  drain: { withinMs: number } | null;
};

/** What a projector has of its own. */
export type Projector = {
  readonly name: string;
  /** In a transaction that commits when it resolves. */
  apply(
    client: pg.ClientBase,
    batch: { readonly partition: number; readonly messages: readonly KafkaMessage[] },
    /** Under which its position in the batch's topic is kept. */
    position: string,
    park: (parked: readonly Parked[]) => Promise<void>,
  ): Promise<BatchOutcome>;
  /** After the commit. */
  readonly committed?: () => void;
};

const controlPollMs = 500;
const haltedPauseMs = 2_000;

/** A projector of stock. */
export async function consume({
  profile,
  checksIds,
  ...common
}: Common & { profile: Profile; checksIds: boolean }): Promise<void> {
  await follow({
    ...common,
    projector: {
      name: profile.name,
      apply: (client, batch, position, parkAll) =>
        applyBatch(client, profile, batch, { checksIds, position, park: parkAll }),
    },
    retryTopic: retryTopicOf(common.topic, profile.name),
  });
}

type ConsumeOptions = Common & {
  projector: Projector;
  /** Read beside the topic, with positions of its own; what was applied by way of one is not applied by the other. */
  retryTopic?: string;
};

/**
 * Consumes until `stopped`, or, with `drain`, until everything that was on the topic has been applied.
 * @throws Error when the consumer fails for good, or draining takes longer than it may.
 */
export async function follow(options: ConsumeOptions): Promise<void> {
  const { kafka, projector, topic, stopped, log } = options;
  const consumer = kafka.consumer({
    groupId: groupOf(projector.name, options.groupSuffix),
    sessionTimeout: 10_000,
    heartbeatInterval: 2_000,
    maxWaitTimeInMs: 250,
    retry: { retries: 10, restartOnFailure: async () => true },
  });
  const producer = kafka.producer({
    createPartitioner: Partitioners.DefaultPartitioner,
    allowAutoTopicCreation: false,
  });
  const failed = new AbortController();
  consumer.on(consumer.events.CRASH, ({ payload }) => {
    if (!payload.restart) failed.abort(payload.error);
  });
  await producer.connect();
  await consumer.connect();
  await consumer.subscribe({ topics: topicsOf(options), fromBeginning: true });
  const handler: Handler = { ...options, producer, consumer, positions: new Map(), isPaused: false };
  const watch = watchControl(handler);
  try {
    await startAtAppliedPositions(handler);
    await consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      eachBatch: (b) => eachBatch(handler, b),
    });
    log.info({ topic }, `${projector.name} consumes ${topic}`);
    if (options.drain !== null) await untilDrained(handler, failed.signal, options.drain.withinMs);
    else await untilAborted(AbortSignal.any([stopped, failed.signal]));
    if (failed.signal.aborted) throw failed.signal.reason;
  } finally {
    clearInterval(watch);
    await consumer.disconnect();
    await producer.disconnect();
  }
}

type Handler = ConsumeOptions & {
  consumer: Consumer;
  producer: ReturnType<Kafka['producer']>;
  /** The next offset of each `topic/partition`, as last committed to the database. */
  positions: Map<string, string>;
  /** Because the control row says that it is stalled. */
  isPaused: boolean;
};

async function eachBatch(handler: Handler, payload: EachBatchPayload): Promise<void> {
  const { pool, projector, consumer, log, stopped, producer } = handler;
  const { batch, resolveOffset, commitOffsetsIfNecessary, heartbeat, isStale, isRunning } = payload;
  const { topic } = batch;
  if (isStale() || !isRunning()) return;
  const deadLetters = deadLetterTopicOf(handler.topic, projector.name);
  const origin = { deadLetters, topic, partition: batch.partition, projector: projector.name };
  const position = positionName(handler, topic);
  const done = await persist(
    () =>
      inTransaction(pool, async (client) => {
        const outcome = await projector.apply(client, batch, position, (dead) =>
          park(producer, origin, dead),
        );
        if (outcome.outcome === 'applied') {
          await slowDown(client, projector.name);
          // As kill -9 by somebody else: nothing after this is done, the commit least of all.
          if (await takeCrash(pool, projector.name)) process.kill(process.pid, 'SIGKILL');
        }
        return outcome;
      }),
    log,
    stopped,
  );
  if (done.outcome === 'stalled') {
    consumer.pause(topicsOf(handler).map((each) => ({ topic: each })));
    // Also where the look at the control row has missed it: that lets it go on.
    handler.isPaused = true;
    return;
  }
  if (done.outcome === 'halted') {
    log.error(
      { partition: batch.partition, offset: done.offset },
      `${projector.name} can't go on: ${done.why}`,
    );
    // The other partitions go on; this one is tried again, and again.
    const resume = payload.pause();
    setTimeout(resume, haltedPauseMs).unref();
    return;
  }
  projector.committed?.();
  const last = done.upTo ?? batch.lastOffset();
  resolveOffset(last);
  // The database has the position that counts; the group's is for those who watch its lag.
  const offset = (BigInt(last) + 1n).toString();
  handler.positions.set(`${topic}/${batch.partition}`, offset);
  await commitOffsetsIfNecessary({
    topics: [{ topic, partitions: [{ partition: batch.partition, offset }] }],
  });
  await heartbeat();
  const { applied, skipped, parked } = done;
  log.debug({ partition: batch.partition, offset, applied, skipped, parked }, 'applied a batch');
  if (parked > 0) log.warn({ partition: batch.partition, parked }, `parked ${parked} records`);
}

/** Where the database says that it is, whatever the group's committed offset: the two are not one transaction. */
async function startAtAppliedPositions(handler: Handler): Promise<void> {
  const { consumer, pool, positions } = handler;
  const topics = topicsOf(handler);
  for (const topic of topics) {
    const { rows } = await pool.query<{ partition: number; next_offset: string }>(
      'select partition, next_offset from applied_positions where projector = $1',
      [positionName(handler, topic)],
    );
    for (const row of rows) positions.set(`${topic}/${row.partition}`, row.next_offset);
  }
  consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
    for (const topic of topics)
      for (const partition of payload.memberAssignment[topic] ?? []) {
        // A partition that was never applied is read from its beginning.
        consumer.seek({ topic, partition, offset: positions.get(`${topic}/${partition}`) ?? '0' });
      }
  });
}

/** Pauses while the control row says so and goes on when it no longer does: a real standstill, with real lag. */
function watchControl(handler: Handler): NodeJS.Timeout {
  const { pool, projector, consumer, log } = handler;
  const topics = topicsOf(handler).map((topic) => ({ topic }));
  const look = async () => {
    const { rowCount } = await pool.query('select from projector_control where projector = $1 and stalled', [
      projector.name,
    ]);
    const stalled = rowCount === 1;
    if (stalled === handler.isPaused) return;
    if (stalled) consumer.pause(topics);
    else consumer.resume(topics);
    handler.isPaused = stalled;
    log.warn(stalled ? `${projector.name} is stalled` : `${projector.name} goes on`);
  };
  return setInterval(() => void look().catch(() => undefined), controlPollMs);
}

const topicsOf = ({ topic, retryTopic }: ConsumeOptions): string[] =>
  retryTopic === undefined ? [topic] : [topic, retryTopic];

/** Of its topic under its own name, which contracts compare by; of what is sent again under another. */
const positionName = ({ projector, topic }: ConsumeOptions, of: string): string =>
  of === topic ? projector.name : `${projector.name}.retry`;

async function untilAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}

async function untilDrained(handler: Handler, failed: AbortSignal, withinMs: number): Promise<void> {
  const { kafka, pool, projector, topic, stopped } = handler;
  const admin = kafka.admin();
  await admin.connect();
  const deadline = Date.now() + withinMs;
  try {
    const ends = await admin.fetchTopicOffsets(topic);
    for (;;) {
      if (stopped.aborted) throw new Error('stopped before the topic was drained');
      if (failed.aborted) return;
      const { rows } = await pool.query<{ partition: number; next_offset: string }>(
        'select partition, next_offset from applied_positions where projector = $1',
        [projector.name],
      );
      const next = new Map(rows.map((row) => [row.partition, BigInt(row.next_offset)]));
      if (ends.every((end) => (next.get(end.partition) ?? 0n) >= BigInt(end.high))) return;
      if (Date.now() > deadline)
        throw new Error(`${projector.name} did not reach the topic's end in ${withinMs} ms`);
      await pause(50);
    }
  } finally {
    await admin.disconnect();
  }
}
