import { type EngineRun, openEngine } from './engine.ts';
import { fillWithDifferences } from './live-table.ts';
import { type PageTimes, timePages } from './page-query.ts';
import type { Servers } from './servers.ts';
import type { BenchTopic } from './topic.ts';

export type CompareSpeed = {
  readonly keys: number;
  readonly differences: number;
  readonly run: EngineRun;
  readonly pages: readonly PageTimes[];
};

const pageCalls = 200;

/** Replays a history in which every event has its own key against a live table of that size, and reads its page. */
export async function measureComparison(
  servers: Servers,
  topic: BenchTopic,
  say: (line: string) => void,
): Promise<CompareSpeed> {
  say('filling the live table');
  const engine = await openEngine(servers, topic, 2, fillWithDifferences(topic.events));
  try {
    say('replaying');
    const run = await engine.run();
    say([...run.phases].map(([status, ms]) => `  ${status} after ${Math.round(ms)} ms`).join('\n'));
    const { rows } = await engine.pool.query<{ keys: number; differing: number }>(
      `SELECT (result->>'keys')::int AS keys,
         (result->>'missing')::int + (result->>'extra')::int + (result->>'different')::int AS differing
       FROM replay_comparison WHERE replay_id = $1`,
      [run.replayId],
    );
    const [found] = rows;
    if (found === undefined) throw new Error('the replay compared nothing');
    const pages = await timePages(engine.env, engine.root, run.replayId, pageCalls);
    return { keys: found.keys, differences: found.differing, run, pages };
  } finally {
    await engine.close();
  }
}
