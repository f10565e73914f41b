import { setTimeout as wait } from 'node:timers/promises';
import { type Connection, Reader, type Writer } from '@platformatic/kafka';
import { describe, expect, it } from 'vitest';
import type { RecordBatch } from '../../domain/replay/index.ts';
import { encode } from './batches-under-test.ts';
import { BulkRead, type BulkReadJob } from './bulk-read.ts';
import type { Cluster } from './cluster.ts';
import { code, unavailable } from './failures.ts';
import type { FetchAnswer, FetchedPartition } from './fetch.ts';

type Asked = { readonly partition: number; readonly from: number };

/** Which offsets a fetch request asks for (kafka.apache.org/protocol, "Fetch Request (Version: 13)"). */
function askedIn(request: Writer): Asked[] {
  const r = Reader.from(request);
  r.skip(4 + 4 + 4 + 4 + 1 + 4 + 4); // replica, wait, least and most bytes, isolation, session and its epoch
  return r
    .readArray((topic) => {
      topic.readUUID();
      return topic.readArray((p) => {
        const partition = p.readInt32();
        p.skip(4); // leader epoch
        const from = Number(p.readInt64());
        p.skip(4 + 8 + 4); // last fetched epoch, log start, most bytes
        return { partition, from };
      });
    })
    .flat();
}

const topicId = '11111111-1111-1111-1111-111111111111';

/** A cluster of one broker, which answers each request for offsets with what `answer` says. */
function clusterThat(
  answer: (asked: readonly Asked[]) => readonly Partial<FetchedPartition>[],
  offsets: Cluster['offsets'] = async () => new Map(),
): Cluster {
  const connection = {
    send: (
      _api: number,
      _version: number,
      request: () => Writer,
      _parse: unknown,
      _tags: boolean,
      _answerTags: boolean,
      done: (error: Error | null, answer: FetchAnswer) => void,
    ) => {
      const partitions = answer(askedIn(request())).map((each) => ({ ...nothing, ...each }));
      setTimeout(() => done(null, { error: 0, partitions }), 1);
    },
  };
  const leader = { host: 'broker', port: 9092 };
  const partition = (number: number) => ({ partition: number, leader, replicas: 1, inSync: 1 });
  const notAsked = async () => {
    throw new Error('A bulk read does not ask that.');
  };
  return {
    topic: async () => {
      await wait(1);
      return { id: topicId, partitions: [partition(0), partition(1)] };
    },
    offsets,
    connection: async () => connection as unknown as Connection,
    configs: notAsked,
    committed: notAsked,
    sizes: notAsked,
    brokers: notAsked,
    close: async () => undefined,
  };
}

const nothing: FetchedPartition = {
  partition: 0,
  error: 0,
  highWatermark: 10,
  lastStable: 10,
  logStart: 0,
  aborted: [],
  records: Buffer.alloc(0),
};

/** Offsets up to 10 as one batch. A broker answers with whole batches, whichever offset is asked for. */
const ten = encode({ base: 0, lastDelta: 9, entries: Array.from({ length: 10 }, (_, delta) => ({ delta })) });

async function read(
  cluster: Cluster,
  {
    hole = 'missing',
    partitions = [0, 1],
    shortRead = 1_000,
  }: { hole?: BulkReadJob['hole']; partitions?: number[]; shortRead?: number } = {},
) {
  const batches: RecordBatch[] = [];
  const job: BulkReadJob = {
    topic: 'orders',
    topicId,
    ranges: partitions.map((partition) => ({ partition, from: 0, to: 10 })),
    hole,
    signal: AbortSignal.timeout(10_000),
    onBatch: async (batch) => void batches.push(batch),
  };
  const tuning = {
    answerBytes: 1 << 20,
    partitionBytes: 1 << 20,
    shortRead,
    waitMs: 1,
    giveUpAfterMs: 2_000,
  };
  await new BulkRead(cluster, job, tuning, () => undefined).run();
  return {
    offsets: (partition: number) =>
      batches
        .filter((batch) => batch.partition === partition)
        .flatMap((batch) => batch.records.map((record) => record.offset)),
    absences: batches.flatMap((batch) => batch.absences),
  };
}

/** One record at a time, for each partition that an answer has room for: the first that was asked for. */
const oneByOne = (asked: readonly Asked[]) => {
  const [first] = asked;
  if (first === undefined) return [];
  const records = encode({ base: first.from, lastDelta: 0, entries: [{ delta: 0 }] });
  return [{ partition: first.partition, records }];
};

it.each([
  ['one partition after the other where that is soon done', 20, '0'.repeat(10) + '1'.repeat(10)],
  ['the partitions in turn where the last would wait long', 19, '01'.repeat(10)],
])('reads %s', async (_, shortRead, order) => {
  let first = '';
  const cluster = clusterThat((asked) => {
    first += asked[0]?.partition ?? '';
    return oneByOne(asked);
  });
  const { offsets } = await read(cluster, { shortRead });
  expect(first).toBe(order);
  expect([offsets(0), offsets(1)]).toEqual([all, all]);
});

const all = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];

describe('a bulk read', () => {
  describe('of which one partition is out of range for a moment', () => {
    /** The second partition is refused in the first answer, and is there in the next. */
    const once = (offsets: Cluster['offsets']) => {
      let answers = 0;
      return clusterThat((asked) => {
        answers += 1;
        return asked
          .map(({ partition }) =>
            partition === 1 && answers === 1
              ? { partition, error: code.offsetOutOfRange }
              : { partition, records: ten },
          )
          .sort((a, b) => a.partition - b.partition);
      }, offsets);
    };

    it('delivers what the same answer held of another', async () => {
      const found = await read(
        once(async (_topic, place) => new Map([[1, place === 'log-start' ? 0n : 10n]])),
      );
      expect(found.offsets(0)).toEqual(all);
      expect(found.offsets(1)).toEqual(all);
      expect(found.absences).toEqual([]);
    });

    it('delivers it also where the broker can’t say why', async () => {
      const found = await read(
        once(async () => {
          throw unavailable('The broker is gone.', 'orders');
        }),
      );
      expect(found.offsets(0)).toEqual(all);
      expect(found.offsets(1)).toEqual(all);
    });
  });

  describe('whose broker answers with nothing although there is more', () => {
    /** So many times, as tiered storage does where it is slow. */
    const silent = (times: number) => {
      let answers = 0;
      return clusterThat((asked) => {
        answers += 1;
        return asked.map(({ partition }) => ({ partition, ...(answers > times ? { records: ten } : {}) }));
      });
    };

    it('asks on, and takes no silence for a hole', async () => {
      const found = await read(silent(4), { partitions: [0] });
      expect(found.offsets(0)).toEqual(all);
      expect(found.absences).toEqual([]);
    });

    it('gives up after its time, and says at which offset', async () => {
      await expect(read(silent(Number.POSITIVE_INFINITY), { partitions: [0] })).rejects.toMatchObject({
        code: 'history-unavailable',
        message: expect.stringContaining(
          'partition 0 can be read up to offset 10, the broker says, and it answers with nothing at offset 0',
        ),
      });
    });

    it('takes it for one where the topic is compacted', async () => {
      const found = await read(silent(Number.POSITIVE_INFINITY), { partitions: [0], hole: 'compacted' });
      expect(found.absences).toEqual([{ from: 0, to: 10, cause: 'compacted' }]);
    });

    it('takes it for none while another partition of the answer is in trouble', async () => {
      let answers = 0;
      const troubled = clusterThat((asked) => {
        answers += 1;
        return asked.map(({ partition }) => {
          if (answers > 4) return { partition, records: ten };
          return partition === 1 ? { partition, error: code.notLeaderOrFollower } : { partition };
        });
      });
      const found = await read(troubled, { hole: 'compacted' });
      expect(found.offsets(0)).toEqual(all);
      expect(found.absences).toEqual([]);
    });
  });
});
