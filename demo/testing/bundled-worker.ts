import { join, resolve } from 'node:path';
import { bundleWorker } from '../../cli/start/worker-bundle.ts';

const root = resolve(import.meta.dirname, '../..');

/**
 * Tests run the worker that `npm start` runs, in a few files; a worker from its source would also take each of its
 * processes and threads some seconds more to load. Whoever is started from here finds it in its environment.
 */
export default async function setup(): Promise<void> {
  const { detail, value } = await bundleWorker(root, join(root, '.reprise/cache'));
  process.env.REPRISE_TEST_WORKER = value;
  process.stdout.write(`worker: ${detail}\n`);
}
