import { z } from 'zod';
import type { TopicState } from '../../../../domain/contract/index.ts';
import type { RecordBatch } from '../../../../domain/replay/index.ts';
import { BulkRead } from '../../bulk-read.ts';
import type { Cluster } from '../../cluster.ts';
import { defaultReadTuning, type KafkaLog } from '../../settings.ts';
import { asRowsFault } from '../errors.ts';
import { unfit } from './target-errors.ts';

type State = TopicState<unknown>;

/** A deleted row, for an undoing: its whole value, and its headers in base64. */
const keptRow = z.union([
  z.string(),
  z.object({ value: z.string(), headers: z.array(z.tuple([z.string(), z.string()])) }),
]);
export type KeptRow = z.infer<typeof keptRow>;

/** What is noted of a promotion: the highest token that came for it, and what was written, once it was. */
const noted = z.object({
  token: z.string().regex(/^\d+$/),
  appliedAt: z.string().nullable(),
  /** Plain data, as the one who decided gave it; read again by nobody but them. */
  outcome: z.unknown(),
  deleted: z.record(z.string(), keptRow),
});
export type Noted = z.infer<typeof noted>;

/** Beside the rows, and not among them: whoever reads these meets nothing foreign. */
export function promotionTopic({ topic }: Pick<State, 'topic'>): string {
  return `${topic}.reprise-promotion`;
}

/** The last committed notes of some promotions, by their id. */
export async function readNotes(
  cluster: Cluster,
  log: KafkaLog,
  state: State,
  ids: ReadonlySet<string>,
): Promise<ReadonlyMap<string, Noted>> {
  const topic = promotionTopic(state);
  const { id, partitions } = await cluster.topic(topic);
  if (partitions.length !== 1)
    throw unfit(
      state,
      `${topic} has ${partitions.length} partitions, and its order has to be one.`,
      'Make it anew with one.',
    );
  const [starts, ends] = await Promise.all([
    cluster.offsets(topic, 'log-start'),
    cluster.offsets(topic, 'last-stable'),
  ]);
  const found = new Map<string, Noted>();
  const job = {
    topic,
    topicId: id,
    ranges: [{ partition: 0, from: Number(starts.get(0) ?? 0n), to: Number(ends.get(0) ?? 0n) }],
    hole: 'compacted' as const,
    signal: new AbortController().signal,
    onBatch: async ({ records }: RecordBatch) => {
      for (const { key, value, offset } of records) {
        const name = key === null ? '' : Buffer.from(key).toString();
        if (!ids.has(name)) continue;
        if (value === null) found.delete(name);
        else found.set(name, parse(state, offset, Buffer.from(value).toString()));
      }
    },
  };
  const tuning = { ...defaultReadTuning, waitMs: 20, giveUpAfterMs: 30_000 };
  await new BulkRead(cluster, job, tuning, log).run().catch((error: unknown) => {
    throw asRowsFault(state, error);
  });
  return found;
}

/** Somebody else who writes there could make a promotion look done, or keep it from ever being. */
function parse(state: State, offset: number, text: string): Noted {
  try {
    return noted.parse(JSON.parse(text));
  } catch (error) {
    throw unfit(
      state,
      `the record at offset ${offset} of ${promotionTopic(state)} was not written by Reprise.`,
      'Only the user that promotes may write there.',
      error,
    );
  }
}
