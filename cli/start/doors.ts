import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { freePort, PortTakenError, saysPortTaken, startOnFreePorts } from '../../demo/infra/ports.ts';
import { lastLines, writeFileAtomically } from '../../demo/infra/processes.ts';
import { workerArguments, workerEnvironment } from '../../server/workers/arguments.ts';
import { superviseChild } from './children.ts';
import type { LaunchContext } from './context.ts';
import { type Asked, type Health, waitForHealth } from './health.ts';
import { addressFile, settingsFile } from './instance.ts';
import { environmentWith, settingsOfRun } from './settings-file.ts';
import type { Supervised } from './supervise.ts';
import { compiledBeside, keepBundle } from './worker-bundle.ts';

const HEALTH_BOUND_MS = 120_000;
const DEGRADED_MS = 20_000;
/** A process that crashes this often in a row before anybody has seen a page will not come up. */
const HOPELESS_AFTER = 3;

export type Doors = {
  host: string;
  port: number;
  /** The address that people type, where it is another than the one that is listened on. */
  origin: string | null;
  settings: Record<string, string>;
  /** What the worker is started from. */
  workerFile: string;
};

/** `isDown`: it answers, and can't do its work yet. */
export type Opened = { readonly address: string; readonly isDown: boolean };

/** Starts web and worker with the same settings and answers the page's address once it is healthy. */
export function openDoors(context: LaunchContext, doors: Doors): Promise<Opened> {
  return context.steps.step('Web and worker', async () => {
    const opened = await startOnFreePorts('the page', context.steps.note, (shift) =>
      openAt(context, doors, doors.port + shift),
    );
    const kept = keepBundle(context.root, doors.workerFile);
    context.closing.push(async () => kept.stop());
    return opened;
  });
}

/** @throws PortTakenError where another program listens there by the time that the web process would. */
async function openAt(context: LaunchContext, doors: Doors, wanted: number) {
  const { host, origin } = doors;
  const free = await freePort(wanted, [], host);
  if (free !== doors.port) context.steps.note(`port ${doors.port} is taken; the page uses ${free}`);
  const address = `http://${host.includes(':') ? `[${host}]` : host}:${free}`;
  const asked = { url: `${address}/api/health`, origin, instance: randomUUID() };
  const children = await startChildren(context, doors, free, asked.instance);
  context.running.push(...children);
  await writeFileAtomically(addressFile(context.stateDir), origin ?? address);
  try {
    const isDown = await waitUntilOpen(context, asked, children);
    return {
      detail: children.map((child) => `${child.name} (pid ${child.pid()})`).join(', '),
      value: { address, isDown },
    };
  } catch (error) {
    if (!(error instanceof PortTakenError)) throw error;
    await Promise.all(children.map((child) => child.stop()));
    for (const child of children) context.running.splice(context.running.indexOf(child), 1);
    throw error;
  }
}

async function startChildren(
  context: LaunchContext,
  { host, settings, workerFile }: Doors,
  port: number,
  instance: string,
): Promise<Supervised[]> {
  const own = { ...settings, HOST: host, PORT: String(port), REPRISE_STATE_DIR: context.stateDir };
  const handedOn = settingsOfRun(process.env, own, context.root);
  await writeFileAtomically(settingsFile(context.stateDir), `${JSON.stringify(handedOn, null, 2)}\n`);
  const env = {
    ...environmentWith(process.env, own),
    REPRISE_INSTANCE: instance,
    NODE_ENV: 'production' as const,
    NEXT_TELEMETRY_DISABLED: '1',
  };
  const next = ['node_modules/next/dist/bin/next', 'start', '-H', host, '-p', String(port)];
  return Promise.all([
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
}

/** Answers whether it is down all the same: it answers, and can't do its work. */
async function waitUntilOpen(
  context: LaunchContext,
  asked: Asked,
  children: readonly Supervised[],
): Promise<boolean> {
  const hopeless = () => children.find((child) => child.crashes() >= HOPELESS_AFTER);
  const logOf = (name: string) => join(context.logsDir, `${name}.log`);
  const hasLostPort = async () =>
    children.some(({ name, crashes }) => name === 'web' && crashes() > 0) &&
    saysPortTaken(await lastLines(logOf('web'), 40));
  const health = await waitForHealth(asked, {
    boundMs: HEALTH_BOUND_MS,
    degradedMs: DEGRADED_MS,
    isPointless: async () => hopeless() !== undefined || (await hasLostPort()),
  });
  const isOpen = health.kind === 'up' || health.kind === 'degraded';
  if (!isOpen && (await hasLostPort())) throw new PortTakenError(`another program answers at ${asked.url}`);
  const broken = hopeless() ?? (isOpen || health.kind === 'down' ? undefined : webOf(children));
  if (broken !== undefined) {
    const logFile = logOf(broken.name);
    const why = broken.crashes() > 0 ? 'does not come up' : whyNotOpen(health, asked);
    throw new Error(
      [`${broken.name} ${why}. ${logFile} ends:`, ...(await lastLines(logFile, 12))].join('\n'),
    );
  }
  for (const trouble of health.troubles) context.steps.note(`not well yet: ${trouble}`);
  return health.kind === 'down';
}

const webOf = (children: readonly Supervised[]) => children.find(({ name }) => name === 'web');

function whyNotOpen({ kind, troubles }: Health, { url }: Asked): string {
  if (kind === 'refused') return `refuses to say how it is (${troubles.join('; ')})`;
  const bound = `within ${HEALTH_BOUND_MS / 1000} s`;
  return kind === 'stranger'
    ? `does not answer ${bound}: at ${url} another program does, or its error (${troubles.join('; ')})`
    : `does not answer ${bound}`;
}
