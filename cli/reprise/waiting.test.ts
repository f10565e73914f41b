import { describe, expect, it } from 'vitest';
import { exitCodes } from './outcome.ts';
import { runReplay } from './replays.ts';
import type { CommandContext, World } from './world.ts';

const replayId = '0190a0a0-0000-7000-8000-000000000000';
const ended = {
  status: 'finished',
  confidence: 'trusted',
  agreement: 'equal',
  eventsProcessed: 1,
  failure: null,
  evidenceId: replayId,
};

/** Answers as the database does that is away for so many questions. */
function awayFor<T>(times: number, answer: T): () => Promise<T> {
  let left = times;
  return async () => {
    if (left === 0) return answer;
    left -= 1;
    throw Object.assign(new Error('terminating connection'), { code: '57P01' });
  };
}

function run(away: number) {
  const out: string[] = [];
  const err: string[] = [];
  const context = {
    output: { out: (text: string) => out.push(text), err: (text: string) => err.push(text) },
    wait: async () => undefined,
  } as unknown as CommandContext;
  const world = {
    actor: { id: 'operator', rights: ['read', 'evidence'] },
    queries: {
      overview: async () => ({ workers: { alive: 1 } }),
      contracts: async () => [],
      contractProblems: async () => [],
      replay: awayFor(away, ended),
      evidenceRecord: awayFor(away, { id: replayId, statement: { predicate: {} } }),
      states: awayFor(away, { replay: ended, comparisons: [] }),
      stateRows: async () => ({ rows: [], next: null }),
    },
    commands: { launch: async () => ({ replayId, status: 'queued' }) },
  } as unknown as World;
  return { out, err, code: runReplay(context, world, { contract: 'inventory', json: true }) };
}

describe('replays run, while the database restarts', () => {
  it('goes on waiting, says so, and prints the record in the end', async () => {
    const { out, err, code } = run(3);
    expect(await code).toBe(exitCodes.good);
    expect(JSON.parse(out.join('\n'))).toMatchObject({
      evidence: replayId,
      record: { predicate: {} },
      states: { confidence: 'trusted', rows: [] },
    });
    expect(err).toContain('The database does not answer; waiting until it is back.');
  });

  it('does not wait for ever', async () => {
    await expect(run(100_000).code).rejects.toThrow('terminating connection');
  });
});
