/** `npm start`: the whole system on one machine, with one address at the end. */
import { mkdir } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { folders, type LaunchContext, setting } from './start/context.ts';
import { parseFlags, USAGE } from './start/flags.ts';
import { claimInstance, stopLeftovers } from './start/instance.ts';
import { launch, type OwnSettings, readOwnSettings } from './start/launch.ts';
import { namedFolderMistakes } from './start/named-folders.ts';
import { deleteState, markFolder, recognise } from './start/state-folder.ts';
import { makeSteps, StepFailed } from './start/steps.ts';
import { stopAll } from './start/stop.ts';

const ownerSetting = ['REPRISE_OWNER_DATABASE_URL', 'REPRISE_OWNER_DATABASE_URL_FILE'];
const root = dirname(dirname(fileURLToPath(import.meta.url)));
const stateDir = resolve(root, setting('REPRISE_STATE_DIR') ?? '.reprise');
let isStopping = false;
let stopOnce: Promise<void> | null = null;

/** A closed terminal must not end the launcher before it has stopped its children. */
process.stdout.on('error', () => undefined);
process.stderr.on('error', () => undefined);
const write = (text: string) => void process.stdout.write(text);
/** Steps that are cut off by the end have nothing more to say. */
const writeWhileRunning = (text: string) => void (isStopping || write(text));

async function main(): Promise<void> {
  const flags = parseFlags(process.argv.slice(2));
  if (flags.kind === 'help') return write(USAGE);
  if (flags.kind === 'wrong') return leave(`${flags.message}\n\n${USAGE}`);
  const startedAt = performance.now();
  const own = readSettingsOrLeave();
  if (own === null) return;
  const mistakes = await namedFolderMistakes(process.env, own, stateDir);
  if (mistakes.length > 0) return leave(`Wrong settings:\n${mistakes.map((each) => `  ${each}\n`).join('')}`);
  // For the launcher alone, which migrates: nothing that it starts gets to know it.
  for (const name of ownerSetting) delete process.env[name];
  if (flags.fresh && (await recognise(stateDir, root)) === null)
    return leave(
      `${stateDir} (REPRISE_STATE_DIR) holds what Reprise did not write, and nothing of Reprise: --fresh deletes nothing there.\n`,
    );
  await mkdir(stateDir, { recursive: true });
  const instance = await claimInstance(stateDir);
  if (instance.kind === 'running') {
    const where = instance.address === null ? 'and is still starting' : `at ${instance.address}`;
    return leave(
      `Reprise already runs ${where} (process ${instance.pid}). Stop it there with Ctrl-C first.\n`,
    );
  }
  const steps = makeSteps(writeWhileRunning);
  const log = (line: string) => writeWhileRunning(`${line}\n`);
  const context: LaunchContext = {
    root,
    stateDir,
    ...folders(root, stateDir),
    steps,
    log,
    running: [],
    closing: [],
  };
  const stop = (why: string, code: number) => {
    stopOnce ??= end(context, instance.release, why, code);
    return stopOnce;
  };
  stopOnSignals(stop);
  try {
    await cleanUp(context, flags.fresh, own);
    const { address, isDown, firstLink } = await launch(context, own, flags);
    const seconds = Math.round((performance.now() - startedAt) / 1000);
    const is = isDown ? 'answers, and can’t do its work yet' : 'is ready';
    writeWhileRunning(`\nReprise ${is}: ${address}  (after ${seconds} s; Ctrl-C stops everything)\n`);
    if (firstLink !== null)
      writeWhileRunning(
        `Nobody administers it yet. Whoever opens this within the hour does:\n  ${address}${firstLink}\n`,
      );
  } catch (error) {
    if (!(error instanceof StepFailed)) process.stderr.write(`✗ ${textOf(error)}\n`);
    await stop('A step failed.', 1);
  }
}

function readSettingsOrLeave(): OwnSettings | null {
  try {
    return readOwnSettings(process.env, root);
  } catch (error) {
    leave(`${error instanceof Error ? error.message : String(error)}\n`);
    return null;
  }
}

async function cleanUp(context: LaunchContext, fresh: boolean, own: OwnSettings): Promise<void> {
  const folder = await markFolder(stateDir, root, {
    ownDatabase: own.databaseUrl !== null,
    ownHistories: own.kafka !== null || own.connections.size > 0,
  });
  await stopLeftovers(stateDir, context.steps.note);
  if (!fresh) return;
  const left = await context.steps.step('Fresh start', async () => ({
    detail: `deleted the data of earlier runs in ${stateDir}`,
    value: await deleteState(stateDir, folder, new Date()),
  }));
  for (const what of left) context.steps.note(what);
}

function stopOnSignals(stop: (why: string, code: number) => Promise<void>): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => void stop(`Stopping (${signal}).`, 0));
  }
  // The launcher's launcher was killed: nobody is left to stop what runs here.
  process.on('disconnect', () => void stop('Stopping: the process that started this one is gone.', 1));
  process.on('uncaughtException', (error) => void stop(`Stopping: ${textOf(error)}`, 1));
  process.on('unhandledRejection', (error) => void stop(`Stopping: ${textOf(error)}`, 1));
}

async function end(
  context: LaunchContext,
  release: () => Promise<void>,
  why: string,
  code: number,
): Promise<void> {
  write(`\n${why}\n`);
  isStopping = true;
  await stopAll(context, write);
  await release();
  process.exit(code);
}

function leave(message: string): void {
  process.stderr.write(message);
  process.exitCode = 1;
}

function textOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

await main();
