/**
 * Who installs packages into this checkout, and who runs from those that are there: npm empties node_modules before it
 * fills it again, so only one may, and nobody else may live on it meanwhile.
 */
import {
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';

/** @typedef {{ pid: number, startedAt: string }} Identity a pid alone is handed out again */
/** @typedef {{ command: string, processes: Identity[] }} Made whoever wrote a record, and what it has started */

/**
 * Field 22 of /proc/PID/stat, counted from behind the command's name (proc_pid_stat(5)); empty where there is no /proc,
 * null for what has ended and was not waited for.
 * @param {number} pid
 */
function startOf(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' || fields[0] === 'X' ? null : (fields[19] ?? '');
  } catch {
    return '';
  }
}

/**
 * @param {number} pid
 * @returns {Identity}
 */
export function identify(pid) {
  return { pid, startedAt: startOf(pid) ?? '' };
}

/** @param {Identity} identity */
function isAlive({ pid, startedAt }) {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // Another user's process is there all the same.
    if (error.code !== 'EPERM') return false;
  }
  const known = startOf(pid);
  return known === '' || known === startedAt;
}

/**
 * @param {string} file
 * @returns {Made | null} null: there is none, or all its processes are gone
 */
function readLiving(file) {
  try {
    const made = JSON.parse(readFileSync(file, 'utf8'));
    return made.processes.some(isAlive) ? made : null;
  } catch {
    return null;
  }
}

/** @param {string} root */
const lockOf = (root) => join(root, '.reprise', 'install', 'lock');
/** @param {string} root */
const usersOf = (root) => join(root, '.reprise', 'install', 'users');

/**
 * Written whole or not at all.
 * @param {string} file
 * @param {Made} made
 * @param {(from: string, to: string) => void} put
 */
function write(file, made, put) {
  mkdirSync(dirname(file), { recursive: true });
  const draft = `${file}.${process.pid}.draft`;
  writeFileSync(draft, JSON.stringify(made), { mode: 0o600 });
  try {
    put(draft, file);
  } finally {
    rmSync(draft, { force: true });
  }
}

/**
 * Says that a command runs from what is installed, until this process ends or `leave` is called.
 * @param {string} root
 * @param {string} command
 */
export function enter(root, command) {
  const file = join(usersOf(root), String(process.pid));
  const leave = () => {
    try {
      rmSync(file, { force: true });
    } catch {
      // It could not be written either.
    }
  };
  /** @param {Identity[]} children */
  const note = (children) => {
    try {
      write(file, { command, processes: [identify(process.pid), ...children] }, renameSync);
    } catch {
      // In a checkout that can't be written to nobody installs anything either.
    }
  };
  note([]);
  process.once('exit', leave);
  return {
    /** @param {number} pid */
    started: (pid) => note([identify(pid)]),
    leave: () => {
      process.off('exit', leave);
      leave();
    },
  };
}

/**
 * @param {string} root
 * @returns {Made[]} those that run from what is installed
 */
export function livingUsers(root) {
  const folder = usersOf(root);
  const names = existsSync(folder) ? readdirSync(folder) : [];
  const users = names.map((name) => readLiving(join(folder, name))).filter((made) => made !== null);
  const launcher = livingLauncher(root);
  const isKnown = users.some(({ processes }) => processes.some(({ pid }) => pid === launcher?.pid));
  return launcher === null || isKnown ? users : [...users, { command: 'npm start', processes: [launcher] }];
}

/**
 * The launcher that has the state folder: one that was started otherwise than by npm, or by an older Reprise, is in no
 * other record.
 * @param {string} root
 * @returns {Identity | null}
 */
function livingLauncher(root) {
  try {
    const file = join(resolve(root, process.env.REPRISE_STATE_DIR || '.reprise'), 'owner.json');
    const { pid, startedAt } = JSON.parse(readFileSync(file, 'utf8'));
    // There the system's start stands before it (demo/infra/process-identity.ts).
    const launcher = { pid, startedAt: String(startedAt).split('/').at(-1) ?? '' };
    return isAlive(launcher) ? launcher : null;
  } catch {
    return null;
  }
}

/**
 * @param {string} root
 * @returns {Made | null} who installs at this moment
 */
export function installing(root) {
  return readLiving(lockOf(root));
}

/**
 * Makes this process the one that installs; null where another is. It is given back at the latest when this one ends.
 * @param {string} root
 * @param {string} command
 */
export function takeLock(root, command) {
  const file = lockOf(root);
  /** @type {Made} */
  const made = { command, processes: [identify(process.pid)] };
  dropDead(file);
  try {
    // A hard link fails where the name exists, so of two only one gets it, and nobody reads half of it.
    write(file, made, linkSync);
  } catch (error) {
    if (error.code === 'EEXIST') return null;
    throw error;
  }
  const release = () => rmSync(file, { force: true });
  process.once('exit', release);
  return {
    /** What it has started goes on when it is killed, and then nobody else may begin. @param {number} pid */
    started: (pid) => write(file, { ...made, processes: [...made.processes, identify(pid)] }, renameSync),
    release: () => {
      process.off('exit', release);
      release();
    },
  };
}

/** Takes away the lock of one that is gone, and of nobody who has taken it meanwhile. @param {string} file */
function dropDead(file) {
  if (readLiving(file) !== null) return;
  const aside = `${file}.${process.pid}.dead`;
  try {
    renameSync(file, aside);
  } catch {
    return;
  }
  try {
    if (readLiving(aside) !== null) linkSync(aside, file);
  } finally {
    rmSync(aside, { force: true });
  }
}
