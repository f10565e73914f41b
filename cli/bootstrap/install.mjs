import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { enter, installing, livingUsers, takeLock } from './records.mjs';
import { fail, say } from './say.mjs';

/**
 * Names the first package that differs between the lock file and what is installed, or null. Compared
 * by content: a checkout changes a file's time without changing a version. Optional packages are
 * for other platforms and may be missing.
 * @param {string} lockText package-lock.json
 * @param {string} installedText node_modules/.package-lock.json
 * @returns {string | null}
 */
export function firstDifference(lockText, installedText) {
  const locked = JSON.parse(lockText).packages ?? {};
  const installed = JSON.parse(installedText).packages ?? {};
  for (const [path, entry] of Object.entries(locked)) {
    if (path === '') continue;
    const found = installed[path];
    if (found === undefined && (entry.optional === true || entry.peer === true)) continue;
    if (found === undefined) return `${path} is not installed`;
    if (found.version !== entry.version) return `${path} is ${found.version}, not ${entry.version}`;
  }
  return null;
}

/** @param {string} root */
const installedIn = (root) => join(root, 'node_modules', '.package-lock.json');

/**
 * @param {string} root
 * @returns {string | null} why an installation is needed, or null
 */
function whyInstall(root) {
  const installed = installedIn(root);
  if (!existsSync(installed)) return 'nothing is installed yet';
  try {
    return firstDifference(
      readFileSync(join(root, 'package-lock.json'), 'utf8'),
      readFileSync(installed, 'utf8'),
    );
  } catch {
    return 'the installation is damaged';
  }
}

/**
 * Installs what is missing, and answers the record that this command runs from it. While others do, nothing is
 * installed: it would be taken away under them.
 * @param {string} root
 * @param {{ command: string, goesOn: boolean, whenAlone: (stop: () => void) => void }} options goesOn: with what is
 *   installed, where that is other than what is wanted and can't be changed now
 */
export async function ensureInstalled(root, { command, goesOn, whenAlone }) {
  for (let saidWait = false; ; ) {
    // First this, then the look at who installs, who does the two the other way round: one of us sees the other.
    const user = enter(root, command);
    const other = installing(root);
    const why = whyInstall(root);
    if (other === null && why === null) return user;
    user.leave();
    if (other !== null) {
      if (!saidWait)
        say(
          `… Waiting for another process, which installs packages (${nameOf(other)}; .reprise/install/lock)`,
        );
      saidWait = true;
      await wait(300);
      continue;
    }
    const isOfUse = goesOn && existsSync(installedIn(root));
    const lock = lockOrFail(root, command, isOfUse);
    if (lock === 'none') {
      say(`  ${why}, which can't be installed from here: this goes on with what is there`);
      return enter(root, command);
    }
    if (lock === null) continue;
    try {
      const still = whyInstall(root);
      if (still === null) continue;
      const users = await usersThatStay(root);
      if (users.length > 0) {
        const who = users.map(nameOf).join(', ');
        if (!isOfUse)
          fail(
            `Packages have to be installed (${still}), which takes those away that others run from: ${who}. Stop them first, then start this again.`,
          );
        say(`  ${still}: installed at the next npm start, since others run from what is there (${who})`);
        return enter(root, command);
      }
      await install(root, still, lock, whenAlone);
      const left = whyInstall(root);
      if (left !== null)
        fail(`npm ci ended well, and ${left} all the same: look at npm's own settings (npm config ls).`);
    } finally {
      lock.release();
    }
  }
}

/**
 * Those that only look whether they have to install see the lock, and go.
 * @param {string} root
 */
async function usersThatStay(root) {
  for (let left = 10; left > 0 && livingUsers(root).length > 0; left -= 1) await wait(100);
  return livingUsers(root);
}

/**
 * @param {string} root
 * @param {string} command
 * @param {boolean} isOfUse whether there is something to go on with
 */
function lockOrFail(root, command, isOfUse) {
  try {
    return takeLock(root, command);
  } catch (error) {
    if (isOfUse) return 'none';
    return fail(`Packages have to be installed, and ${root} can't be written: ${error.message}`);
  }
}

/** @param {import('./records.mjs').Made} made */
const nameOf = ({ command, processes }) => `${command}, process ${processes[0]?.pid}`;

/**
 * @param {string} root
 * @param {string} why
 * @param {{ started: (pid: number) => void }} lock
 * @param {(stop: () => void) => void} whenAlone
 */
async function install(root, why, lock, whenAlone) {
  const version = spawnSync('npm', ['--version'], { encoding: 'utf8' });
  if (version.status !== 0) fail('npm is not on the PATH; it comes with Node (https://nodejs.org).');
  mkdirSync(join(root, '.reprise', 'logs'), { recursive: true });
  const logFile = join(root, '.reprise', 'logs', 'install.log');
  const log = openSync(logFile, 'w');
  const startedAt = performance.now();
  const seconds = () => ((performance.now() - startedAt) / 1000).toFixed(1);
  say(`… Installing packages with npm ${version.stdout.trim()} (${why})`);
  const beat = setInterval(
    () => say(`… Still installing packages, ${Math.round(Number(seconds()))} s`),
    15_000,
  );
  // All kinds are named, since NODE_ENV=production or somebody's .npmrc leaves some out.
  const kinds = ['--include=dev', '--include=optional', '--include=peer'];
  const interruption = stopOnSignals(whenAlone);
  const child = spawn('npm', ['ci', '--no-audit', '--no-fund', ...kinds], {
    cwd: root,
    stdio: ['ignore', log, log],
    // A group of its own: what npm has started ends with it.
    detached: true,
    // npm passes its settings on to scripts as npm_config_*; a run from `npm test` must not differ.
    env: { ...process.env, npm_config_loglevel: 'warn' },
  });
  interruption.of(child);
  const ended = new Promise((resolve) => {
    child.once('error', () => resolve(1));
    child.once('exit', resolve);
  });
  // However this ends: npm must not go on where nobody sees it, and the next one would begin beside it.
  process.once('exit', interruption.kill);
  let code;
  try {
    if (child.pid !== undefined) lock.started(child.pid);
    code = await ended;
  } finally {
    interruption.kill();
    process.off('exit', interruption.kill);
    clearInterval(beat);
  }
  const signal = interruption.end();
  if (signal !== null) {
    say(`✗ The installation was cut off (${signal}); the next start begins it anew.`);
    process.exit(128 + (constants.signals[signal] ?? 0));
  }
  if (code !== 0) {
    const end = readFileSync(logFile, 'utf8').trimEnd().split('\n').slice(-12).join('\n');
    fail(`npm ci failed after ${seconds()} s. ${logFile} ends:\n${end}`);
  }
  say(`✓ Packages installed  ${seconds()} s`);
}

/**
 * Begins before there is anything to stop, since a signal in between would end this process alone.
 * @param {(stop: () => void) => void} whenAlone
 */
function stopOnSignals(whenAlone) {
  /** @type {import('node:child_process').ChildProcess | null} the leader of its group */
  let child = null;
  /** @type {NodeJS.Signals | null} */
  let first = null;
  /** @param {NodeJS.Signals} name */
  const send = (name) => {
    try {
      if (child?.pid !== undefined) process.kill(-child.pid, name);
    } catch {
      // It has ended meanwhile.
    }
  };
  /** @param {NodeJS.Signals} name */
  const stop = (name) => {
    if (child?.pid === undefined || child.exitCode !== null) return;
    first ??= name;
    send(name);
    setTimeout(() => send('SIGKILL'), 5_000).unref();
  };
  /** @type {NodeJS.Signals[]} */
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  const handlers = signals.map((name) => ({ name, handler: () => stop(name) }));
  for (const { name, handler } of handlers) process.on(name, handler);
  whenAlone(() => stop('SIGTERM'));
  return {
    /** @param {import('node:child_process').ChildProcess} started */
    of: (started) => {
      child = started;
    },
    kill: () => {
      if (child !== null && child.exitCode === null && child.signalCode === null) send('SIGKILL');
    },
    end: () => {
      for (const { name, handler } of handlers) process.off(name, handler);
      return first;
    },
  };
}
