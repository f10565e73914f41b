import { firstAdministrator } from './open.ts';
import { type ExitCode, exitCodes } from './outcome.ts';
import type { Output } from './print.ts';

/** Prints the path of the link that makes the first administrator: the address before it is the installation's own. */
export async function inviteFirst(output: Output): Promise<ExitCode> {
  const link = await firstAdministrator();
  if (link === null) {
    output.err('There is an administrator already, who can invite others on the page "People".');
    return exitCodes.notDone;
  }
  output.out(`/welcome#${link.token}`);
  output.err(
    `Whoever opens this path within ${link.hours} h becomes the first administrator. It works once.`,
  );
  return exitCodes.good;
}
