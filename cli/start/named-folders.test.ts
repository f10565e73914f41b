import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { namedFolderMistakes } from './named-folders.ts';

const folder = mkdtempSync(join(tmpdir(), 'reprise-folders-'));
const file = join(folder, 'file');
writeFileSync(file, '');
afterAll(() => rmSync(folder, { recursive: true }));

const mistakes = (contractsDir: string, stateDir: string, isNamed = true) =>
  namedFolderMistakes(
    isNamed ? { REPRISE_CONTRACTS_DIR: contractsDir } : {},
    { contractsDir, runbooksDir: join(folder, 'none') },
    stateDir,
  );

it('names a folder that a setting names and that is not there, or is none', async () => {
  expect(await mistakes(folder, folder)).toEqual([]);
  expect(await mistakes(join(folder, 'none'), folder)).toEqual([
    expect.stringMatching(/^REPRISE_CONTRACTS_DIR names .*, and there is no such folder\.$/),
  ]);
  expect(await mistakes(file, folder)).toEqual([expect.stringMatching(/which is no folder/)]);
});

it('leaves those alone that no setting names: what is brought may be taken away', async () => {
  expect(await mistakes(join(folder, 'none'), folder, false)).toEqual([]);
});

it('takes a state folder that is yet to be made, and no file', async () => {
  expect(await mistakes(folder, join(folder, 'state'))).toEqual([]);
  expect(await mistakes(folder, file)).toEqual([expect.stringMatching(/^REPRISE_STATE_DIR names /)]);
  expect(await mistakes(folder, join(file, 'below'))).toEqual([expect.stringMatching(/^REPRISE_STATE_DIR /)]);
});
