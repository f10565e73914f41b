import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Cluster } from '../cluster.ts';
import { openTopicStore, type TopicStore } from './topic-store.ts';

const state = { title: 'Shelf', topic: 'shelf' };
const ends = new Map([[0, 0]]);
const never = () => Promise.reject(new Error('is not asked'));

/** What time does to the rows; that of a broker can't be turned. */
describe('rows of a topic that are kept in memory', () => {
  let store: TopicStore;
  let readAnew = 0;
  let takesMs = 0;
  /** A topic without records, whose tombstones are kept for a minute. */
  const cluster: Cluster = {
    topic: async () => {
      if (takesMs > 0) await vi.advanceTimersByTimeAsync(takesMs);
      return { id: 'shelf', partitions: [{ partition: 0, leader: null, replicas: 1, inSync: 1 }] };
    },
    offsets: async () => new Map([[0, 0n]]),
    configs: async () => {
      readAnew += 1;
      return new Map([['delete.retention.ms', '60000']]);
    },
    committed: never,
    sizes: never,
    connection: never,
    brokers: never,
    close: never,
  };

  beforeEach(() => {
    vi.useFakeTimers();
    readAnew = 0;
    takesMs = 0;
    store = openTopicStore(cluster, () => undefined);
  });
  afterEach(() => {
    store.close();
    vi.useRealTimers();
  });

  const read = () => store.inTurn(state.topic, () => store.readTo(state, ends));

  it('are as old as the asking for their ends, and not as their reading', async () => {
    takesMs = 40_000;
    await read();
    takesMs = 0;
    await read();
    expect(readAnew).toBe(1);
    // A tombstone that was written right after the first asking may be gone by now.
    takesMs = 40_000;
    await vi.advanceTimersByTimeAsync(60_000);
    await read();
    expect(readAnew).toBe(2);
    await vi.advanceTimersByTimeAsync(29_000);
    takesMs = 0;
    await read();
    expect(readAnew).toBe(3);
  });

  it('are not taken from whoever reads them on when nobody has asked for them for long', async () => {
    const rows = await read();
    takesMs = 16 * 60_000;
    expect(await read()).toBe(rows);
    expect(readAnew).toBe(1);
  });
});
