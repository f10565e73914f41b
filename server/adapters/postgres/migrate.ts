import pg from 'pg';
import { listMigrations, noFilters, withSchemaEngine } from './schema-engine.ts';

/** Any fixed number of our own: every process that migrates this database takes the same lock. */
const MIGRATION_LOCK = 7_463_120_113;

/**
 * Brings a database to the newest schema and answers the names of the migrations that were applied now;
 * none where it was up to date. Several processes may call it at once: one migrates, the others wait for it.
 * Throws where the database can't be reached, or where an earlier migration failed half-way.
 */
export async function migrate(databaseUrl: string): Promise<{ applied: string[] }> {
  const lock = new pg.Client({ connectionString: databaseUrl, application_name: 'reprise migrate' });
  lock.on('error', () => undefined);
  await lock.connect();
  try {
    await lock.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK]);
    const migrationsList = await listMigrations();
    return await withSchemaEngine(databaseUrl, async (engine) => {
      const { appliedMigrationNames } = await engine.applyMigrations({ migrationsList, filters: noFilters });
      return { applied: appliedMigrationNames };
    });
  } finally {
    // Ending the session gives the lock back, whatever became of the migration.
    await lock.end().catch(() => undefined);
  }
}
