import type { LetterTopics } from '../../application/ports/dead-letters.ts';
import type { ValueDecoder } from '../../application/ports/history.ts';
import { RepriseError } from '../../domain/shared/errors.ts';
import type { Cluster } from './cluster.ts';
import { decodeLetter } from './dead-letters.ts';
import { asUnavailable } from './failures.ts';
import { recreated } from './range-faults.ts';
import { readFrom } from './read-from.ts';
import { readWhole } from './record-batch.ts';

const answerBytes = 1 << 20;

/** Of which nothing was told is not empty: an end of 0 would say that all its letters are lost. */
function told(topic: string, partition: number, offsets: ReadonlyMap<number, bigint>): bigint {
  const offset = offsets.get(partition);
  if (offset !== undefined) return offset;
  throw new RepriseError(
    'history-unavailable',
    `Partition ${partition} of ${topic}: the broker has not told its offsets.`,
    { where: `${topic}/${partition}` },
  );
}

/** `registry` reads letters that were parked in a schema registry's format; null where no registry is named. */
export function createLetterTopics(cluster: Cluster, registry: ValueDecoder | null): LetterTopics {
  const read = async (topic: string, identity: string, partition: number, from: bigint) => {
    const run = await readFrom(cluster, topic, partition, Number(from), answerBytes).catch(
      (error: unknown) => {
        throw asUnavailable(error, `Reading ${topic}`, topic);
      },
    );
    // Afterwards: what was read is of the topic that stood there before and after.
    const { id } = await cluster.topic(topic);
    if (id !== identity) throw recreated(topic, identity, id);
    await registry?.prepare({ partition, records: run.records, absences: [], next: run.next });
    return run;
  };

  return {
    async describe(topic) {
      const { id, partitions } = await cluster.topic(topic);
      const [starts, ends, highs] = [
        await cluster.offsets(topic, 'log-start'),
        await cluster.offsets(topic, 'last-stable'),
        await cluster.offsets(topic, 'high-watermark'),
      ];
      return {
        identity: id,
        partitions: partitions.map(({ partition }) => ({
          partition,
          start: told(topic, partition, starts),
          end: told(topic, partition, ends),
          high: told(topic, partition, highs),
        })),
      };
    },
    async read(topic, identity, partition, from) {
      const { records, next } = await read(topic, identity, partition, from);
      return { records, next: BigInt(next) };
    },
    async readOne(topic, identity, partition, offset) {
      const run = await read(topic, identity, partition, offset);
      const at = Number(offset);
      const record = run.records.find((each) => each.offset === at);
      const frame = run.whole.find(({ base, last }) => base <= at && at <= last);
      if (record === undefined || frame === undefined) return null;
      const headers = readWhole(frame).find((each) => each.offset === at)?.headers ?? [];
      return { record, headers };
    },
    async mostBytes(topic) {
      const found = Number((await cluster.configs(topic))?.get('max.message.bytes'));
      return Number.isSafeInteger(found) ? found : null;
    },
    decode: (record) => decodeLetter(record, registry),
  };
}
