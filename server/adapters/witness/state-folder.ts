import { createHash, randomUUID } from 'node:crypto';
import { link, mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { WitnessMemory } from '../../application/ports/witness.ts';
import { RepriseError } from '../../domain/shared/errors.ts';
import { syncFolder } from '../sync-folder.ts';

const ENDING = '.checkpoint';
/**
 * Of each code: whoever refuses again and again does not fill the disk. Apart from each other, since anybody in between
 * can show old checkpoints, and only the log can sign a fork: that has its room whatever was shown before.
 */
const mostRefused = 100;

const fileOf = (number: number) => `${String(number).padStart(12, '0')}${ENDING}`;

/**
 * The memory of a witness: a file for each checkpoint that was believed, numbered in their order, in `seen`; what was
 * cosigned of it under the same number in `cosigned`; and in `refused` a folder for each two that do not go together.
 *
 * A file is whole and on the disk when it has its name. What has a name in `seen` is never replaced or removed: of two
 * processes that believe different things at the same time, one alone gets the next number, and the other ends.
 */
export function witnessFolder(folder: string): WitnessMemory {
  const [seen, cosigned, refused] = [join(folder, 'seen'), join(folder, 'cosigned'), join(folder, 'refused')];
  return {
    async newest() {
      const last = (await namesIn(seen)).at(-1);
      if (last === undefined) return null;
      return {
        number: Number(last.slice(0, -ENDING.length)),
        note: await readFile(join(seen, last), 'utf8'),
      };
    },
    async remember(number, note) {
      await within(seen, async (draft) => {
        await writeWhole(draft, note);
        await link(draft, join(seen, fileOf(number + 1))).catch((error: NodeJS.ErrnoException) => {
          if (error.code !== 'EEXIST') throw error;
          throw new RepriseError(
            'input-invalid',
            'Another witness works in this state folder: it was faster. Each needs a folder of its own.',
            { where: folder },
          );
        });
      });
      await syncFolder(folder);
    },
    async cosigned(number) {
      return readFile(join(cosigned, fileOf(number)), 'utf8').catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return null;
        throw error;
      });
    },
    async keepCosigned(number, note) {
      await within(cosigned, async (draft) => {
        await writeWhole(draft, note);
        await rename(draft, join(cosigned, fileOf(number)));
      });
    },
    async keepRefused(code, remembered, offered) {
      const hash = createHash('sha256').update(`${remembered}\0${offered}`).digest('hex').slice(0, 16);
      const name = `${code}-${hash}`;
      const pair = join(refused, name);
      await mkdir(refused, { recursive: true });
      const kept = (await readdir(refused)).filter((each) => each.startsWith(`${code}-`));
      if (kept.includes(name)) return pair;
      if (kept.length >= mostRefused) return null;
      await within(refused, async (draft) => {
        await mkdir(draft);
        await writeWhole(join(draft, `remembered${ENDING}`), remembered);
        await writeWhole(join(draft, `offered${ENDING}`), offered);
        await syncFolder(draft);
        await rename(draft, pair).catch((error: NodeJS.ErrnoException) => {
          // The same two, by another process.
          if (error.code !== 'EEXIST' && error.code !== 'ENOTEMPTY') throw error;
        });
      });
      return pair;
    },
  };
}

/** Gives a name in a folder for a draft, and takes away what is left of it. */
async function within(folder: string, work: (draft: string) => Promise<void>): Promise<void> {
  await mkdir(folder, { recursive: true });
  const draft = join(folder, `.${randomUUID()}`);
  try {
    await work(draft);
  } finally {
    await rm(draft, { force: true, recursive: true });
  }
  await syncFolder(folder);
}

async function writeWhole(path: string, text: string): Promise<void> {
  const file = await open(path, 'wx', 0o644);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function namesIn(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  return names.filter((name) => /^\d{12}\.checkpoint$/.test(name)).toSorted();
}
