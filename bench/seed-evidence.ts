/**
 * `npm run seed:evidence`: writes records of evidence that are generated, to measure lists with. Each says so in its
 * own bytes, and pages show it. Records are never deleted, so it refuses a database in which real ones stand.
 */
import { parseArgs } from 'node:util';
import pg from 'pg';
import { sha256 } from '../server/adapters/digests.ts';
import { migrate, migrateOrCheck } from '../server/adapters/postgres/migrate.ts';
import { storeRecords } from './store-records.ts';

const usage = `DATABASE_URL=postgresql://… npm run seed:evidence -- [options]
  --records N      how many (100000)
  --days N         over how many days up to now (540)
  --seed N         another seed gives other records (1)
  --beside-real    also where real evidence stands: what is written can't be deleted again
`;

const { values: flags } = parseArgs({
  options: {
    records: { type: 'string', default: '100000' },
    days: { type: 'string', default: '540' },
    seed: { type: 'string', default: '1' },
    'beside-real': { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

function wholeNumber(text: string, flag: string): number {
  const n = Number(text.replaceAll('_', ''));
  if (Number.isSafeInteger(n) && n > 0) return n;
  throw new Error(`--${flag} has to be a whole number above 0, not ${text}.`);
}

async function seed(databaseUrl: string): Promise<void> {
  const options = {
    records: wholeNumber(flags.records, 'records'),
    days: wholeNumber(flags.days, 'days'),
    seed: wholeNumber(flags.seed, 'seed'),
    until: new Date(),
  };
  const ownerUrl = process.env.REPRISE_OWNER_DATABASE_URL;
  // Whoever runs Reprise by a role of its own has migrated already, and that role only looks whether it was done.
  if (ownerUrl) await migrate({ url: databaseUrl, ownerUrl });
  else await migrateOrCheck(databaseUrl);
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 1 });
  try {
    const { rows } = await pool.query<{ real: boolean }>(
      'SELECT EXISTS (SELECT FROM evidence_index WHERE NOT generated) AS real',
    );
    if (rows[0]?.real === true && !flags['beside-real'])
      throw new Error(
        'Real evidence stands in this database, and generated records can never be taken out again. Name another database in DATABASE_URL, or say --beside-real.',
      );
    const begun = performance.now();
    const written = await storeRecords(pool, options, sha256, (done) => {
      if (done % 10_000 === 0) process.stderr.write(`${done} records\n`);
    });
    const s = ((performance.now() - begun) / 1000).toFixed(1);
    process.stdout.write(`${written} generated records are stored, in ${s} s.\n`);
  } finally {
    await pool.end();
  }
}

if (flags.help) process.stdout.write(usage);
else {
  const databaseUrl = process.env.DATABASE_URL ?? '';
  try {
    if (databaseUrl === '') throw new Error(`DATABASE_URL names no database.\n\n${usage}`);
    await seed(databaseUrl);
    process.exit(0);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  }
}
