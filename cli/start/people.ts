import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomically } from '../../demo/infra/processes.ts';
import { ensureDemoPeople, shutOutDemoPeople } from '../../server/application/people/demo-people.ts';
import { composePeople } from '../../server/composition/people.ts';
import { readSettings } from '../../server/env.ts';
import type { LaunchContext } from './context.ts';
import { environmentWith } from './settings-file.ts';

export type Door = {
  /** Settings that let people in. */
  readonly settings: Record<string, string>;
  /** What follows the address in the link that makes the first administrator; null where somebody is one. */
  readonly firstLink: string | null;
};

/**
 * Makes the secret that signs cookies, and either the demo's people or, where nobody administers yet, the link for
 * the first administrator. `environment` are the settings that web and worker get.
 */
export function prepareDoor(
  context: LaunchContext,
  environment: Record<string, string>,
  isDemo: boolean,
): Promise<Door> {
  return context.steps.step('People', async () => {
    const secret =
      process.env.REPRISE_SECRET || process.env.REPRISE_SECRET_FILE ? {} : await ownSecret(context);
    const settings = readSettings(environmentWith(process.env, environment), context.root);
    const { people, close } = composePeople(settings, { name: 'npm start' });
    try {
      if (isDemo) {
        const file = join(context.stateDir, 'command-line.token');
        const { token, made } = await ensureDemoPeople(people, await textOf(file));
        await writeFileAtomically(file, token);
        const settings = { ...secret, REPRISE_TOKEN: token, REPRISE_DEMO_PEOPLE: 'true' };
        return {
          detail: made === 0 ? 'those of the demo' : `${made} of the demo made`,
          value: { settings, firstLink: null },
        };
      }
      const shut = await shutOutDemoPeople(people);
      if (shut > 0)
        context.steps.note('the people of the demo are shut out: their password is known to everybody');
      const link = await people.inviteFirstAdministrator('npm start');
      const firstLink = link === null ? null : `/welcome#${link.token}`;
      return {
        detail: link === null ? 'somebody administers' : 'nobody yet',
        value: { settings: secret, firstLink },
      };
    } finally {
      await close();
    }
  });
}

/** The secret of this installation; made once, and readable by its user alone. */
async function ownSecret({ stateDir }: LaunchContext): Promise<Record<string, string>> {
  const file = join(stateDir, 'secret');
  const kept = await textOf(file);
  if (kept !== null && kept.length >= 32) return { REPRISE_SECRET: kept };
  const secret = randomBytes(32).toString('base64url');
  await writeFileAtomically(file, secret);
  return { REPRISE_SECRET: secret };
}

async function textOf(file: string): Promise<string | null> {
  const text = await readFile(file, 'utf8').catch(() => null);
  return text === null || text.trim() === '' ? null : text.trim();
}
