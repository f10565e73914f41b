/**
 * What runs before anything is installed, as all below bootstrap/: plain JavaScript for Node 20, without a dependency.
 * It installs the locked packages when they are missing and hands over to Node 24 from among them.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { delimiter, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureInstalled } from './bootstrap/install.mjs';
import { withRunning } from './bootstrap/running-settings.mjs';
import { fail } from './bootstrap/say.mjs';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

const OLDEST_NODE = 20;
const NODE_TO_RUN = 24;

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

/** Settings that can't be read are refused by the commands that need them: others, as `verify`, go on without. */
function runningOrNone() {
  try {
    return withRunning(process.env, root);
  } catch {
    return null;
  }
}

/**
 * Installs what is missing, then runs a TypeScript file on Node 24 with this process's arguments,
 * environment and streams, and ends as it ends. Signals are passed on; the child also ends when
 * this process is killed, since its channel to us closes then.
 * @param {string} script path from the repository's root
 * @param {{ reachRunning?: boolean, beside?: boolean }} [options] reachRunning: with the settings of the Reprise that
 *   `npm start` runs here, unless the environment names a database. beside: it is of use beside a running one, and then
 *   goes on with the packages of that
 */
export async function runOnNode24(script, { reachRunning = false, beside = false } = {}) {
  if (process.platform === 'win32') fail('Windows itself is not supported: run it in WSL.');
  const major = Number(process.versions.node.split('.')[0]);
  if (major < OLDEST_NODE) {
    fail(`Node ${OLDEST_NODE} or newer is needed; this is ${process.versions.node} (https://nodejs.org).`);
  }
  const command = ['node', relative(root, process.argv[1] ?? script), ...process.argv.slice(2, 4)].join(' ');
  const user = await ensureInstalled(root, { command, goesOn: beside, whenAlone: stopWithNpm });
  const node = nodeToRun();
  const path = [dirname(node), join(root, 'node_modules', '.bin'), process.env.PATH ?? ''].join(delimiter);
  // kafkajs 2.2.4 computes a negative time-out now and then, and Node 24 warns of it; nothing comes of it.
  const flags = ['--disable-warning=TimeoutNegativeWarning'];
  const child = spawn(node, [...flags, join(root, script), ...process.argv.slice(2)], {
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    env: {
      // Half of what starting a process costs is compiling what the last one has compiled too.
      NODE_COMPILE_CACHE: join(root, '.reprise', 'cache', 'compiled'),
      ...((reachRunning ? runningOrNone() : null) ?? process.env),
      PATH: path,
    },
  });
  if (child.pid !== undefined) user.started(child.pid);
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
