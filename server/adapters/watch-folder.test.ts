import { appendFile, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { watchFolder } from './watch-folder.ts';

let folder: string;
let stop: () => void;
let changes: number;
const errors: unknown[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'reprise-watch-'));
  await mkdir(join(folder, 'inner'));
  await writeFile(join(folder, 'a.ts'), '1');
  changes = 0;
  errors.length = 0;
  stop = watchFolder(
    folder,
    async () => {
      changes += 1;
    },
    { quietMs: 30, report: (error) => errors.push(error) },
  );
});
afterEach(async () => {
  stop();
  await rm(folder, { recursive: true, force: true });
});

/** Does something, and waits until it is told. */
async function told(act: () => Promise<unknown>): Promise<void> {
  const before = changes;
  await act();
  await expect.poll(() => changes, { timeout: 10_000 }).toBeGreaterThan(before);
  // Nothing of this act may be told as of the next one.
  await expect
    .poll(async () => {
      const seen = changes;
      await new Promise((done) => setTimeout(done, 150));
      return changes - seen;
    })
    .toBe(0);
}

it('tells a file that is changed, and one that is put in its place, as editors and git do', async () => {
  const file = join(folder, 'a.ts');
  await told(() => appendFile(file, '2'));
  for (const content of ['3', '4'])
    await told(async () => {
      await rm(file);
      await writeFile(file, content);
    });
  const elsewhere = await mkdtemp(join(tmpdir(), 'reprise-watch-'));
  await writeFile(join(elsewhere, 'a.ts'), '5');
  await told(() => rename(join(elsewhere, 'a.ts'), file));
  await rm(elsewhere, { recursive: true });
  await told(() => appendFile(file, '6'));
});

it('tells what happens in folders within it, also in one that is made later', async () => {
  await told(() => writeFile(join(folder, 'inner', 'b.ts'), '1'));
  await told(() => mkdir(join(folder, 'later')));
  await told(() => writeFile(join(folder, 'later', 'c.ts'), '1'));
  await told(() => rm(join(folder, 'inner'), { recursive: true }));
  await told(() => appendFile(join(folder, 'later', 'c.ts'), '2'));
  expect(errors).toEqual([]);
});

it('says of a folder that is not there that it is not, and does nothing', () => {
  stop();
  stop = watchFolder(join(folder, 'none'), async () => {}, { report: (error) => errors.push(error) });
  expect(errors).toMatchObject([{ code: 'ENOENT' }]);
});
