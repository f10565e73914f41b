import { hostname, userInfo } from 'node:os';
import { retireAsOwner } from '../../server/composition/erasure.ts';
import { readEnvironment } from './open.ts';
import { type ExitCode, exitCodes } from './outcome.ts';
import type { Output } from './print.ts';

/** As the owner of the database: whoever knows the owner's address may do this, without a token. */
export async function retirePlace(
  output: Output,
  place: string,
  { reason }: { readonly reason: string },
): Promise<ExitCode> {
  const request = { place, reason, user: userInfo().username };
  const findings = await retireAsOwner(readEnvironment(), `command line on ${hostname()}`, request);
  output.out(
    `Retired ${place}. What audits had found of it, which stands in the audit:\n${findings.join('\n')}`,
  );
  return exitCodes.good;
}
