import { migrate } from '../../server/adapters/postgres/migrate.ts';
import { databaseFault } from '../database-fault.ts';
import type { Steps } from './steps.ts';

/** Brings Reprise's own database to the newest schema. One that can't be reached is said with its setting. */
export function migrateDatabase({ steps }: { readonly steps: Steps }, databaseUrl: string): Promise<void> {
  return steps.step('Database schema', async () => {
    const { applied } = await migrate(databaseUrl).catch((error: unknown) => {
      const fault = databaseFault(error);
      throw fault === null ? error : new Error(fault, { cause: error });
    });
    const count = `${applied.length} migration${applied.length === 1 ? '' : 's'} applied`;
    return { detail: applied.length === 0 ? 'up to date' : count, value: undefined };
  });
}
