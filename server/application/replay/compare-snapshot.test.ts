import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { stockContract } from '../../domain/test-kit/stock-contract.ts';
import { compareSnapshot } from './compare-snapshot.ts';
import type { Phase } from './phase.ts';
import type { OpenHistory } from './state-overlay.ts';

/** An empty world in which a second is a millisecond, and history takes `describeMs` to tell of itself. */
function emptyWorld(describeMs: number) {
  let inTransaction = false;
  let opened = 0;
  const seen: { what: string; inTransaction: boolean }[] = [];
  const touches: number[] = [];
  const saved: { readonly comparedAt: string }[] = [];
  async function* nothing() {}
  const deps = {
    clock: {
      // Each step that is seen takes a second.
      now: () => new Date(seen.length * 1_000),
      wait: (ms: number, signal?: AbortSignal) => sleep(ms / 1_000, undefined, signal ? { signal } : {}),
    },
    startSha256: () => {
      const hash = createHash('sha256');
      return { update: (data: Uint8Array) => void hash.update(data), digest: () => hash.digest() };
    },
    unitOfWork: {
      run: async (work: (tx: null) => Promise<unknown>) => {
        inTransaction = true;
        try {
          return await work(null);
        } finally {
          inTransaction = false;
        }
      },
    },
    results: {
      clearComparison: async () => undefined,
      shadowInKeyOrder: nothing,
      insertDiscrepancies: async () => undefined,
      discrepancyKeys: nothing,
      discrepanciesInKeyOrder: nothing,
      saveComparison: async (_: unknown, __: unknown, comparison: { readonly comparedAt: string }) => {
        saved.push(comparison);
        seen.push({ what: 'save', inTransaction });
      },
      holdPhase: async () => true,
    },
    live: { notify: async () => undefined },
    derivedStates: {
      openSnapshot: async () => {
        const number = opened++;
        touches.push(0);
        seen.push({ what: 'open', inTransaction });
        return {
          appliedAt: { kind: 'none' },
          async *rows() {
            await sleep(describeMs / 1_000);
            yield [];
          },
          rowsOf: async () => [],
          stayOpen: async () => {
            touches[number] = (touches[number] ?? 0) + 1;
          },
          close: async () => void seen.push({ what: 'close', inTransaction }),
        };
      },
    },
  };
  const history = {
    reader: {
      describe: async () => {
        seen.push({ what: 'describe', inTransaction });
        await sleep(describeMs / 1_000);
        return { name: 'stock', visibleBefore: null, partitions: [] };
      },
    },
  };
  const plan = { ranges: [], scope: { kind: 'all' }, history: { partitionCount: 0 } };
  const phase = {
    deps,
    replayId: 'r',
    signal: new AbortController().signal,
    running: { plan, contract: stockContract },
  };
  const state = stockContract.derivedStates.shop;
  if (state === undefined) throw new Error('the contract has no shop');
  const compare = () =>
    compareSnapshot(phase as unknown as Phase, history as unknown as OpenHistory, 'shop', state);
  return { compare, seen, touches, saved };
}

it('waits for nothing within its transaction, not for a state that has to settle either', async () => {
  const { compare, seen } = emptyWorld(0);
  await compare();
  expect(seen.filter((each) => each.inTransaction)).toEqual([{ what: 'save', inTransaction: true }]);
  expect(seen.filter((each) => each.what === 'open')).toHaveLength(2);
  expect(seen.filter((each) => each.what === 'close')).toHaveLength(2);
});

it('says when it was read by when its first snapshot was opened: nothing that was written since then is in it', async () => {
  const { compare, saved } = emptyWorld(0);
  await compare();
  expect(saved).toMatchObject([{ comparedAt: new Date(0).toISOString() }]);
});

it('keeps its snapshots in use while history is read, and while the other one is', async () => {
  const { compare, touches } = emptyWorld(200_000);
  await compare();
  // It takes history 200 seconds to tell of itself, which is asked twice for a position; and as long to read the rows.
  expect(touches).toHaveLength(2);
  for (const each of touches) expect(each).toBeGreaterThanOrEqual(4);
});
