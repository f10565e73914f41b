/**
 * Writes the next migration: what must change so that the migrations give what prisma/schema.prisma says.
 * Usage: node cli/write-migration.ts <name>, with DATABASE_URL naming a server on which a scratch database may
 * be made. What Prisma can't say (collations, checks, triggers) is added to the file by hand.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { migrate } from '../server/adapters/postgres/migrate.ts';
import { migrationsFolder, missingFromSchema } from '../server/adapters/postgres/schema-engine.ts';
import { createScratchDatabase } from '../server/adapters/postgres/scratch-database.ts';

const name = process.argv[2] ?? '';
const serverUrl = process.env.DATABASE_URL ?? '';
if (!/^[a-z][a-z0-9_]*$/.test(name) || serverUrl === '') {
  process.stderr.write('Usage: DATABASE_URL=… node cli/write-migration.ts <name_in_lower_case>\n');
  process.exit(1);
}

const scratch = await createScratchDatabase(serverUrl);
try {
  await migrate({ url: scratch.ownerUrl, ownerUrl: scratch.ownerUrl });
  const sql = await missingFromSchema(scratch.ownerUrl);
  if (sql === '') {
    process.stdout.write('The migrations already give what the schema says.\n');
  } else {
    const stamp = new Date().toISOString().replace(/\D/g, '').slice(0, 14);
    const folder = join(migrationsFolder, `${stamp}_${name}`);
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'migration.sql'), sql);
    process.stdout.write(`Wrote prisma/migrations/${stamp}_${name}/migration.sql\n`);
  }
} finally {
  await scratch.drop();
}
// The engine keeps a timer of ten seconds for its own lock.
process.exit(0);
