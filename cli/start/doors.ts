import { join } from 'node:path';
import { freePort } from '../../demo/infra/ports.ts';
import { lastLines, writeFileAtomically } from '../../demo/infra/processes.ts';
import { workerArguments, workerEnvironment } from '../../server/workers/arguments.ts';
import { superviseChild } from './children.ts';
import type { LaunchContext } from './context.ts';
import { waitForHealth } from './health.ts';
import { addressFile, settingsFile } from './instance.ts';
import type { Supervised } from './supervise.ts';
import { compiledBeside, keepBundle } from './worker-bundle.ts';

const HEALTH_BOUND_MS = 120_000;
const DEGRADED_MS = 20_000;
/** A process that crashes this often in a row before anybody has seen a page will not come up. */
const HOPELESS_AFTER = 3;

export type Doors = {
  host: string;
  port: number;
  settings: Record<string, string>;
  /** What the worker is started from. */
  workerFile: string;
};

/** Starts web and worker with the same settings and answers the page's address once it is healthy. */
export function openDoors(
  context: LaunchContext,
  { host, port, settings, workerFile }: Doors,
): Promise<string> {
  return context.steps.step('Web and worker', async () => {
    const free = await freePort(port);
    if (free !== port) context.steps.note(`port ${port} is taken; the page uses ${free}`);
    const address = `http://${host.includes(':') ? `[${host}]` : host}:${free}`;
    const own = { ...settings, HOST: host, PORT: String(free), REPRISE_STATE_DIR: context.stateDir };
    await writeFileAtomically(addressFile(context.stateDir), address);
    await writeFileAtomically(settingsFile(context.stateDir), `${JSON.stringify(own, null, 2)}\n`);
    const env = {
      ...withoutFilesOf(own),
      ...own,
      NODE_ENV: 'production' as const,
      NEXT_TELEMETRY_DISABLED: '1',
    };
    const next = ['node_modules/next/dist/bin/next', 'start', '-H', host, '-p', String(free)];
    const children = await Promise.all([
      superviseChild(
        {
          name: 'worker',
          args: workerArguments(workerFile),
          env: { ...workerEnvironment, ...env, ...compiledBeside(context.root, workerFile) },
          graceMs: 10_000,
        },
        context,
      ),
      superviseChild({ name: 'web', args: next, env, graceMs: 5_000 }, context),
    ]);
    context.running.push(...children);
    const kept = keepBundle(context.root, workerFile);
    context.closing.push(async () => kept.stop());
    await waitUntilOpen(context, `${address}/api/health`, children);
    return {
      detail: children.map((child) => `${child.name} (pid ${child.pid()})`).join(', '),
      value: address,
    };
  });
}

async function waitUntilOpen(
  context: LaunchContext,
  url: string,
  children: readonly Supervised[],
): Promise<void> {
  const hopeless = () => children.find((child) => child.crashes() >= HOPELESS_AFTER);
  const health = await waitForHealth(url, {
    boundMs: HEALTH_BOUND_MS,
    degradedMs: DEGRADED_MS,
    isPointless: () => hopeless() !== undefined,
  });
  const broken =
    hopeless() ?? (health.kind === 'silent' ? children.find(({ name }) => name === 'web') : undefined);
  if (broken !== undefined) {
    const logFile = join(context.logsDir, `${broken.name}.log`);
    const why =
      broken.crashes() > 0 ? 'does not come up' : `does not answer within ${HEALTH_BOUND_MS / 1000} s`;
    throw new Error(
      [`${broken.name} ${why}. ${logFile} ends:`, ...(await lastLines(logFile, 12))].join('\n'),
    );
  }
  for (const trouble of health.troubles) context.steps.note(`not well yet: ${trouble}`);
}

/** The user's environment without `<NAME>_FILE` of what is named outright: both at once are refused. */
function withoutFilesOf(own: Record<string, string>): NodeJS.ProcessEnv {
  const env = { ...process.env };
  for (const name of Object.keys(own)) delete env[`${name}_FILE`];
  return env;
}
