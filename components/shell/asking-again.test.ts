import { QueryClient, QueryObserver } from '@tanstack/react-query';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { AskingAgain } from './asking-again.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** A page that shows one question, whose answer is what is true when it is asked and takes `answerMs` to come. */
async function openPage(
  answerMs: number,
  { paused = false, arrived = true, fails = (): boolean => false } = {},
) {
  const queries = new QueryClient({ defaultOptions: { queries: { staleTime: 30_000, retry: false } } });
  const page = { truth: 0, asked: 0, atOnce: 0, mostAtOnce: 0, held: 0, shown: [] as number[] };
  const observer = new QueryObserver(queries, {
    queryKey: [['replays', 'get'], { input: { replayId: 'r1' }, type: 'query' }],
    queryFn: async () => {
      page.asked += 1;
      page.atOnce += 1;
      page.mostAtOnce = Math.max(page.mostAtOnce, page.atOnce);
      const answer = page.truth;
      await new Promise((resolve) => setTimeout(resolve, answerMs));
      page.atOnce -= 1;
      if (fails()) throw new Error('the database is away');
      return answer;
    },
  });
  const asking = new AskingAgain(queries, paused, (count) => {
    page.held = count;
  });
  const stop = asking.start();
  const leave = observer.subscribe(({ data }) => {
    if (data !== undefined && data !== page.shown.at(-1)) page.shown.push(data);
  });
  if (arrived) await vi.advanceTimersByTimeAsync(answerMs);
  const change = () => {
    page.truth += 1;
    asking.hear('replay:r1');
  };
  return { page, asking, change, queries, leave, stop };
}

describe('asking again', () => {
  it('lets a slow answer arrive however often it is made old meanwhile, and never asks twice at once', async () => {
    const { page, change } = await openPage(1_000);
    for (let i = 0; i < 30; i += 1) {
      change();
      await vi.advanceTimersByTimeAsync(100);
    }
    expect(page.shown.length).toBeGreaterThanOrEqual(3);
    expect(page.mostAtOnce).toBe(1);
    expect(page.asked).toBeLessThanOrEqual(5);
  });

  it('loses no change that was heard while an answer was under way, and then is quiet', async () => {
    const { page, change } = await openPage(1_000);
    change();
    await vi.advanceTimersByTimeAsync(500);
    change();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(page.shown).toEqual([0, 1, 2]);
    expect(page.asked).toBe(3);
  });

  it('asks again for the first answer of a page, too, where a change has overtaken it', async () => {
    const { page, change } = await openPage(1_000, { arrived: false });
    await vi.advanceTimersByTimeAsync(100);
    change();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(page.shown).toEqual([0, 1]);
    expect(page.asked).toBe(2);
  });

  it('asks once more after an answer that failed, and no oftener', async () => {
    let failing = false;
    const { page, change } = await openPage(1_000, { fails: () => failing });
    failing = true;
    change();
    await vi.advanceTimersByTimeAsync(500);
    change();
    await vi.advanceTimersByTimeAsync(20_000);
    expect(page.asked).toBe(3);
  });

  it('counts while it is paused, and asks once it goes on', async () => {
    const { page, asking, change } = await openPage(1_000, { paused: true });
    change();
    change();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(page).toMatchObject({ held: 2, asked: 1 });
    asking.setPaused(false);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(page).toMatchObject({ held: 0, asked: 2, shown: [0, 2] });
  });

  it('keeps what an answer under way has missed until it goes on, where it was paused meanwhile', async () => {
    const { page, asking, change } = await openPage(1_000);
    change();
    await vi.advanceTimersByTimeAsync(500);
    change();
    await vi.advanceTimersByTimeAsync(300);
    asking.setPaused(true);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(page.shown).toEqual([0, 1]);
    asking.setPaused(false);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(page.shown).toEqual([0, 1, 2]);
  });

  it('asks for nothing that nobody looks at any more, nor after it has stopped', async () => {
    const { page, change, leave, stop } = await openPage(1_000);
    leave();
    change();
    await vi.advanceTimersByTimeAsync(10_000);
    stop();
    expect(page.asked).toBe(1);
    expect(vi.getTimerCount()).toBeLessThanOrEqual(1);
  });
});
