import { hostname, userInfo } from 'node:os';
import { retireAsOwner } from '../../server/composition/erasure.ts';
import { readEnvironment } from './open.ts';
import { type ExitCode, exitCodes } from './outcome.ts';
import { json, type Output } from './print.ts';

/** As the owner of the database: whoever knows the owner's address may do this, without a token. */
export async function retirePlace(
  output: Output,
  place: string,
  flags: { readonly reason: string; readonly json?: boolean },
): Promise<ExitCode> {
  const request = { place, reason: flags.reason, user: userInfo().username };
  const findings = await retireAsOwner(readEnvironment(), `command line on ${hostname()}`, request);
  output.out(
    flags.json
      ? json({ place, findings })
      : `Retired ${place}. What audits had found of it, which stands in the audit:\n${findings.join('\n')}`,
  );
  return exitCodes.good;
}
