import { migrate, migrateOrCheck } from '../../server/adapters/postgres/migrate.ts';
import { readEnvironment } from './open.ts';
import { type ExitCode, exitCodes } from './outcome.ts';
import { json, type Output } from './print.ts';

/**
 * Brings the database to the newest schema as its owner, and gives the role that runs what it needs. Whoever knows the
 * owner's address may do this, without a token.
 */
export async function migrateNow(output: Output, flags: { readonly json?: boolean }): Promise<ExitCode> {
  const { databaseUrl, ownerDatabaseUrl } = readEnvironment();
  const { applied, granted, unruly } =
    ownerDatabaseUrl === null
      ? await migrateOrCheck(databaseUrl)
      : await migrate({ url: databaseUrl, ownerUrl: ownerDatabaseUrl });
  if (flags.json) output.out(json({ applied, granted, unruly }));
  else sayDone(output, applied, granted);
  if (unruly !== null) output.err(unruly);
  return exitCodes.good;
}

function sayDone(output: Output, applied: readonly string[], granted: number): void {
  for (const name of applied) output.out(`applied ${name}`);
  if (granted > 0) output.out(`set ${granted} right${granted === 1 ? '' : 's'} of the role that runs`);
  if (applied.length === 0 && granted === 0) output.out('The database is up to date.');
}
