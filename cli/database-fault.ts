import { z } from 'zod';
import { errorCode, isConnectionLost, messageOf, remedyFor } from '../server/adapters/connections.ts';
import { OwnerUnreachable } from '../server/adapters/postgres/owner-unreachable.ts';

/** Prisma's words for a server that is away: not reached, timed out, closed. */
const prismaAway = /^P(1001|1002|1008|1017)$/;

const fromServer = z.object({
  meta: z.object({ driverAdapterError: z.object({ cause: z.object({ originalCode: z.string() }) }) }),
});

/** The SQLSTATE that Prisma keeps of what the server said; '' where there is none. */
function codeInPrisma(error: unknown): string {
  return fromServer.safeParse(error).data?.meta.driverAdapterError.cause.originalCode ?? '';
}

/** Whether Reprise's own database is away, so that asking again may help. */
export function isDatabaseAway(error: unknown): boolean {
  return (
    isConnectionLost(error) ||
    prismaAway.test(errorCode(error)) ||
    /^(08|57P|53300)/.test(codeInPrisma(error)) ||
    errorCode(error) === '53300' ||
    (error instanceof Error && /timeout exceeded when trying to connect/.test(error.message))
  );
}

/**
 * What is wrong with Reprise's own database, as a sentence that names the setting and never its value, which holds a
 * password; null where the error is not about reaching it.
 */
export function databaseFault(error: unknown): string | null {
  if (error instanceof OwnerUnreachable) return faultOf('REPRISE_OWNER_DATABASE_URL', error.cause);
  return faultOf('DATABASE_URL', error);
}

function faultOf(setting: string, error: unknown): string | null {
  const code = errorCode(error);
  // Prisma puts what it was asked before what went wrong.
  const words = messageOf(error).trim().split('\n').at(-1);
  const problem = `${setting}: the database could not be used (${words}).`;
  if (code === '42501' || codeInPrisma(error) === '42501')
    return `${problem} The role lacks a right: "npm run -s reprise -- migrate" gives it what it needs, with REPRISE_OWNER_DATABASE_URL set (docs/settings.md, "Two roles").`;
  if (isDatabaseAway(error) || /^(28|3D)/.test(code)) {
    const remedy = remedyFor(error) ?? 'Check that the server runs and that the address is right.';
    return `${problem} ${remedy}`;
  }
  if (code === '42P01' || code === '3F000')
    return `${problem} It does not hold the tables of Reprise: name its own database, and start it once with npm start.`;
  return null;
}
