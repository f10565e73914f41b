import { hostname } from 'node:os';
import { fileURLToPath } from 'node:url';
import { createContractLoader } from '../../server/adapters/contracts/contract-loader.ts';
import { actorOf } from '../../server/api/context.ts';
import type { InvitationLink } from '../../server/application/people/invite.ts';
import type { ContractLoader } from '../../server/application/ports/contracts.ts';
import { composeDashboard } from '../../server/composition/dashboard.ts';
import { composePeople } from '../../server/composition/people.ts';
import { RepriseError } from '../../server/domain/shared/errors.ts';
import { readSettings, type Settings } from '../../server/env.ts';
import { settingsFileOf, withRunning } from '../bootstrap/running-settings.mjs';
import { contractsFolder } from './source-folders.ts';
import type { World } from './world.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** The settings of a running `npm start` stand in a file (mode 0600); the environment's own come first. */
function environment(): Readonly<Record<string, string | undefined>> {
  const found = withRunning(process.env, root);
  if (found !== null) return found;
  throw new RepriseError(
    'setting-invalid',
    'There is no database to work with: start Reprise with npm start, or set DATABASE_URL.',
    { where: settingsFileOf(process.env, root) },
  );
}

/** The settings that a command works with. */
export function readEnvironment(): Settings {
  return readSettings(environment(), root);
}

/** Acts for the person whose token is set, with their rights of this moment. */
export async function openWorld(): Promise<World> {
  const settings = readSettings(environment(), root);
  const dashboard = composeDashboard(settings, 'cli');
  try {
    const { commands, people, runbooks, reviews } = dashboard.desk(`command line on ${hostname()}`);
    const bearer = settings.token === null ? null : await people.bearerOfToken(settings.token);
    if (bearer === null) throw notLetIn(settings.token !== null);
    const actor = actorOf(bearer);
    return {
      queries: dashboard.queries,
      commands,
      runbooks,
      reviews,
      actor,
      noteRefusal: people.noteRefusal,
      writeArchive: (contractId, actor) => dashboard.archive(contractId, actor, new AbortController().signal),
      evidenceBundle: (evidenceId, fromSizes, cosigned) =>
        dashboard.evidenceLog.bundle({ evidenceId, fromSizes, cosigned }, actor),
      close: dashboard.close,
    };
  } catch (error) {
    await dashboard.close();
    throw error;
  }
}

function notLetIn(hasToken: boolean): RepriseError {
  const why = hasToken
    ? 'This token is unknown, has run out or was revoked, or its person may not sign in.'
    : 'The command line acts for somebody, by a token.';
  return new RepriseError('forbidden', `${why} Make one on the page "Your account", and set it.`, {
    where: 'REPRISE_TOKEN',
  });
}

/** Makes the link for the first administrator. Whoever may read the settings may do this, without a token. */
export async function firstAdministrator(): Promise<InvitationLink | null> {
  const { people, close } = composePeople(readSettings(environment(), root), { name: 'cli' });
  try {
    return await people.inviteFirstAdministrator(`command line on ${hostname()}`);
  } finally {
    await close();
  }
}

export function openLoader(): ContractLoader {
  return createContractLoader({ contractsDir: contractsFolder(), root });
}
