import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Where contracts and runbooks are, without any other setting. An empty one counts as not set, as everywhere. */
const folder = (name: string, otherwise: string) => resolve(root, process.env[name] || otherwise);

export const contractsFolder = (): string => folder('REPRISE_CONTRACTS_DIR', 'contracts');
export const runbooksFolder = (): string => folder('REPRISE_RUNBOOKS_DIR', 'runbooks');
