/**
 * What runs before anything is installed: plain JavaScript for Node 20, without a dependency. It
 * installs the locked packages when they are missing and hands over to Node 24 from among them.
 * All it says goes to stderr, because stdout belongs to the command that follows.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

const OLDEST_NODE = 20;
const NODE_TO_RUN = 24;

/** @param {string} line */
function say(line) {
  process.stderr.write(`${line}\n`);
}

/**
 * @param {string} message
 * @returns {never}
 */
function fail(message) {
  say(`✗ ${message}`);
  process.exit(1);
}

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

/** @returns {string | null} why an installation is needed, or null */
function whyInstall() {
  const installed = join(root, 'node_modules', '.package-lock.json');
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

async function install() {
  const why = whyInstall();
  if (why === null) return;
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
  const child = spawn('npm', ['ci', '--no-audit', '--no-fund'], {
    cwd: root,
    stdio: ['ignore', log, log],
    // npm passes its settings on to scripts as npm_config_*; a run from `npm test` must not differ.
    env: { ...process.env, npm_config_loglevel: 'warn' },
  });
  const code = await new Promise((resolve) => {
    child.once('error', () => resolve(1));
    child.once('exit', resolve);
  });
  clearInterval(beat);
  if (code !== 0) {
    const end = readFileSync(logFile, 'utf8').trimEnd().split('\n').slice(-12).join('\n');
    fail(`npm ci failed after ${seconds()} s. ${logFile} ends:\n${end}`);
  }
  say(`✓ Packages installed  ${seconds()} s`);
}

/** @returns {string} the Node 24 that everything else runs on */
function nodeToRun() {
  const own = join(root, 'node_modules', 'node', 'bin', 'node');
  const answer = existsSync(own) ? spawnSync(own, ['--version'], { encoding: 'utf8' }) : null;
  if (answer?.status === 0 && Number(answer.stdout.slice(1).split('.')[0]) >= NODE_TO_RUN) return own;
  if (Number(process.versions.node.split('.')[0]) >= NODE_TO_RUN) return process.execPath;
  return fail(
    [
      `The package "node" did not bring its Node ${NODE_TO_RUN}: its install script did not run (npm was told not to run scripts).`,
      'Allow it with:  npm rebuild node --ignore-scripts=false',
      `or start with a Node ${NODE_TO_RUN} of your own.`,
    ].join('\n  '),
  );
}

/**
 * npm passes SIGTERM on (package.json runs us with `exec`, since a shell in between would swallow
 * it), but a killed npm passes nothing: then nobody would be left to stop what was started.
 * @param {() => void} stop
 */
function stopWithNpm(stop) {
  if (process.env.npm_lifecycle_event === undefined) return;
  const npm = process.ppid;
  setInterval(() => process.ppid === npm || stop(), 1_000).unref();
}

/** @returns {Record<string, string>} what web and worker of a running `npm start` are told, or nothing */
function settingsOfRunning() {
  if (process.env.DATABASE_URL || process.env.DATABASE_URL_FILE) return {};
  const file = join(resolve(root, process.env.REPRISE_STATE_DIR || '.reprise'), 'settings.json');
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return {};
  }
}

/**
 * Installs what is missing, then runs a TypeScript file on Node 24 with this process's arguments,
 * environment and streams, and ends as it ends. Signals are passed on; the child also ends when
 * this process is killed, since its channel to us closes then.
 * @param {string} script path from the repository's root
 * @param {{ reachRunning?: boolean }} [options] reachRunning: with the settings of the Reprise that
 *   `npm start` runs here, unless the environment names a database
 */
export async function runOnNode24(script, { reachRunning = false } = {}) {
  if (process.platform === 'win32') fail('Windows itself is not supported: run it in WSL.');
  const major = Number(process.versions.node.split('.')[0]);
  if (major < OLDEST_NODE) {
    fail(`Node ${OLDEST_NODE} or newer is needed; this is ${process.versions.node} (https://nodejs.org).`);
  }
  await install();
  const node = nodeToRun();
  const path = [dirname(node), join(root, 'node_modules', '.bin'), process.env.PATH ?? ''].join(delimiter);
  // kafkajs 2.2.4 computes a negative time-out now and then, and Node 24 warns of it; nothing comes of it.
  const flags = ['--disable-warning=TimeoutNegativeWarning'];
  const child = spawn(node, [...flags, join(root, script), ...process.argv.slice(2)], {
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    env: {
      // Half of what starting a process costs is compiling what the last one has compiled too.
      NODE_COMPILE_CACHE: join(root, '.reprise', 'cache', 'compiled'),
      ...(reachRunning ? settingsOfRunning() : {}),
      ...process.env,
      PATH: path,
    },
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    // Ctrl-C reaches the child through the terminal as well; it takes the second one as the same.
    process.on(signal, () => child.kill(signal));
  }
  stopWithNpm(() => child.kill('SIGTERM'));
  child.once('error', (error) => fail(`Node ${NODE_TO_RUN} did not start: ${error.message}`));
  child.once('exit', (code, signal) => {
    process.exit(code ?? 128 + (constants.signals[signal] ?? 0));
  });
}
