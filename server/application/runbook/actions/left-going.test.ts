import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { actionContext } from '../../../../demo/testing/action-context.ts';
import type { Stopped } from '../../ports/runbook-actions.ts';
import type { OwnActionDeps } from './own-deps.ts';
import { promoteAction } from './promote.ts';
import { replayAction } from './replay.ts';

/** What was asked for is there and goes on; the step that waits for it is told to stop. */
const deps = (status: () => string) =>
  ({
    sha256: () => 'a'.repeat(64),
    reads: { replay: async (id: string) => ({ id, status: status(), eventsProcessed: 3, eventEstimate: 9 }) },
    unitOfWork: { run: (work: (tx: unknown) => unknown) => work(null) },
    promotions: { find: async (_tx: unknown, id: string) => ({ id, status: status(), endedAt: null }) },
    pause: (ms: number, signal: AbortSignal) => sleep(ms, undefined, { signal }),
  }) as unknown as OwnActionDeps;

const stopped = async (what: 'replay' | 'promote', why: Stopped) => {
  const stop = new AbortController();
  const context = actionContext({ signal: stop.signal, say: () => stop.abort(why) });
  const given = deps(() => (what === 'replay' ? 'folding' : 'awaiting-approval'));
  return what === 'replay'
    ? replayAction(given).perform({ contract: 'c', reason: 'why' }, {}, context)
    : promoteAction(given).perform({ replayId: 'r', state: 's', reason: 'why' }, {}, context);
};

it.each([
  ['replay', 'cancelled', /^The step was cancelled. The replay goes on, and is folding/],
  ['replay', 'timed-out', /^The time of the step was up. The replay goes on/],
  ['promote', 'cancelled', /^The step was cancelled. The promotion goes on, and is awaiting-approval/],
  ['promote', 'timed-out', /^The time of the step was up. The promotion goes on/],
] as const)(
  'of a %s that goes on when its step is %s, the step says so and names it',
  async (what, why, sentence) => {
    const { failed, sentence: said, outputs, links } = await stopped(what, why);
    expect(failed).toBe(true);
    expect(said).toMatch(sentence);
    const id = what === 'replay' ? outputs.replayId : outputs.promotionId;
    expect(id).toMatch(/^[0-9a-f-]{36}$/);
    expect(links).toEqual([
      { title: expect.any(String), href: `/${what === 'replay' ? 'replays' : 'promotions'}/${id}` },
    ]);
  },
);

it.each(['lost', 'shutdown'] as const)(
  'for another worker that goes on (%s) it ends nothing',
  async (why) => {
    await expect(stopped('replay', why)).rejects.toThrow();
    await expect(stopped('promote', why)).rejects.toThrow();
  },
);

it('of a replay that ended at the last moment, the end is told', async () => {
  const stop = new AbortController();
  let status = 'folding';
  const given = deps(() => status);
  const context = actionContext({
    signal: stop.signal,
    say: () => {
      status = 'cancelled';
      stop.abort('timed-out');
    },
  });
  const reads = given.reads as { replay: (id: string) => Promise<Record<string, unknown>> };
  const { replay } = reads;
  Object.assign(reads, {
    replay: async (id: string) => ({
      ...(await replay(id)),
      ...{ comparisons: [], counters: {}, failure: null, evidenceId: null },
      ...{ confidence: null, agreement: null, discrepancies: null },
    }),
  });
  const { sentence } = await replayAction(given).perform({ contract: 'c', reason: 'why' }, {}, context);
  expect(sentence).toMatch(/^The replay was cancelled/);
});
