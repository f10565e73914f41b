import { expect, it } from 'vitest';
import type { EngineContract } from '../../domain/contract/index.ts';
import type { HistoryRecord, RecordBatch } from '../../domain/replay/index.ts';
import { stockContract } from '../../domain/test-kit/stock-contract.ts';
import type { FollowedStretch, SagaStore, WatchedSaga } from '../ports/sagas.ts';
import type { SagaDeps } from './deps.ts';
import { followSagas } from './track-sagas.ts';

const saga = {
  title: 'A receipt',
  steps: [{ step: 'receive', done: 'Received', compensated: null, compensationFailed: null }],
  completed: ['Received'],
  cancelled: [],
  limitMs: 1_000,
};
const contract: EngineContract = { ...stockContract, saga };
const utf8 = (text: string) => new TextEncoder().encode(text);
const unreadable = (offset: number): HistoryRecord => ({
  offset,
  timestampMs: offset,
  key: utf8('k'),
  value: utf8('no JSON'),
  headers: {},
});
const batchOf = (offset: number): RecordBatch => ({
  partition: 0,
  records: [unreadable(offset)],
  absences: [],
  next: offset + 1,
});

/** Follows a history of two records, none of which can be read; `broken` ends the first turn between the two. */
async function unreadAfter(kind: 'kafka' | 'postgres', turns: readonly ('whole' | 'broken')[]) {
  let unread = 0n;
  const store: Partial<SagaStore> = {
    watch: async () => null,
    begin: async () => undefined,
    keptAt: async () => new Map(),
    runs: async () => new Map(),
    markStuck: async () => ({ count: 0, changed: false, oldest: null }),
    keep: async (_, stretch: FollowedStretch) => {
      unread += stretch.unread;
    },
    followed: async (_, __, at) => {
      unread += at.unread;
    },
  };
  for (const turn of turns) {
    const deliver = async (take: (batch: RecordBatch) => Promise<void>) => {
      await take(batchOf(0));
      if (turn === 'broken') throw new Error('the connection is lost');
      await take(batchOf(1));
    };
    const reader = {
      describe: async () => ({
        kind,
        name: 'h',
        identity: 'i',
        visibleBefore: kind === 'kafka' ? null : '9',
        partitions: [{ partition: 0, logStart: '0', lastStable: '2' }],
      }),
      read: (_: unknown, __: unknown, take: Parameters<typeof deliver>[0]) => deliver(take),
      readApplied: (_: unknown, __: unknown, take: Parameters<typeof deliver>[0]) => deliver(take),
      close: async () => undefined,
    };
    const decoder = {
      prepare: async () => undefined,
      decode: (record: HistoryRecord) => JSON.parse(new TextDecoder().decode(record.value ?? undefined)),
    };
    const deps = {
      unitOfWork: { run: (work: (tx: unknown) => Promise<unknown>) => work({}) },
      leases: { hold: async () => true },
      contracts: { version: async () => ({ digest: kind, bundle: new Uint8Array() }) },
      loader: { load: async () => contract },
      histories: { open: async () => ({ reader, decoder }) },
      callBounded: (_: string, __: number, work: () => unknown) => work(),
      clock: { now: () => new Date(0) },
      live: { notify: async () => undefined },
      sagas: store,
    };
    const watched: WatchedSaga = { contractId: 'stock', version: 1, title: 'Stock', saga };
    const following = { holder: 'one', signal: new AbortController().signal, alive: () => undefined };
    const done = followSagas(deps as unknown as SagaDeps, watched, following);
    await (turn === 'broken' ? expect(done).rejects.toThrow('the connection is lost') : done);
  }
  return unread;
}

it('counts what it could not read of a topic as it goes, since its cursor moves with it', async () => {
  expect(await unreadAfter('kafka', ['broken'])).toBe(1n);
  expect(await unreadAfter('kafka', ['whole'])).toBe(2n);
});

it('counts what it could not read of an event table once, though an interrupted turn is read again', async () => {
  expect(await unreadAfter('postgres', ['broken', 'broken', 'whole'])).toBe(2n);
});
