import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { topicState } from '../../../domain/contract/define.ts';
import type { HistoryRecord } from '../../../domain/replay/index.ts';
import type { Topic } from '../cluster.ts';
import { withSnapshot } from './snapshot.ts';
import { TopicRows } from './topic-rows.ts';

const state = {
  ...topicState<unknown>({
    title: 'Shelf',
    topic: 'shelf',
    consumerGroup: 'projector',
    transactionalId: 'projector',
    fields: { total: { path: 'total', expected: () => 0 } },
  }),
  historyTopic: 'history',
};

const never = () => Promise.reject(new Error('is not asked'));
const record = (offset: number, partition: number, total: number): HistoryRecord => ({
  offset,
  timestampMs: 0,
  key: Buffer.from(`k${partition}`),
  value: Buffer.from(JSON.stringify({ total })),
  headers: null,
});

/**
 * Two partitions with a row each, and a transaction that has a row for each too. It is committed right after it was first
 * asked for: partition 0 gets its marker at once, and the other one later, as from a leader that is slow. One broker alone
 * shows that too seldom to be tested.
 * @param named what the contract's id does: it writes this, or nobody ever wrote under it, or somebody else did once
 */
function brokersWithASlowMarker(named: 'writes' | 'is unknown' | 'wrote once') {
  const marked = [false, false];
  let transaction = 'Ongoing';
  const commit = () => {
    if (transaction !== 'Ongoing') return;
    transaction = 'PrepareCommit';
    marked[0] = true;
    void sleep(60).then(() => {
      marked[1] = true;
      transaction = 'CompleteCommit';
    });
  };
  const places = (topic: string): Topic => ({
    id: topic,
    partitions: (topic === 'shelf' ? [0, 1] : [0]).map((partition) => ({
      partition,
      leader: null,
      replicas: 1,
      inSync: 1,
    })),
  });
  return {
    questions: {
      committed: async () => new Map([[0, 5n]]),
      transaction: async () => {
        const isSettled = !transaction.startsWith('Prepare');
        commit();
        if (named === 'wrote once') return { isSettled: true, producerId: 7n };
        return named === 'writes' ? { isSettled, producerId: 1n } : null;
      },
      ends: async (_topic: string, _partitions: readonly number[], place: 'last-stable' | 'high') =>
        new Map(
          marked.map((isMarked, partition) => [partition, isMarked ? 3 : place === 'high' ? 2 : 1] as const),
        ),
      lastWriter: async () => 1n,
      members: never,
      close: never,
    },
    store: {
      inTurn: <T>(_topic: string, work: () => Promise<T>) => work(),
      readTo: async (_state: unknown, ends: ReadonlyMap<number, number>) => {
        const rows = TopicRows.from(
          'shelf',
          new Map([
            [0, 0n],
            [1, 0n],
          ]),
        );
        for (const [partition, next] of ends) {
          const all = [record(0, partition, 7), record(1, partition, 10)];
          rows.take({ partition, records: all.filter(({ offset }) => offset < next), absences: [], next });
        }
        return rows;
      },
      close: () => undefined,
    },
    cluster: {
      topic: async (topic: string) => places(topic),
      offsets: never,
      configs: never,
      committed: never,
      sizes: never,
      connection: never,
      brokers: never,
      close: never,
    },
    lookForMs: 5_000,
  };
}

describe('rows and position of one moment', () => {
  it.each([
    ['of the id that is named, and has no offsets', 'writes'],
    ['of another id than the one that is named, under which nobody writes', 'is unknown'],
    ['of another id than the one that is named, under which a release before wrote', 'wrote once'],
  ] as const)(
    'hold all of a transaction or nothing, where a partition learns late of its end and it is %s',
    async (_, named) => {
      const totals = await withSnapshot(brokersWithASlowMarker(named), state, ({ rows }) =>
        ['k0', 'k1'].map((key) => JSON.parse(String(rows.of(key)[0]?.value)).total),
      );
      expect(totals[0]).toBe(totals[1]);
    },
  );

  it('are not found while a transaction hangs in its end, which is no fault of how often the projector commits', async () => {
    const brokers = brokersWithASlowMarker('writes');
    const hanging = { ...brokers.questions, transaction: async () => ({ isSettled: false, producerId: 1n }) };
    const parts = { ...brokers, questions: hanging, lookForMs: 50 };
    await expect(withSnapshot(parts, state, () => null)).rejects.toThrow(
      /a transaction of projector was decided, and not known so in every partition, at each of \d+ looks/,
    );
  });
});
