import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { openIncidentWorld } from '../../../demo/testing/incident-world.ts';
import type { Transaction } from '../../application/ports/unit-of-work.ts';
import { workerStore } from './index.ts';

let world: Awaited<ReturnType<typeof openIncidentWorld>>;
beforeAll(async () => {
  world = await openIncidentWorld(inject('databaseUrl'));
});
afterAll(() => world?.close());

/** Replays that have ended, with keys that were read: what piles up over the years. */
async function pileUp(count: number): Promise<void> {
  const client = await world.owner.connect();
  try {
    await client.query(`SET session_replication_role = 'replica'`);
    await client.query(
      `INSERT INTO replay (id, contract_id, contract_version, scope, status, intent, plan, plan_hash, requested_by)
       SELECT gen_random_uuid(), 'stock', 1, '{"kind":"all"}', CASE WHEN n % 2 = 0 THEN 'finished' ELSE 'cancelled' END,
         CASE WHEN n % 2 = 0 THEN 'run' ELSE 'cancel' END, '{}', encode(sha256('{}'), 'hex'), 'ada'
       FROM generate_series(1, $1) AS n`,
      [count],
    );
    await client.query(
      `INSERT INTO key_trace (replay_id, key, status, steps) SELECT id, 'K', 'ready', '[]' FROM replay`,
    );
  } finally {
    client.release(true);
  }
  await world.owner.query('ANALYZE replay, key_trace');
}

/** Sets one of the replays to what the statement says, past all rules, and answers its id. */
async function oneThat(statement: string): Promise<string> {
  const client = await world.owner.connect();
  try {
    await client.query(`SET session_replication_role = 'replica'`);
    const { rows } = await client.query<{ id: string }>(statement);
    return rows[0]?.id ?? '';
  } finally {
    client.release(true);
  }
}

describe('what nobody attends to', () => {
  it('is looked for by indexes, however much has ended', async () => {
    await pileUp(5_000);
    const some = (status: string) => `(SELECT id FROM replay WHERE status = '${status}' LIMIT 1)`;
    const cancelled = await oneThat(
      `UPDATE replay SET status = 'folding' WHERE id = ${some('cancelled')} RETURNING id`,
    );
    const merging = await oneThat(
      `UPDATE replay SET status = 'merging' WHERE id = ${some('finished')} RETURNING id`,
    );
    const traced = await oneThat(
      `UPDATE key_trace SET status = 'queued' WHERE replay_id = ${some('finished')} RETURNING replay_id::text AS id`,
    );
    const plans: string[] = [];
    const found = await world.run(async (tx) => {
      const explained: Transaction = {
        ...tx,
        query: async (text, values) => {
          const plan = await tx.query<{ 'QUERY PLAN': string }>(`EXPLAIN ${text}`, values);
          plans.push(plan.map((line) => line['QUERY PLAN']).join('\n'));
          return tx.query(text, values);
        },
      };
      return workerStore.findUnattended(explained);
    });
    expect(found).toMatchObject({ phases: expect.arrayContaining([cancelled, merging]), traces: [traced] });
    expect(found?.phases).toHaveLength(2);
    expect(plans.filter((plan) => /Seq Scan on (replay|key_trace)\b/.test(plan))).toEqual([]);
  });
});
