import { migrate, migrateOrCheck } from '../../server/adapters/postgres/migrate.ts';
import { databaseFault } from '../database-fault.ts';
import type { DatabaseReady } from './backing.ts';
import type { Steps } from './steps.ts';

/**
 * Brings Reprise's own database to the newest schema, as its owner where that is known. One that can't be reached is
 * said with its setting, and so is a role that could switch off what the database refuses.
 */
export function migrateDatabase(
  { steps }: { readonly steps: Steps },
  { databaseUrl, ownerUrl }: Pick<DatabaseReady, 'databaseUrl' | 'ownerUrl'>,
): Promise<void> {
  return steps.step('Database schema', async () => {
    const migrating =
      ownerUrl === null ? migrateOrCheck(databaseUrl) : migrate({ url: databaseUrl, ownerUrl });
    const { applied, granted, unruly } = await migrating.catch((error: unknown) => {
      const fault = databaseFault(error);
      throw fault === null ? error : new Error(fault, { cause: error });
    });
    if (unruly !== null) steps.note(unruly);
    const done = [
      applied.length === 0 ? [] : `${applied.length} migration${applied.length === 1 ? '' : 's'} applied`,
      granted === 0 ? [] : `${granted} right${granted === 1 ? '' : 's'} of the role that runs set`,
    ].flat();
    return { detail: done.length === 0 ? 'up to date' : done.join(', '), value: undefined };
  });
}
