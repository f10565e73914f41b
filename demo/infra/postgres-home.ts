import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { constants, existsSync } from 'node:fs';
import { access, chmod, chown, lstat, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { type Log, writeFileAtomically } from './processes.ts';

/** Whom PostgreSQL runs as. It refuses to run as root, so there another user stands in. */
export type ServerUser = { uid: number; gid: number } | null;

/** Where data go that must outlive a restart of the machine, which the temporary folder may not. */
export const lastingFolder = '/var/lib/reprise';

/** The folder that belongs to a state folder there, whether it is in use or not. */
export function lastingHome(stateDir: string, folder = lastingFolder): string {
  return join(folder, createHash('sha256').update(stateDir).digest('hex').slice(0, 16));
}

/** The same in the temporary folder: for throw-away servers, and once for all of them. */
export function temporaryHome(stateDir: string): string {
  return join(tmpdir(), `reprise${stateDir.replaceAll(/[^A-Za-z0-9]+/g, '-')}`);
}

/** `home` is where the data belong, `found` where they are now, which is the same where there are none yet. */
export type Place = { home: string; found: string };

export type Whereabouts = {
  stateDir: string;
  /** The binaries, which the server's user has to reach as well. */
  native: string;
  user: ServerUser;
  /** `lastingFolder` for data that must not be lost; left out for a throw-away server. */
  lastingDir: string | undefined;
  log: Log;
};

/**
 * Says where the data live. Below a folder that the stand-in user cannot enter (a checkout in /root, as containers
 * have it) a server cannot read its own files, so they are kept outside, in a place derived from the state folder.
 */
export async function findPlace(at: Whereabouts): Promise<Place> {
  const { stateDir, native, user, lastingDir, log } = at;
  if (user === null) return { home: stateDir, found: stateDir };
  const isInside = (await isReachable(native, user)) && (await isReachable(dirname(stateDir), user));
  const home = isInside ? stateDir : await outsideHome(stateDir, lastingDir, log);
  if (home !== stateDir) log(`user "postgres" cannot enter ${stateDir}; PostgreSQL lives in ${home} instead`);
  if (lastingDir === undefined) return { home, found: home };
  const candidates = [home, lastingHome(stateDir, lastingDir), temporaryHome(stateDir)];
  for (const found of candidates) {
    if (hasCluster(found) && (await isOurs(found, user))) return { home, found };
  }
  return { home, found: home };
}

async function outsideHome(stateDir: string, lastingDir: string | undefined, log: Log): Promise<string> {
  if (lastingDir === undefined) return temporaryHome(stateDir);
  const home = lastingHome(stateDir, lastingDir);
  try {
    await mkdir(home, { recursive: true });
    // Whatever the umask was: the stand-in user has to pass.
    for (const each of [lastingDir, home]) await chmod(each, 0o755);
    await access(home, constants.W_OK);
    return home;
  } catch (error) {
    // What is there is never left for a place that may be emptied.
    if (hasCluster(home))
      throw new Error(`The database is in ${home}, which can't be written to now.`, { cause: error });
    log(`${lastingDir} can't be written to: the database is lost when the temporary folder is emptied`);
    return temporaryHome(stateDir);
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

/** Anybody may create names in the temporary folder: one that is not ours is a trap, and not used. */
async function isOurs(home: string, { uid }: { uid: number }): Promise<boolean> {
  const found = await lstat(home);
  return found.isDirectory() && [0, uid].includes(found.uid);
}

/** Makes the folder that the data live in, and brings them there. Nothing may run on them any more. */
export async function settle({ home, found }: Place, { stateDir, user, log }: Whereabouts): Promise<void> {
  await mkdir(home, { recursive: true });
  if (user === null) return;
  if (home !== stateDir && !(await isOurs(home, user)))
    throw new Error(`${home} belongs to somebody else; remove it, or check out where others may enter.`);
  await chmod(home, 0o755);
  if (found === home) return;
  log(`moving the PostgreSQL data from ${found} to ${home}`);
  await moveCluster(found, home);
}

const run = promisify(execFile);
const mark = 'data.complete';

/** PG_VERSION is written early, so a run killed inside initdb is told by our own mark at its end. */
export function hasCluster(home: string): boolean {
  return existsSync(join(home, mark)) && existsSync(join(home, 'data', 'PG_VERSION'));
}

export async function markComplete(home: string): Promise<void> {
  await writeFile(join(home, mark), '');
}

/** The data come last: with them the new place is complete, and until then the old one is. */
async function moveCluster(from: string, to: string): Promise<void> {
  const password = await readFile(passwordFile(from), 'utf8').catch(() => null);
  if (password !== null) await writeFileAtomically(passwordFile(to), password);
  await rm(join(to, 'data'), { recursive: true, force: true });
  await markComplete(to);
  await rename(join(from, 'data'), join(to, 'data')).catch(async (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EXDEV') throw error;
    const draft = join(to, 'data.draft');
    await rm(draft, { recursive: true, force: true });
    // On another disk. The files belong to the stand-in user, and have to afterwards.
    await run('cp', ['-a', join(from, 'data'), draft]).catch(async (cause: unknown) => {
      await rm(draft, { recursive: true, force: true });
      throw new Error(`The database could not be copied from ${from} to ${to}, and is still whole there.`, {
        cause,
      });
    });
    await rename(draft, join(to, 'data'));
  });
  await rm(from, { recursive: true, force: true });
}

/** The superuser's password lies beside the data: without it nobody gets at them. */
export function passwordFile(home: string): string {
  return join(home, 'postgres.password');
}

const recordFile = (stateDir: string) => join(stateDir, 'postgres.home');

/** Says in the state folder where its data are, so that their loss is noticed. */
export async function recordHome(stateDir: string, home: string): Promise<void> {
  await writeFileAtomically(recordFile(stateDir), home);
}

/** Where the state folder says that its data are; null where it has never had any. */
export async function recordedHome(stateDir: string, home: string): Promise<string | null> {
  const recorded = (await readFile(recordFile(stateDir), 'utf8').catch(() => '')).trim();
  if (recorded !== '') return recorded;
  // Before there was a record, a port was chosen as soon as there were data.
  if (!existsSync(join(stateDir, 'postgres.port'))) return null;
  return home === stateDir ? stateDir : temporaryHome(stateDir);
}

export async function own(user: ServerUser, ...paths: string[]): Promise<void> {
  if (user === null) return;
  for (const path of paths) await chown(path, user.uid, user.gid);
}
