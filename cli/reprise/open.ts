import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createContractLoader } from '../../server/adapters/contracts/contract-loader.ts';
import type { ContractLoader } from '../../server/application/ports/contracts.ts';
import { composeDashboard } from '../../server/composition.ts';
import { RepriseError } from '../../server/domain/shared/errors.ts';
import { readSettings } from '../../server/env.ts';
import type { World } from './world.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** The settings of a running `npm start` stand in this file (mode 0600); the environment's own come first. */
function environment(): Readonly<Record<string, string | undefined>> {
  if (process.env.DATABASE_URL) return process.env;
  const file = resolve(process.env.REPRISE_STATE_DIR ?? resolve(root, '.reprise'), 'settings.json');
  try {
    const running: Record<string, string> = JSON.parse(readFileSync(file, 'utf8'));
    return { ...running, LOG_LEVEL: 'warn', ...process.env };
  } catch (error) {
    throw new RepriseError(
      'setting-invalid',
      'There is no database to work with: start Reprise with npm start, or set DATABASE_URL.',
      { where: file, cause: error },
    );
  }
}

export async function openWorld(): Promise<World> {
  const settings = readSettings(environment(), root);
  const dashboard = composeDashboard(settings, 'cli');
  return {
    queries: dashboard.queries,
    commands: dashboard.commands,
    actor: settings.operator,
    writeArchive: (contractId, actor) => dashboard.archive(contractId, actor, new AbortController().signal),
    close: dashboard.close,
  };
}

export function openLoader(): ContractLoader {
  const contractsDir = resolve(root, process.env.REPRISE_CONTRACTS_DIR ?? 'contracts');
  return createContractLoader({ contractsDir, root });
}
