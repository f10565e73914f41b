import { mkdir, rename } from 'node:fs/promises';
import { join } from 'node:path';

const KEPT = 3;

/** Names the log of one process of this run, after moving the last runs' out of the way. */
export async function rotatedLog(logsDir: string, name: string): Promise<string> {
  await mkdir(logsDir, { recursive: true });
  const file = join(logsDir, `${name}.log`);
  for (let generation = KEPT; generation >= 1; generation -= 1) {
    const older = generation === 1 ? file : `${file}.${generation - 1}`;
    // Missing generations are the rule in the first runs.
    await rename(older, `${file}.${generation}`).catch(() => undefined);
  }
  return file;
}
