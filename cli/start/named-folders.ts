import { stat } from 'node:fs/promises';

type Environment = Readonly<Record<string, string | undefined>>;
type Folders = { readonly contractsDir: string; readonly runbooksDir: string };

/**
 * What is wrong with the folders that settings name, one sentence each: those that are read have to be there, and the
 * state's is made where it is not.
 */
export async function namedFolderMistakes(
  environment: Environment,
  { contractsDir, runbooksDir }: Folders,
  stateDir: string,
): Promise<readonly string[]> {
  const read = [
    ['REPRISE_CONTRACTS_DIR', contractsDir],
    ['REPRISE_RUNBOOKS_DIR', runbooksDir],
  ] as const;
  const mistakes: string[] = [];
  for (const [name, folder] of read) {
    if (!environment[name]) continue;
    const kind = await kindOf(folder);
    if (kind === 'nothing') mistakes.push(`${name} names ${folder}, and there is no such folder.`);
    if (kind === 'other') mistakes.push(`${name} names ${folder}, which is no folder.`);
  }
  if ((await kindOf(stateDir)) === 'other')
    mistakes.push(`REPRISE_STATE_DIR names ${stateDir}, which is no folder.`);
  return mistakes;
}

async function kindOf(path: string): Promise<'folder' | 'nothing' | 'other'> {
  try {
    return (await stat(path)).isDirectory() ? 'folder' : 'other';
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // What can't be looked at is told of by who needs it.
    return code === 'ENOTDIR' ? 'other' : code === 'ENOENT' ? 'nothing' : 'folder';
  }
}
