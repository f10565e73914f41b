import { firstAdministrator } from './open.ts';
import { type ExitCode, exitCodes } from './outcome.ts';
import { json, type Output } from './print.ts';

/** Prints the path of the link that makes the first administrator: the address before it is the installation's own. */
export async function inviteFirst(output: Output, flags: { readonly json?: boolean }): Promise<ExitCode> {
  const link = await firstAdministrator();
  if (link === null) {
    output.err('There is an administrator already, who can invite others on the page "People".');
    return exitCodes.notDone;
  }
  const path = `/welcome#${link.token}`;
  output.out(flags.json ? json({ path, hours: link.hours }) : path);
  output.err(
    `Whoever opens this path within ${link.hours} h becomes the first administrator. It works once.`,
  );
  return exitCodes.good;
}
