import { expect, it } from 'vitest';
import type { LiveEvent } from '../application/ports/dashboard.ts';
import type { Context } from './context.ts';
import { callerFor } from './root.ts';

const events: readonly LiveEvent[] = ['replays', 'people', 'replays'].map((topic, at) => ({
  id: String(at),
  topic,
  at: '2026-11-26T00:00:00.000Z',
}));

async function topicsSeen(stillHolds: boolean): Promise<readonly string[]> {
  const context = {
    actor: { id: 'iris', email: 'iris@example.test', roles: ['auditor'], rights: ['read'], scopes: null },
    live: {
      async *listen() {
        yield* events;
      },
    },
    stillHolds: async () => stillHolds,
    trace: (_path: string, _type: string, work: () => unknown) => work(),
  } as unknown as Context;
  const seen: string[] = [];
  for await (const [, data] of (await callerFor(context).live.feed()) as AsyncIterable<
    readonly [string, { readonly topic: string }]
  >)
    seen.push(data.topic);
  return seen;
}

it('tells a page whose session has ended to ask who it is shown to, and nothing after that', async () => {
  expect(await topicsSeen(false)).toEqual(['replays', 'people']);
  expect(await topicsSeen(true)).toEqual(['replays', 'people', 'replays']);
});
