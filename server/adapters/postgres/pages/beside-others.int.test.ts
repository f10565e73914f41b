import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { PageReads } from '../../../application/ports/page-reads.ts';
import { replayStore } from '../../replay-store/index.ts';
import { createPool } from '../pool.ts';
import { createMigratedDatabase, type ScratchDatabase, withoutRules } from '../scratch-database.ts';
import { createUnitOfWork } from '../unit-of-work.ts';
import { createPageReads } from './index.ts';

let database: ScratchDatabase;
let pool: pg.Pool;
/** As the owner of the tables, without the rules: replays stand here that have ended, with what they found. */
let owner: pg.Pool;
let reads: PageReads;

beforeAll(async () => {
  database = await createMigratedDatabase(inject('databaseUrl'));
  pool = createPool(database.url, { name: 'test', max: 4, report: () => undefined });
  owner = createPool(withoutRules(database), { name: 'test', max: 4, report: () => undefined });
  reads = createPageReads(pool);
});
afterAll(async () => {
  await pool.end();
  await owner.end();
  await database.drop();
});

type NewReplay = {
  contract: string;
  requested: string;
  seconds?: number;
  applied?: number;
  rate?: number;
  scope?:
    | { kind: 'all' }
    | { kind: 'keys'; keys: readonly string[] }
    | { kind: 'partitions'; partitions: number[] };
};

async function addReplay({
  contract,
  requested,
  seconds = 2,
  applied = 100,
  rate,
  scope = { kind: 'all' },
}: NewReplay): Promise<string> {
  const id = randomUUID();
  await owner.query(
    `INSERT INTO replay (id, contract_id, contract_version, plan, plan_hash, scope, status, requested_by,
       requested_at, started_at, ended_at, rate_limit, counters, coverage)
     VALUES ($1, $2, 1, '{"eventEstimate":"500"}', encode(sha256('{"eventEstimate":"500"}'), 'hex'), $7, 'finished', 'ada', $3::timestamptz,
       $3::timestamptz, $3::timestamptz + $4 * interval '1 second', $5, $6, $8)`,
    [
      id,
      contract,
      requested,
      seconds,
      rate ?? null,
      JSON.stringify({ applied, duplicates: 0, filtered: 0, quarantined: 0 }),
      JSON.stringify(scope),
      JSON.stringify({ kind: scope.kind === 'all' ? 'whole' : 'part' }),
    ],
  );
  return id;
}

const discrepancy = (
  replayId: string,
  key: string,
  live: number,
  magnitude: number,
  { kind = 'different', partition = 0, state = 'selling' } = {},
) =>
  owner.query(
    `INSERT INTO discrepancy (replay_id, derived_state, key, partition, kind, fields, magnitude)
     VALUES ($1, $6, $2, $7, $5, $3, $4)`,
    [
      replayId,
      key,
      JSON.stringify([{ field: 'quantity', history: 10, live, delta: live - 10 }]),
      magnitude,
      kind,
      state,
      partition,
    ],
  );

const compared = (replayId: string, derivedState: string, outcome: string, result: object = {}) =>
  owner.query(
    'INSERT INTO replay_comparison (replay_id, derived_state, outcome, result, compared_at) VALUES ($1, $2, $3, $4, now())',
    [replayId, derivedState, outcome, JSON.stringify(result)],
  );

const nothing = { settled: 0, notComparedAnyMore: 0, appeared: 0, notComparedBefore: 0, changed: 0, same: 0 };

/** An older replay over the whole history, which has compared the state, and a newer one over this scope. */
async function twoReplays(scope: NewReplay['scope']): Promise<readonly [string, string]> {
  const before = await addReplay({ contract: 'a', requested: '2026-03-14T09:00:00Z' });
  await compared(before, 'selling', 'different');
  return [before, await addReplay({ contract: 'a', requested: '2026-03-14T10:00:00Z', scope })];
}

async function became(before: string, after: string) {
  const { rows } = await reads.discrepancyChanges(before, after, 100);
  return Object.fromEntries(rows.map((row) => [row.key, row.became]));
}

describe('the discrepancies of two replays', () => {
  it('are told apart as settled, new, with other figures and unchanged, the largest first', async () => {
    const [before, after] = await twoReplays({ kind: 'all' });
    await compared(after, 'selling', 'different');
    await discrepancy(before, 'settled', 2, 8);
    await discrepancy(before, 'same', 9, 1);
    await discrepancy(after, 'same', 9, 1);
    await discrepancy(before, 'changed', 9, 1);
    await discrepancy(after, 'changed', 7, 3);
    await discrepancy(after, 'new', 5, 5);
    const { rows, ...counts } = await reads.discrepancyChanges(before, after, 10);
    expect(counts).toEqual({ ...nothing, settled: 1, appeared: 1, changed: 1, same: 1 });
    expect(rows.map((row) => [row.became, row.before?.fields[0]?.live, row.after?.fields[0]?.live])).toEqual([
      ['settled', 2, undefined],
      ['new', undefined, 5],
      ['changed', 9, 7],
    ]);
    expect((await reads.discrepancyChanges(before, after, 1)).rows).toHaveLength(1);
  });

  it('are not settled by a replay that could not compare the state, or did not try to', async () => {
    for (const outcome of ['could-not-compare', null]) {
      const [before, after] = await twoReplays({ kind: 'all' });
      if (outcome !== null) await compared(after, 'selling', outcome);
      await compared(after, 'warehouse', 'different');
      await discrepancy(before, 'sku-1', 2, 8);
      await discrepancy(after, 'sku-1', 3, 7, { state: 'warehouse' });
      const { rows: _, ...counts } = await reads.discrepancyChanges(before, after, 10);
      expect(counts).toEqual({ ...nothing, notComparedAnyMore: 1, notComparedBefore: 1 });
    }
  });

  it('are settled by a replay of some keys only where these are among them', async () => {
    const [before, after] = await twoReplays({ kind: 'keys', keys: ['asked', 'extra'] });
    await compared(after, 'selling', 'equal');
    for (const key of ['asked', 'other']) await discrepancy(before, key, 2, 8);
    await discrepancy(before, 'extra', 2, 8, { kind: 'extra' });
    expect(await became(before, after)).toEqual({
      asked: 'settled',
      extra: 'settled',
      other: 'not-compared-any-more',
    });
  });

  it('are settled by a replay of some partitions only where it has a state of the key, or places the row', async () => {
    for (const unplaced of [undefined, 2]) {
      const [before, after] = await twoReplays({ kind: 'partitions', partitions: [1] });
      await compared(after, 'selling', 'equal', { unplaced });
      await owner.query(
        `INSERT INTO replay_partition (replay_id, partition, "from", "to", cursor, counters, status)
         VALUES ($1, 1, 0, 1, 1, '{}', 'folded')`,
        [after],
      );
      await owner.query(
        `INSERT INTO shadow_state (replay_id, partition, key, state, last_offset, events) VALUES ($1, 1, 'read', '{}', 0, 1)`,
        [after],
      );
      await discrepancy(before, 'read', 2, 8, { partition: 1 });
      await discrepancy(before, 'unread', 2, 8, { partition: 1 });
      await discrepancy(before, 'elsewhere', 2, 8, { partition: 2 });
      await discrepancy(before, 'extra', 2, 8, { kind: 'extra', partition: 1 });
      await discrepancy(before, 'extra elsewhere', 2, 8, { kind: 'extra', partition: 2 });
      expect(await became(before, after)).toEqual({
        read: 'settled',
        unread: 'not-compared-any-more',
        elsewhere: 'not-compared-any-more',
        extra: unplaced === undefined ? 'settled' : 'not-compared-any-more',
        'extra elsewhere': 'not-compared-any-more',
      });
    }
  });
});

describe('the prediction of a replay', () => {
  it('is told from what had ended when it was requested, and from nothing that came later', async () => {
    const first = await addReplay({ contract: 'b', requested: '2026-03-14T09:00:00Z' });
    const second = await addReplay({ contract: 'b', requested: '2026-03-14T10:00:00Z' });
    await addReplay({ contract: 'b', requested: '2026-03-14T11:00:00Z', seconds: 900 });
    expect((await reads.replay(first))?.prediction).toEqual({ events: 500, seconds: null, basis: null });
    expect((await reads.replay(second))?.prediction).toEqual({
      events: 500,
      seconds: 10,
      basis: 'the last replay of this contract, 50 events/s',
    });
  });

  it('is told from nothing that was held back, paused, or taken up again', async () => {
    const at = '2026-03-14T09:00:00Z';
    const slow = { contract: 'e', requested: at, seconds: 900 };
    await addReplay({ ...slow, rate: 5 });
    const lifted = await addReplay(slow);
    const paused = await addReplay(slow);
    const interrupted = await addReplay(slow);
    const recordedLate = await addReplay(slow);
    await owner.query(
      `INSERT INTO audit_entry (actor, action, subject, outcome, detail)
       VALUES ('ada', 'replay.set-rate', 'replay:' || $1, 'done', '{}'),
              ('ada', 'replay.pause', 'replay:' || $2, 'done', '{}')`,
      [lifted, paused],
    );
    await owner.query(
      `INSERT INTO replay_partition (replay_id, partition, "from", "to", cursor, counters, status, fencing_token)
       VALUES ($1, 0, 0, 1, 1, '{}', 'folded', 2)`,
      [interrupted],
    );
    await owner.query('UPDATE replay SET fencing_token = 2 WHERE id = $1', [recordedLate]);
    await addReplay({ contract: 'e', requested: at });
    const asked = await addReplay({ contract: 'e', requested: '2026-03-14T10:00:00Z' });
    expect((await reads.replay(asked))?.prediction?.basis).toBe(
      'the last replay of this contract, 50 events/s',
    );
    const rates = await createUnitOfWork(pool).run((tx) => replayStore.pastRates(tx, 'e'));
    expect(rates).toEqual([
      { events: 100, ms: 2_000 },
      { events: 100, ms: 2_000 },
    ]);
  });

  it('knows the replay’s own limit', async () => {
    const id = await addReplay({ contract: 'c', requested: '2026-03-14T09:00:00Z', rate: 5 });
    expect((await reads.replay(id))?.prediction?.seconds).toBe(100);
  });
});

describe('a list that a permalink has fixed', () => {
  it('ends at its instant, which is part of it', async () => {
    const at = '2026-03-14T09:00:00.000Z';
    const id = await addReplay({ contract: 'd', requested: at });
    await addReplay({ contract: 'd', requested: '2026-03-14T09:00:00.001Z' });
    const page = await reads.replays({ contractId: 'd', asOf: at }, { limit: 10 });
    expect(page.rows.map((row) => row.id)).toEqual([id]);
    await pool.query(
      `INSERT INTO evidence_record (id, kind, contract_id, digest, statement, status, requested_by, recorded_at)
       VALUES (gen_random_uuid(), 'replay', 'd', encode(sha256('x'), 'hex'), 'x', 'finished', 'ada', $1),
              (gen_random_uuid(), 'replay', 'd', encode(sha256('y'), 'hex'), 'y', 'finished', 'ada', $2)`,
      [at, '2026-03-14T09:00:00.001Z'],
    );
    const records = await reads.evidence({ contractId: 'd', asOf: at }, { limit: 10 });
    expect(records.rows.map((row) => row.recordedAt)).toEqual([at]);
  });
});
