import { expect, it, vi } from 'vitest';
import type { LiveEvent } from '../application/ports/dashboard.ts';
import type { Context } from './context.ts';
import { callerFor } from './root.ts';

const eventsOf = (topics: readonly string[]): readonly LiveEvent[] =>
  topics.map((topic, at) => ({ id: String(at), topic, at: '2026-11-26T00:00:00.000Z' }));

async function topicsSeen(
  topics: readonly string[],
  stillHolds: () => Promise<boolean>,
): Promise<readonly string[]> {
  const context = {
    actor: { id: 'iris', email: 'iris@example.test', roles: ['auditor'], rights: ['read'], scopes: null },
    live: {
      async *listen() {
        yield* eventsOf(topics);
      },
    },
    stillHolds,
    trace: (_path: string, _type: string, work: () => unknown) => work(),
  } as unknown as Context;
  const seen: string[] = [];
  for await (const [, data] of (await callerFor(context).live.feed()) as AsyncIterable<
    readonly [string, { readonly topic: string }]
  >)
    seen.push(data.topic);
  return seen;
}

const told = ['replays', 'people', 'replays'];

it('tells a page whose session has ended to ask who it is shown to, and nothing after that', async () => {
  expect(await topicsSeen(told, async () => false)).toEqual(['replays', 'people']);
  expect(await topicsSeen(told, async () => true)).toEqual(['replays', 'people', 'replays']);
});

it('tells a page that the feed is lost without asking a database that is away for its rights', async () => {
  vi.spyOn(performance, 'now').mockReturnValueOnce(0).mockReturnValue(3_600_000);
  const away = async () => {
    throw new Error('connection refused');
  };
  expect(await topicsSeen(['feed-lost'], away)).toEqual(['feed-lost']);
  vi.restoreAllMocks();
});
