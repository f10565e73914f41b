import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import type { Job, JobQueue } from '../../application/ports/jobs.ts';
import { createPool } from '../postgres/pool.ts';
import { createMigratedDatabase, type ScratchDatabase } from '../postgres/scratch-database.ts';
import { createUnitOfWork } from '../postgres/unit-of-work.ts';
import { openJobs } from './pg-boss-jobs.ts';

let database: ScratchDatabase;
let pool: pg.Pool;
let jobs: JobQueue;

beforeAll(async () => {
  database = await createMigratedDatabase(inject('databaseUrl'));
  pool = createPool(database.url, { name: 'test', max: 2, report: () => undefined });
  jobs = await openJobs({ databaseUrl: database.url, role: 'worker', report: () => undefined });
});
afterAll(async () => {
  await jobs.stop(1_000);
  await pool.end();
  await database.drop();
});

it('does a step at once, however many others wait for something', async () => {
  const handled: string[] = [];
  let letGo: () => void = () => undefined;
  const over = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  const waiting = Array.from(
    { length: 12 },
    (): Job => ({ kind: 'action', attemptId: randomUUID(), waits: true }),
  );
  const send = (sent: readonly Job[]) => createUnitOfWork(pool).run((tx) => jobs.send(tx, sent));
  await send(waiting);
  await jobs.work(
    {
      handle: async (job) => {
        if (job.kind !== 'action') throw new Error(`nobody has sent a ${job.kind}`);
        handled.push(job.attemptId);
        if (job.waits === true) await over;
      },
    },
    1,
  );
  await expect.poll(() => handled.length, { timeout: 30_000 }).toBe(12);
  const attemptId = randomUUID();
  await send([{ kind: 'action', attemptId }]);
  await expect.poll(() => handled, { timeout: 10_000 }).toContain(attemptId);
  letGo();
});
