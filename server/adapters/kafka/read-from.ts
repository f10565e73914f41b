import type { HistoryRecord } from '../../domain/replay/index.ts';
import type { Cluster } from './cluster.ts';
import { asUnavailable, code, passing, unavailable } from './failures.ts';
import { fetchFrom } from './fetch.ts';
import { toRecordBatches } from './partition-answer.ts';
import { endsEarly, refused } from './range-faults.ts';
import { type Frame, frames } from './record-batch.ts';

/** Enough for one batch of most producers; a larger one comes whole all the same. */
const answerBytes = 256 << 10;
const tries = 4;

/**
 * The records that one answer holds from an offset on, and the batches that they stand in. `next` is past `from`, so that
 * a caller always comes on.
 */
export async function readFrom(
  cluster: Cluster,
  topic: string,
  partition: number,
  from: number,
  maxBytes = answerBytes,
): Promise<{
  readonly records: readonly HistoryRecord[];
  readonly whole: readonly Frame[];
  readonly next: number;
}> {
  for (let attempt = 1; ; attempt += 1) {
    const { id, partitions } = await cluster.topic(topic);
    const leader = partitions[partition]?.leader;
    const where = `${topic}/${partition}`;
    if (!partitions[partition]) throw unavailable(`Topic ${topic} has no partition ${partition}.`, where);
    try {
      if (!leader) throw unavailable(`Partition ${partition} of topic ${topic} has no leader.`, where);
      const connection = await cluster.connection(leader);
      const answer = await fetchFrom(connection, {
        topicId: id,
        partitions: [{ partition, from, maxBytes }],
        maxBytes,
        waitMs: 50,
      });
      const fetched = answer.partitions[0];
      const error = answer.error || (fetched?.error ?? 0);
      if (error === code.offsetOutOfRange) return { records: [], whole: [], next: from + 1 };
      if (error !== 0 && !(passing.has(error) && attempt < tries)) throw refused(topic, partition, error);
      if (error === 0 && fetched) {
        const slice = { partition, frames: frames(fetched.records), aborted: fetched.aborted };
        const batches = [...toRecordBatches(slice, from, Number.MAX_SAFE_INTEGER, 'missing')];
        const last = batches.at(-1);
        if (last !== undefined)
          return {
            records: batches.flatMap((batch) => batch.records),
            whole: slice.frames,
            next: Math.max(from + 1, last.next),
          };
        // Nothing of it came: what stands there is not passed over.
        if (attempt >= tries) throw endsEarly(topic, { partition, at: from, to: from + 1 }, fetched);
      }
    } catch (error) {
      if (attempt >= tries) throw asUnavailable(error, `Reading offset ${from} of ${where}`, where);
    }
    await new Promise((resolve) => setTimeout(resolve, 100 * 2 ** attempt));
  }
}
