import { randomUUID } from 'node:crypto';
import { link, mkdir, open, readdir, readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { CheckpointKeep } from '../../application/ports/evidence-log.ts';
import { syncFolder } from '../sync-folder.ts';

const ENDING = '.checkpoint';

/**
 * Keeps checkpoints in a folder, a file for each: one that whoever writes the database can't write. A file is whole
 * when it has its name, and what has a name is never replaced.
 */
export function checkpointFolder(folder: string, host: string): CheckpointKeep {
  return {
    kind: 'folder',
    // The same path is another folder on another machine.
    name: `${folder} on ${host}`,
    canTell: true,
    async put({ size, note }) {
      const made = await mkdir(folder, { recursive: true });
      if (made !== undefined) await syncFolder(dirname(made));
      const draft = join(folder, `.${randomUUID()}`);
      const file = await open(draft, 'wx', 0o644);
      try {
        await file.writeFile(note);
        await file.sync();
      } finally {
        await file.close();
      }
      const named = join(folder, `${String(size).padStart(12, '0')}${ENDING}`);
      await link(draft, named)
        .catch(async (error: NodeJS.ErrnoException) => {
          if (error.code !== 'EEXIST') throw error;
          if ((await readFile(named, 'utf8')) !== note)
            throw new Error(
              `${named} holds another checkpoint of ${size} entries: the log was rewritten, or signed by another key`,
            );
        })
        .finally(() => rm(draft, { force: true }));
      // It is noted in the database as kept: a loss of power must not take away what that says.
      await syncFolder(folder);
    },
    async latest() {
      const last = (await namesIn(folder)).at(-1);
      return last === undefined ? [] : [await readFile(join(folder, last), 'utf8')];
    },
    async each(take) {
      for (const name of await namesIn(folder)) await take(await readFile(join(folder, name), 'utf8'));
    },
  };
}

async function namesIn(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  return names.filter((name) => name.endsWith(ENDING)).toSorted();
}
