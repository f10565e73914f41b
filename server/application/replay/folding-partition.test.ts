import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import type { HistoryRecord } from '../../domain/replay/index.ts';
import { noCounts } from '../../domain/replay/index.ts';
import { stockContract } from '../../domain/test-kit/stock-contract.ts';
import type { RunnerDeps } from './deps.ts';
import { FoldingPartition } from './folding-partition.ts';
import type { RunningReplay } from './open-contract.ts';
import { Pace } from './pace.ts';
import type { OpenHistory } from './state-overlay.ts';

const record = (offset: number): HistoryRecord => ({
  offset,
  timestampMs: offset,
  key: Buffer.from('A'),
  value: null,
  headers: null,
});

/** A partition of a million events, in a world where only time goes by and each commit takes `commitMs`. */
async function foldingPartition(commitMs: number) {
  let nowMs = 0;
  let commits = 0;
  const deps = {
    clock: { now: () => new Date(nowMs) },
    startSha256: () => {
      const hash = createHash('sha256');
      return { update: (data: Uint8Array) => void hash.update(data), digest: () => hash.digest() };
    },
    unitOfWork: { run: (work: (tx: null) => Promise<unknown>) => work(null) },
    folds: {
      commit: async () => {
        nowMs += commitMs;
        commits += 1;
        return 'committed';
      },
    },
    results: { clearProblem: async () => false },
    live: { notify: async () => undefined },
  } as unknown as RunnerDeps;
  const plan = { base: null, scope: { kind: 'all' }, history: { partitionCount: 1 } };
  const lease = { owner: 'one', token: 1 };
  const work = {
    replayId: 'r',
    partition: 0,
    from: 0n,
    to: 1_000_000n,
    cursor: 0n,
    counters: noCounts,
    blockDigests: new Uint8Array(),
    checkpoints: 0,
    lease,
  };
  const folding = await FoldingPartition.restore(
    deps,
    { plan, contract: stockContract } as unknown as RunningReplay,
    work as never,
    { reader: {}, decoder: { decode: () => null }, subjects: null } as unknown as OpenHistory,
    new Pace(deps.clock),
  );
  return {
    folding,
    after: (ms: number) => {
      nowMs += ms;
    },
    commits: () => commits,
  };
}

it('commits by time as long as it folds, however few the events are', async () => {
  const { folding, after, commits } = await foldingPartition(50);
  for (let offset = 0; offset < 30; offset += 1) {
    folding.accept({ partition: 0, records: [record(offset)], absences: [], next: offset + 1 } as never);
    after(1_100);
    if (folding.due()) await folding.checkpoint(false);
    // What is written is written before the next event comes.
    await new Promise(setImmediate);
  }
  expect(commits()).toBeGreaterThan(20);
});
