import type pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import type { KeptSample } from '../../application/ports/lag.ts';
import type { PartitionLag } from '../../domain/lag/index.ts';
import { createPool } from '../postgres/pool.ts';
import { createMigratedDatabase, type ScratchDatabase } from '../postgres/scratch-database.ts';
import { createUnitOfWork } from '../postgres/unit-of-work.ts';
import { lagStore } from './lag-store.ts';

let database: ScratchDatabase;
let pool: pg.Pool;
let id: number;

beforeAll(async () => {
  database = await createMigratedDatabase(inject('databaseUrl'));
  pool = createPool(database.url, { name: 'test', max: 2, report: () => undefined });
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});
beforeEach(async () => {
  const contractId = crypto.randomUUID();
  const subjects = await run((tx) =>
    lagStore.subjects(tx, contractId, [{ kind: 'group', name: 'g' }], 'orders'),
  );
  id = subjects[0]?.id ?? 0;
});

const run: ReturnType<typeof createUnitOfWork>['run'] = (work, options) =>
  createUnitOfWork(pool).run(work, options);
const start = Date.parse('2026-03-14T10:00:00Z');
const lag = (partition: number, records: number | null, ageMs: number | null): PartitionLag => ({
  partition,
  committed: records === null ? null : 5n,
  end: 9n,
  next: null,
  records: records === null ? null : BigInt(records),
  ageMs,
});
const sample = (atMs: number, partitions: readonly PartitionLag[]): KeptSample => ({
  subjectId: id,
  at: new Date(atMs),
  partitions,
  group: { state: 'Stable', members: 2 },
  verdict: 'ok',
  rule: 'keeps-up',
  partition: null,
  verdictSince: new Date(start),
  waiting: [{ partition: 0, committed: 5n, sinceMs: start, toldOffset: null }],
  movedAt: new Date(start),
  overSince: null,
  overMs: 60_000,
  stepMs: 5_000,
});
const kept = { sampleHours: 6, minuteDays: 8, hourDays: 400 };
const rollUp = (now: number) => run((tx) => lagStore.rollUp(tx, new Date(now), kept));
const rolled = async (seconds: number) => {
  const { rows } = await pool.query(
    `SELECT at, samples, min_records, max_records, min_ms, max_ms, records, age_ms FROM lag_rollup
     WHERE subject_id = $1 AND seconds = $2 ORDER BY at`,
    [id, seconds],
  );
  return rows;
};
const contractOf = async (): Promise<string> =>
  (await pool.query('SELECT contract_id FROM lag_subject WHERE id = $1', [id])).rows[0].contract_id;
const anew = {
  sampledAt: null,
  partitions: [],
  waiting: [],
  movedAt: null,
  overSince: null,
  verdict: 'unknown',
  verdictSince: null,
};
const count = async (table: string, where = 'true') => {
  const { rows } = await pool.query(
    `SELECT count(*)::int AS n FROM ${table} WHERE subject_id = $1 AND ${where}`,
    [id],
  );
  return rows[0]?.n;
};

describe('samples', () => {
  it('come back as they were, with what is not known as such, and a subject as it was at the newest', async () => {
    const partitions = [lag(0, 3, 1_500), lag(1, null, null), lag(2, 4, null)];
    await run((tx) => lagStore.keep(tx, [sample(start, partitions)]));
    const found = (await run((tx) => lagStore.since(tx, [id], new Date(start)))).get(id);
    expect(found).toMatchObject([
      {
        atMs: start,
        partitions: [
          { partition: 0, committed: 5n, records: 3n, ageMs: 1_500 },
          { partition: 1, committed: null, records: null, ageMs: null },
          { partition: 2, records: 4n, ageMs: null },
        ],
      },
    ]);
    const { rows } = await pool.query('SELECT contract_id FROM lag_subject WHERE id = $1', [id]);
    const again = await run((tx) =>
      lagStore.subjects(tx, rows[0].contract_id, [{ kind: 'group', name: 'g' }], 'orders'),
    );
    expect(again).toMatchObject([
      { id, sampledAt: new Date(start), partitions, waiting: [{ committed: 5n, sinceMs: start }] },
    ]);
  });

  it('of a subject that reads another topic now are not what it is measured by: nobody knows how far behind it is there', async () => {
    await run((tx) =>
      lagStore.keep(tx, [{ ...sample(start, [lag(0, 3, 90_000)]), overSince: new Date(start) }]),
    );
    const contractId = await contractOf();
    const names = [{ kind: 'group' as const, name: 'g' }];
    await run((tx) => lagStore.letGo(tx, contractId, names, 'parcels'));
    expect(await run((tx) => lagStore.subjects(tx, contractId, names, 'parcels'))).toMatchObject([anew]);
  });

  it('of a subject that was not named meanwhile are no more of another topic, and the same of its own', async () => {
    const names = [{ kind: 'group' as const, name: 'g' }];
    const contractId = await contractOf();
    const namedAgain = async (topic: string) => {
      await run((tx) => lagStore.letGo(tx, contractId, [], 'orders'));
      await run((tx) => lagStore.subjects(tx, contractId, [], 'orders'));
      await run((tx) => lagStore.letGo(tx, contractId, names, topic));
      return run((tx) => lagStore.subjects(tx, contractId, names, topic));
    };
    const known = { ...sample(start, [lag(0, 3, 90_000)]), overSince: new Date(start) };
    await run((tx) => lagStore.keep(tx, [known]));
    const { partitions, movedAt, overSince } = known;
    const asBefore = { sampledAt: known.at, waiting: [], verdict: 'ok', verdictSince: known.verdictSince };
    expect(await namedAgain('orders')).toMatchObject([{ id, ...asBefore, partitions, movedAt, overSince }]);
    expect(await namedAgain('parcels')).toMatchObject([{ id, ...anew }]);
  });

  it('of a subject that the contract names no more stay, and it is the same one when it is named again', async () => {
    await run((tx) => lagStore.keep(tx, [sample(start, [lag(0, 3, 1)])]));
    const { rows } = await pool.query('SELECT contract_id FROM lag_subject WHERE id = $1', [id]);
    const contractId = rows[0].contract_id;
    expect(await run((tx) => lagStore.subjects(tx, contractId, [], 'orders'))).toEqual([]);
    expect(await count('lag_sample')).toBe(1);
    const again = await run((tx) =>
      lagStore.subjects(tx, contractId, [{ kind: 'group', name: 'g' }], 'orders'),
    );
    expect(again.map((each) => each.id)).toEqual([id]);
  });
});

describe('roll-ups', () => {
  it('hold the most of each partition and least and most of all, of minutes that are over', async () => {
    await run((tx) =>
      lagStore.keep(tx, [
        sample(start, [lag(0, 3, 1_000), lag(1, 0, 0)]),
        sample(start + 5_000, [lag(0, 1, 9_000), lag(1, null, null)]),
        sample(start + 59_000, [lag(0, 2, 400), lag(1, 8, 700)]),
        sample(start + 60_000, [lag(0, 1, 1), lag(1, 1, 1)]),
      ]),
    );
    await rollUp(start + 80_000);
    expect(await rolled(60)).toEqual([]);
    await rollUp(start + 95_000);
    expect(await rolled(60)).toEqual([
      {
        at: new Date(start),
        samples: 3,
        min_records: '1',
        max_records: '10',
        min_ms: '700',
        max_ms: '9000',
        records: ['3', '8'],
        age_ms: ['9000', '700'],
      },
    ]);
  });

  it('have no row where there was no sample, and none that is known where nothing was', async () => {
    await run((tx) =>
      lagStore.keep(tx, [sample(start, [lag(0, 3, 1_000)]), sample(start + 180_000, [lag(0, null, null)])]),
    );
    await rollUp(start + 300_000);
    await rollUp(start + 360_000);
    expect(await rolled(60)).toMatchObject([
      { at: new Date(start), max_records: '3' },
      { at: new Date(start + 180_000), max_records: null, max_ms: null, records: [null] },
    ]);
  });

  it('of an hour are those of its minutes, whatever order they were made in, and each is counted once', async () => {
    for (let minute = 0; minute < 61; minute++) {
      await run((tx) => lagStore.keep(tx, [sample(start + minute * 60_000, [lag(0, minute, minute * 10)])]));
      if (minute % 7 === 0) await rollUp(start + minute * 60_000 + 31_000);
    }
    await rollUp(start + 3_600_000 + 120_000);
    await rollUp(start + 3_600_000 + 180_000);
    expect(await rolled(3600)).toEqual([
      {
        at: new Date(start),
        samples: 60,
        min_records: '0',
        max_records: '59',
        min_ms: '0',
        max_ms: '590',
        records: ['59'],
        age_ms: ['590'],
      },
    ]);
  });

  it('take a partition that was added in between', async () => {
    await run((tx) =>
      lagStore.keep(tx, [sample(start, [lag(0, 3, 1)]), sample(start + 5_000, [lag(0, 1, 1), lag(1, 6, 2)])]),
    );
    await rollUp(start + 120_000);
    expect(await rolled(60)).toMatchObject([{ records: ['3', '6'], max_records: '7' }]);
  });
});

describe('what has been kept long enough', () => {
  it('goes, level by level, and nothing that is younger', async () => {
    const hour = 3_600_000;
    await run((tx) =>
      lagStore.keep(tx, [sample(start, [lag(0, 3, 1)]), sample(start + 3 * hour, [lag(0, 4, 1)])]),
    );
    await rollUp(start + 5 * hour);
    expect(await count('lag_sample')).toBe(2);
    await rollUp(start + 7 * hour);
    expect(await count('lag_sample')).toBe(1);
    expect(await count('lag_rollup', 'seconds = 60')).toBe(2);
    await rollUp(start + 8 * 24 * hour + hour);
    expect([await count('lag_sample'), await count('lag_rollup', 'seconds = 60')]).toEqual([0, 1]);
    await rollUp(start + 401 * 24 * hour);
    expect(await count('lag_rollup')).toBe(0);
  });

  it('is rolled up before it goes, however old it is', async () => {
    const long = 30 * 24 * 3_600_000;
    await run((tx) => lagStore.keep(tx, [sample(start, [lag(0, 3, 1)])]));
    await rollUp(start + long);
    // Both finer levels went in the same turn, and it is in the hours.
    expect([await count('lag_sample'), await rolled(60)]).toEqual([0, []]);
    expect(await rolled(3600)).toHaveLength(1);
  });
});
