import { expect, it } from 'vitest';
import type { DashboardQueries } from '../../server/application/ports/dashboard.ts';
import { listEvidence } from './evidence.ts';
import { exitCodes } from './outcome.ts';
import { listPromotions, printMigration } from './promotions.ts';
import { listReplays, showReplay } from './replays.ts';
import type { CommandContext, World } from './world.ts';

/** A world that answers these questions, and a context that keeps what is told on stdout and said on stderr. */
function worldOf(queries: Partial<DashboardQueries>) {
  const said: string[] = [];
  const told: string[] = [];
  const context = {
    output: { out: (text: string) => told.push(text), err: (text: string) => said.push(text) },
  } as unknown as CommandContext;
  return { said, told, context, world: { queries } as unknown as World };
}

it.each([
  [{}, 50],
  [{ limit: '7' }, 7],
])('evidence list with %j asks for %d records, and says that there are older ones', async (flags, limit) => {
  const asked: number[] = [];
  const { said, context, world } = worldOf({
    evidence: async (_, page) => {
      asked.push(page.limit);
      return { rows: [], next: 'older' };
    },
  });
  await listEvidence(context, world, flags);
  expect(asked).toEqual([limit]);
  expect(said).toEqual([expect.stringMatching(/older ones.*--limit/)]);
});

it('replays list says that there are older ones, and nothing where there are none', async () => {
  const older = worldOf({ replays: async () => ({ rows: [], next: 'older' }) });
  await listReplays(older.context, older.world, {});
  expect(older.said).toEqual([expect.stringMatching(/older ones.*--limit/)]);
  const all = worldOf({ replays: async () => ({ rows: [], next: null }) });
  await listReplays(all.context, all.world, {});
  expect(all.said).toEqual([]);
});

it('replays show is not done, and says so, while the replay runs', async () => {
  const running = { status: 'folding', confidenceReasons: [], comparisons: [], invariants: [] };
  const { said, context, world } = worldOf({ replay: async () => running as never });
  expect(await showReplay(context, world, '0190a0a0-0000-7000-8000-000000000000', {})).toBe(
    exitCodes.notDone,
  );
  expect(said).toEqual([expect.stringMatching(/has not ended: folding/)]);
});

it.each([
  [{}, 50],
  [{ limit: '7' }, 7],
])('promotions list with %j asks for %d, and says that there are older ones', async (flags, limit) => {
  const asked: unknown[] = [];
  const { said, context, world } = worldOf({
    promotions: async (...given) => {
      asked.push(given);
      return { rows: [], next: 'older' };
    },
  });
  await listPromotions(context, world, { ...flags, contract: 'stock' });
  expect(asked).toEqual([[{ contractId: 'stock' }, { limit }]]);
  expect(said).toEqual([expect.stringMatching(/older ones.*--limit/)]);
});

it('promotions list prints a page as JSON, as the other lists do', async () => {
  const page = { rows: [], next: 'older' };
  const { told, context, world } = worldOf({ promotions: async () => page });
  await listPromotions(context, world, { json: true });
  expect(told.map((text) => JSON.parse(text))).toEqual([page]);
});

it('promotions migration prints what to run, and with --json the same as JSON', async () => {
  const { told, context, world } = worldOf({ promotionMigration: async () => 'GRANT …;' });
  await printMigration(context, world, 'stock', 'selling', { role: 'promoter' });
  await printMigration(context, world, 'stock', 'selling', { role: 'promoter', json: true });
  expect([told[0], JSON.parse(told[1] ?? '')]).toEqual(['GRANT …;', { migration: 'GRANT …;' }]);
});
