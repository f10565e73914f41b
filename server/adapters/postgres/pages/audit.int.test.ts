import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { auditFrom } from '../audit.ts';
import { createMigratedDatabase, type ScratchDatabase } from '../scratch-database.ts';
import { createUnitOfWork } from '../unit-of-work.ts';
import { auditReads } from './audit.ts';

const entries = 23;
let database: ScratchDatabase;
let pool: pg.Pool;
let reads: ReturnType<typeof auditReads>;

beforeAll(async () => {
  database = await createMigratedDatabase(inject('databaseUrl'));
  pool = new pg.Pool({ connectionString: database.url });
  reads = auditReads(pool);
  const audit = auditFrom('a test');
  for (let number = 1; number <= entries; number += 1)
    await createUnitOfWork(pool).run((tx) =>
      audit.append(tx, {
        actor: number % 2 === 0 ? 'even' : 'odd',
        action: 'test.counted',
        subject: `test:${number}`,
        outcome: number === 10 ? 'refused' : 'done',
        detail: { number },
      }),
    );
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});

/** Every page of what a filter lets through, as the numbers of its entries. */
async function numbers(filter: Parameters<typeof reads.audit>[0], limit: number): Promise<unknown[]> {
  const found: unknown[] = [];
  let cursor: string | undefined;
  do {
    const page = await reads.audit(filter, { cursor, limit });
    found.push(...page.rows.map((row) => row.detail.number));
    cursor = page.next ?? undefined;
  } while (cursor !== undefined);
  return found;
}

const newestFirst = Array.from({ length: entries }, (_, index) => entries - index);

describe('the audit, page by page', () => {
  it.each([4, 7, 50])('of %i shows every entry once, the newest first', async (limit) => {
    expect(await numbers({ action: 'test.counted' }, limit)).toEqual(newestFirst);
  });

  it('keeps its order under a filter', async () => {
    const even = newestFirst.filter((number) => number % 2 === 0);
    expect(await numbers({ actor: 'even' }, 3)).toEqual(even);
    expect(await numbers({ outcome: 'refused' }, 3)).toEqual([10]);
    expect(await numbers({ subject: 'test:2' }, 2)).toEqual([23, 22, 21, 20, 2]);
  });
});
