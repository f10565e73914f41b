/**
 * `npm run bench:letters`: what pages of dead letters and steps of redrives ask of the database at 100,000 letters, each
 * beside what it was before: the query, and the indexes. The two take turns, so that whatever else the machine does falls on both.
 */
import { randomUUID } from 'node:crypto';
import { availableParallelism, cpus, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { letterReads } from '../server/adapters/dead-letters/letter-reads.ts';
import { redriveStore } from '../server/adapters/dead-letters/redrive-store.ts';
import { migrate } from '../server/adapters/postgres/migrate.ts';
import { createScratchDatabase } from '../server/adapters/postgres/scratch-database.ts';
import { createUnitOfWork } from '../server/adapters/postgres/unit-of-work.ts';
import type { Transaction } from '../server/application/ports/unit-of-work.ts';
import { openServers } from './servers.ts';
import { markdown, thousands } from './table.ts';

const { values: flags } = parseArgs({
  options: { calls: { type: 'string', default: '200' }, letters: { type: 'string', default: '100000' } },
});
const calls = Number(flags.calls);
const letters = Number(flags.letters);
const say = (line: string) => process.stderr.write(`${line}\n`);

/** Letters of 100 causes in 4 partitions, of which the oldest tenth still stands; and all of them in one redrive. */
async function fill(pool: pg.Pool, redriveId: string): Promise<void> {
  await pool.query(
    `INSERT INTO dead_letter_topic (topic, contract_id, state, others, identity) VALUES ('a.dlq', 'a', 's', '{}', 'x')`,
  );
  await pool.query(
    `INSERT INTO dead_letter_group (topic, group_id, exception, shape, letters, gone, first_at, last_at)
     SELECT 'a.dlq', 'g' || n, 'bad', 'of ' || n, $1::int / 100, 0, now(), now() FROM generate_series(0, 99) n`,
    [letters],
  );
  await pool.query(
    `INSERT INTO dead_letter (topic, identity, partition, "offset", group_id, event_id, cause, at, gone)
     SELECT 'a.dlq', 'x', n % 4, n / 4, 'g' || n % 100, gen_random_uuid()::text, 'bad: of ' || n % 100,
       now() - ($1::int - n) * interval '1 second', n > $1::int / 10 FROM generate_series(0, $1::int - 1) n`,
    [letters],
  );
  const client = await pool.connect();
  await client.query('BEGIN');
  await client.query(
    `INSERT INTO redrive (id, contract_id, state, topic, identity, target, frozen, hash, letters, per_second,
       requested_by, reason, status)
     VALUES ($1, 'a', 's', 'a.dlq', 'x', 'a.retry', '{}', 'h', $2, 10, 'bench', 'bench', 'awaiting-approval')`,
    [redriveId, letters],
  );
  await client.query(
    `INSERT INTO redrive_letter (redrive_id, number, topic, partition, "offset")
     SELECT $1, n + 1, 'a.dlq', n % 4, n / 4 FROM generate_series(0, $2::int - 1) n`,
    [redriveId, letters],
  );
  await client.query('COMMIT');
  client.release();
  await pool.query('ANALYZE');
}

type Ask = {
  readonly what: string;
  readonly before: (tx: Transaction) => Promise<unknown>;
  readonly now: (tx: Transaction) => Promise<unknown>;
};

const listBefore = (where: string, values: readonly unknown[]) => (tx: Transaction) =>
  tx.query(
    `SELECT l.topic, l.identity, l.partition, l."offset"::text, t.contract_id, t.state, l.group_id, g.exception, g.shape,
       l.event_id, l.cause, l.at, l.gone
     FROM dead_letter l JOIN dead_letter_topic t ON t.topic = l.topic
       JOIN dead_letter_group g ON g.topic = l.topic AND g.group_id = l.group_id
     WHERE ${where} l.gone = $1 ORDER BY l.at DESC, l.topic DESC, l.partition DESC, l."offset" DESC LIMIT 51`,
    [false, ...values],
  );

const asks = (redriveId: string): readonly Ask[] => [
  {
    what: 'a redrive with its counts',
    before: (tx) =>
      tx.query(
        `SELECT r.*, (SELECT json_object_agg(c.status, c.count) FROM (SELECT l.status, count(*)::int AS count
           FROM redrive_letter l WHERE l.redrive_id = r.id GROUP BY l.status) c) AS counts FROM redrive r WHERE id = $1`,
        [redriveId],
      ),
    now: (tx) => redriveStore.find(tx, redriveId),
  },
  {
    what: 'the newest letters that stand, where most are gone',
    before: listBefore('', []),
    now: (tx) => letterReads.list(tx, { gone: false }, null, 51),
  },
  {
    what: 'the same of one topic',
    before: listBefore('l.topic = $2 AND', ['a.dlq']),
    now: (tx) => letterReads.list(tx, { topic: 'a.dlq', gone: false }, null, 51),
  },
  {
    what: 'the same of one cause',
    before: listBefore('l.topic = $2 AND l.group_id = $3 AND', ['a.dlq', 'g7']),
    now: (tx) => letterReads.list(tx, { topic: 'a.dlq', groupId: 'g7', gone: false }, null, 51),
  },
];

async function side(old: pg.Pool, pool: pg.Pool, { what, before, now }: Ask): Promise<readonly string[]> {
  const [then, unit] = [createUnitOfWork(old), createUnitOfWork(pool)];
  const times = { before: [] as number[], now: [] as number[] };
  for (let call = -5; call < calls; call++)
    for (const [name, ask] of [
      ['before', () => then.run(before)],
      ['now', () => unit.run(now)],
    ] as const) {
      const begun = performance.now();
      await ask();
      // The first calls prepare plans.
      if (call >= 0) times[name].push(performance.now() - begun);
    }
  const at = (all: readonly number[], share: number) =>
    all.toSorted((a, b) => a - b)[Math.floor((all.length - 1) * share)] ?? 0;
  const figures = [0.5, 0.95].flatMap((share) => [at(times.before, share), at(times.now, share)]);
  const [b50 = 0, n50 = 1, b95 = 0, n95 = 1] = figures;
  return [
    what,
    ...[b50, n50].map((ms) => ms.toFixed(1)),
    (b50 / n50).toFixed(1),
    ...[b95, n95].map((ms) => ms.toFixed(1)),
  ];
}

const servers = await openServers(say);
const opened: { pool: pg.Pool; drop: () => Promise<void> }[] = [];
const redriveId = randomUUID();

/** A database with the letters in it; one as it was has not the indexes that came with what is compared. */
async function openFilled(asItWas: boolean): Promise<pg.Pool> {
  const scratch = await createScratchDatabase(servers.databaseUrl);
  await migrate(scratch);
  const pool = new pg.Pool({ connectionString: scratch.ownerUrl, max: 2 });
  opened.push({ pool, drop: () => scratch.drop() });
  if (asItWas)
    await pool.query(
      'DROP INDEX dead_letter_newest_standing, dead_letter_topic_standing, dead_letter_group_standing',
    );
  await fill(pool, redriveId);
  return pool;
}

try {
  say(`filling ${thousands(letters)} letters, twice`);
  const [old, pool] = [await openFilled(true), await openFilled(false)];
  const rows: (readonly string[])[] = [];
  for (const ask of asks(redriveId)) rows.push(await side(old, pool, ask));
  process.stdout.write(
    `${thousands(letters)} letters, ${calls} calls each in turns, Node ${process.versions.node}, ${cpus()[0]?.model.trim()} with ${availableParallelism()} cores, load ${loadavg()[0]?.toFixed(1)}, ${new Date().toISOString().slice(0, 16)}Z\n\n`,
  );
  process.stdout.write(
    `${markdown(['question', 'before, p50 ms', 'now, p50 ms', 'times as fast', 'before, p95 ms', 'now, p95 ms'], rows)}\n`,
  );
} finally {
  for (const { pool, drop } of opened) {
    await pool.end();
    await drop();
  }
  await servers.stop();
}
process.exit(0);
