import type { CheckpointKeep } from '../../application/ports/evidence-log.ts';
import { BulkRead } from './bulk-read.ts';
import type { Cluster } from './cluster.ts';
import { asUnavailable } from './failures.ts';
import { defaultReadTuning, type KafkaLog, type KafkaSettings } from './settings.ts';
import { openProducer } from './writing-client.ts';

/** The newest is among these, but where somebody else writes there too, which the audit tells. */
const latestRecords = 50;
/** More are not read back: at a checkpoint a minute without a pause they reach back for two months. */
const mostRecords = 100_000;
const mostBytes = 64 << 20;

/**
 * Keeps checkpoints in a topic that exists already, under the name of their log. They go to the leaders and all in-sync
 * replicas before they count as kept, and are read back as far as its retention and these bounds let them.
 */
export function checkpointTopic(
  settings: KafkaSettings,
  cluster: Cluster,
  log: KafkaLog,
  topic: string,
): CheckpointKeep {
  const read = (atMost: number, take: Take) => readNotes(cluster, log, topic, atMost, take);
  return {
    kind: 'topic',
    name: `the topic ${topic}`,
    canTell: true,
    async put({ origin, note }) {
      // One that is not there would be made anew with the broker's own settings, by a broker that does so.
      await cluster.topic(topic);
      const producer = await openProducer(settings, 'checkpoints', {
        idempotent: true,
        maxInFlightRequests: 1,
        retry: { initialRetryTime: 100, maxRetryTime: 1_000, retries: 5 },
      });
      try {
        await producer.connect();
        await producer.send({ topic, acks: -1, messages: [{ key: origin, value: note }] });
      } catch (error) {
        throw asUnavailable(error, `Writing a checkpoint to topic ${topic}`, topic);
      } finally {
        await producer.disconnect().catch(() => undefined);
      }
    },
    async latest() {
      const notes: string[] = [];
      await read(latestRecords, async (note) => void notes.push(note));
      return notes;
    },
    each: (take) => read(mostRecords, take),
  };
}

type Take = (note: string) => Promise<void>;

/** The values of the last records of each partition, from the older to the newer. */
async function readNotes(
  cluster: Cluster,
  log: KafkaLog,
  topic: string,
  atMost: number,
  take: Take,
): Promise<void> {
  const { id } = await cluster.topic(topic);
  const [starts, ends] = await Promise.all([
    cluster.offsets(topic, 'log-start'),
    cluster.offsets(topic, 'last-stable'),
  ]);
  const ranges = [...ends].map(([partition, end]) => {
    const to = Number(end);
    return { partition, from: Math.max(Number(starts.get(partition) ?? 0n), to - atMost), to };
  });
  let bytes = 0;
  const job = {
    topic,
    topicId: id,
    ranges,
    // What a broker is silent about is not taken for absent.
    hole: 'missing' as const,
    signal: AbortSignal.timeout(60_000),
    onBatch: async ({ records }: { readonly records: readonly { readonly value: Uint8Array | null }[] }) => {
      for (const { value } of records) {
        bytes += value?.length ?? 0;
        if (bytes > mostBytes)
          throw new Error(
            `Topic ${topic} holds more than ${mostBytes} bytes: it is not for checkpoints alone.`,
          );
        await take(value === null ? '' : Buffer.from(value).toString());
      }
    },
  };
  await new BulkRead(cluster, job, { ...defaultReadTuning, waitMs: 20, giveUpAfterMs: 15_000 }, log).run();
}
