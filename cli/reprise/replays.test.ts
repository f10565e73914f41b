import { expect, it } from 'vitest';
import { RepriseError } from '../../server/domain/shared/errors.ts';
import { exitCodes } from './outcome.ts';
import { listReplays, runReplay } from './replays.ts';
import { diffStates } from './states.ts';
import type { CommandContext, World } from './world.ts';

const replayId = '0190a0a0-0000-7000-8000-000000000000';
const evidenceId = '0190a0a0-0000-7000-8000-000000000001';
const statement = { predicate: { events_processed: 1842, duplicates_skipped: 17 } };
const comparison = (derivedState: string) => ({
  derivedState,
  outcome: 'different',
  keys: 412,
  equal: 411,
  eventsBehind: '0',
  problem: null,
});
const comparisons = [comparison('selling'), comparison('warehouse')];
const cell = (derivedState: string, live: number, cause: string) => ({
  derivedState,
  kind: 'different',
  fields: [{ field: 'quantity', history: 388, live, delta: live - 388 }],
  explanation: {
    candidates: [
      { cause, eventType: 'received', eventVersion: 2, partition: 1, offset: '7', certainty: 'proven' },
    ],
  },
});
const rows = [
  { key: 'SKU-1', cells: [cell('selling', 380, 'never-applied'), cell('warehouse', 379, 'applied-twice')] },
];
const finished = {
  id: replayId,
  contractId: 'inventory',
  contractVersion: 1,
  status: 'finished',
  confidence: 'trusted',
  agreement: 'different',
  eventsProcessed: 1842,
  duplicates: 17,
  discrepancies: 1,
  confidenceReasons: [],
  coverage: null,
  comparisons,
  invariants: [],
  failure: null,
  evidenceId,
};

/** Runs the replay of the inventory, or what `change` makes of it, for somebody with these rights. */
async function run(
  json: boolean,
  {
    rights = ['read', 'replay', 'evidence'],
    stateRows = async (_: string, { replayId: id }: { replayId: string }): Promise<unknown> => ({
      rows: id === replayId ? rows : [],
      next: null,
    }),
    ...change
  }: {
    rights?: string[];
    stateRows?: (contractId: string, filter: { replayId: string }) => Promise<unknown>;
  } & Record<string, unknown> = {},
) {
  const replay = { ...finished, ...change };
  const out: string[] = [];
  const err: string[] = [];
  const context = {
    output: { out: (text: string) => out.push(text), err: (text: string) => err.push(text) },
    wait: async () => undefined,
  } as unknown as CommandContext;
  const world = {
    actor: { id: 'operator', rights },
    queries: {
      overview: async () => ({ workers: { alive: 1 } }),
      contracts: async () => [],
      contractProblems: async () => [],
      replay: async () => replay,
      evidenceRecord: async () => ({ id: evidenceId, statement }),
      states: async (contractId: string, id: string) => ({
        contractId,
        replay: { ...replay, id },
        comparisons,
      }),
      stateRows,
    },
    commands: { launch: async () => ({ replayId, status: 'queued' }) },
  } as unknown as World;
  const code = await runReplay(context, world, { contract: 'inventory', json });
  return { out: out.join('\n'), err, code, context, world, said: out };
}

it('replays run --json prints the record, and beside it what states diff --json prints', async () => {
  const { out, code, context, world, said } = await run(true);
  const states = {
    replay: replayId,
    confidence: 'trusted',
    coverage: null,
    more: false,
    agreement: 'different',
    comparisons,
    rows,
  };
  expect(JSON.parse(out)).toEqual({ evidence: evidenceId, record: statement, states });
  expect(code).toBe(exitCodes.notGood);
  said.length = 0;
  await diffStates(context, world, 'inventory', { replay: replayId, json: true });
  expect(JSON.parse(said.join('\n'))).toEqual(states);
});

it('replays run prints the verdicts, and each value that differs with the event behind it', async () => {
  const { out, code } = await run(false);
  expect(out).toContain('inventory v1: finished, trusted, different');
  expect(out).toContain('events_processed 1842, duplicates_skipped 17, discrepancies 1');
  expect(out).toMatch(/SKU-1 +selling +quantity +388 +380 +-8 +never-applied received v2 p1:7 \(proven\)/);
  expect(out).toMatch(/SKU-1 +warehouse +quantity +388 +379 +-9 +applied-twice received v2 p1:7 \(proven\)/);
  expect(code).toBe(exitCodes.notGood);
});

it('who may not read the record gets the replay, and what differs all the same', async () => {
  const { out, err } = await run(true, { rights: ['read', 'replay'] });
  expect(JSON.parse(out)).toEqual({
    evidence: evidenceId,
    record: null,
    replay: finished,
    states: expect.objectContaining({ rows }),
  });
  expect(err).toContainEqual(expect.stringMatching(/needs the right "evidence"/));
});

it.each([true, false])('who may only run is told no key, with JSON %s', async (json) => {
  const { out, err, code } = await run(json, { rights: ['replay', 'evidence'] });
  expect(out).not.toContain('SKU-1');
  if (json) expect(JSON.parse(out)).toEqual({ evidence: evidenceId, record: statement, states: null });
  expect(err).toContainEqual(expect.stringMatching(/needs the right "read"/));
  expect(code).toBe(exitCodes.notGood);
});

it('a replay that failed has a record and no states', async () => {
  const failure = { code: 'history-unavailable', sentence: 'The topic is gone.' };
  const { out, err, code } = await run(true, {
    status: 'failed',
    failure,
    confidence: null,
    agreement: null,
  });
  expect(JSON.parse(out)).toEqual({ evidence: evidenceId, record: statement, states: null });
  expect(err).toContain('The topic is gone.');
  expect(code).toBe(exitCodes.notDone);
});

it('says of states that could not be compared that their discrepancies are not known', async () => {
  const unread = { ...comparison('selling'), outcome: 'could-not-compare' };
  const none = await run(false, { discrepancies: 0, agreement: 'not-compared', comparisons: [unread] });
  expect(none.out).toContain('discrepancies not known');
  const some = await run(false, { comparisons: [unread, comparison('warehouse')] });
  expect(some.out).toContain('discrepancies 1 in 1 of 2 states');
});

it('prints a thousand keys that differ, and says where the others are', async () => {
  let pages = 0;
  const endless = async () => ({ rows: Array.from({ length: 200 }, () => rows[0]), next: String(++pages) });
  const { out, err, code } = await run(true, { stateRows: endless });
  expect(JSON.parse(out).states).toMatchObject({ more: true, rows: { length: 1_000 } });
  expect(err).toContainEqual(expect.stringMatching(/More keys differ .* states diff inventory --replay/));
  expect(code).toBe(exitCodes.notGood);
});

it('tells what the replay came to where the keys can not be read', async () => {
  const stuck = async () => {
    throw new RepriseError('projection-stuck', 'F took too long.');
  };
  const { out, err, code } = await run(true, { stateRows: stuck });
  expect(JSON.parse(out)).toEqual({ evidence: evidenceId, record: statement, states: null });
  expect(err).toContainEqual(expect.stringMatching(/could not be read .*F took too long/));
  expect(code).toBe(exitCodes.notGood);
});

it.each([
  ['not-compared', 'not known'],
  ['equal', '0'],
])('lists a replay without discrepancies that is %s with %s of them', async (agreement, shown) => {
  const said: string[] = [];
  const context = { output: { out: (text: string) => said.push(text) } } as unknown as CommandContext;
  const row = { ...finished, id: replayId, discrepancies: 0, agreement, requestedAt: 'then' };
  const world = {
    queries: { replays: async () => ({ rows: [row], next: null, olderUnder: null }) },
  } as unknown as World;
  await listReplays(context, world, {});
  expect(said.join('\n')).toMatch(new RegExp(`17 +${shown} +trusted +${agreement}`));
});
