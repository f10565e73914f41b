import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { openIncidentWorld } from '../../../demo/testing/incident-world.ts';
import type { DiscrepancyRow } from '../../application/ports/result-store.ts';
import { changesAsked } from '../../application/promotion/changes-asked.ts';
import type { PromotionCommandDeps } from '../../application/promotion/deps.ts';
import { resultStore } from './index.ts';

let world: Awaited<ReturnType<typeof openIncidentWorld>>;
beforeAll(async () => {
  world = await openIncidentWorld(inject('databaseUrl'));
});
afterAll(() => world?.close());

/** What JSON holds, and neither a column of text nor one of `jsonb`. */
const odd = ['a\0b', '\0\0', '\\u0000\0', 'half \ud83d', '\udfff'];

async function kept(rows: readonly DiscrepancyRow[]): Promise<string> {
  const replayId = randomUUID();
  await world.owner.query(
    `INSERT INTO replay (id, contract_id, contract_version, scope, status, requested_by, failure_code, failure)
     VALUES ($1, 'stock', 1, '{"kind":"all"}', 'refused', 'ada', 'scope-invalid', 'a test')`,
    [replayId],
  );
  await world.run((tx) => resultStore.insertDiscrepancies(tx, replayId, 'shop', rows));
  return replayId;
}

const different = (key: string, history: string, live: string): DiscrepancyRow => ({
  key,
  partition: 0,
  kind: 'different',
  fields: [{ field: 'name', history, live, delta: null }],
  magnitude: 1,
});

describe('a difference that is stored', () => {
  it('is read as it was found, whatever characters it holds', async () => {
    const rows = odd.map((text, at) => different(`K${at}`, text, text.replaceAll('\0', '\ufffd')));
    const replayId = await kept(rows);
    const read = await world.run(async (tx) => {
      const all: DiscrepancyRow[] = [];
      for await (const batch of resultStore.discrepanciesInKeyOrder(tx, replayId, 'shop')) all.push(...batch);
      return all;
    });
    expect(read).toEqual(rows);
  });

  it.each(odd)('can not be promoted where no column keeps it: %j', async (text) => {
    const replayId = await kept([different('K1', text, 'a\ufffdb')]);
    const asked = world.run((tx) =>
      changesAsked(
        { results: resultStore } as PromotionCommandDeps,
        tx,
        { replayId, derivedState: 'shop', keys: null, fields: null },
        ['name'],
      ),
    );
    await expect(asked).rejects.toMatchObject({
      code: 'input-invalid',
      message: expect.stringContaining('K1: what history says of name'),
    });
  });
});
