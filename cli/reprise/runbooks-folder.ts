import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Where runbooks are, without any other setting. */
export const runbooksFolder = (): string => resolve(root, process.env.REPRISE_RUNBOOKS_DIR ?? 'runbooks');
