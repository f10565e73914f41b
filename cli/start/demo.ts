import { isStalled, setStalled } from '../../demo/commands/control.ts';
import { writeControlFile } from '../../demo/setup/control-file.ts';
import type { DemoFile } from '../../demo/setup/demo-file.ts';
import { type Demo, type DemoService, prepareDemo } from '../../demo/setup.ts';
import { startDebezium } from './backing.ts';
import { superviseChild } from './children.ts';
import { type LaunchContext, setting } from './context.ts';
import { type Control, type Controlled, serveControl } from './control.ts';
import { StepFailed } from './steps.ts';
import type { Supervised } from './supervise.ts';

export type DemoOptions = {
  adminUrlFor: (database: string) => string;
  kafkaBrokers: string | null;
  seed: string | null;
};

/** Sets the demo up, starts its services, and answers the settings with which Reprise reads its states. */
export async function startDemo(
  context: LaunchContext,
  options: DemoOptions,
): Promise<Record<string, string>> {
  const { adminUrlFor, kafkaBrokers, seed } = options;
  let connectUrl: string | null = null;
  const demo = await context.steps.step('Demo', async (progress) => {
    const prepared = await prepareDemo({
      adminUrlFor,
      kafkaBrokers,
      stateDir: context.stateDir,
      seed,
      log: progress,
      startConnect: async (connectors) => {
        const running = await startDebezium(context, kafkaBrokers ?? '', connectors, (url) => {
          connectUrl = url;
        });
        return running;
      },
    });
    prepared.connected.catch(() => {
      context.steps.note('Without Debezium no new stock event reaches the topic; its history is complete.');
    });
    return { detail: namesOf(prepared), value: prepared };
  });
  sayMissing(context, demo);
  const children = await Promise.all(
    demo.services.map(({ name, file, args, env }) =>
      superviseChild(
        { name, args: [file, ...args], env: { ...process.env, ...env }, graceMs: 5_000 },
        context,
      ),
    ),
  );
  context.running.push(...children);
  const control = await serveControl({
    services: () => controlled(context, demo, children),
    connectUrl: () => connectUrl,
  });
  await writeControlFile(context.stateDir, {
    url: control.url,
    connectUrl: new URL('/connect', control.url).href,
    token: control.token,
  });
  context.closing.push(control.close);
  const { connections, promoters, corrections } = demo;
  return {
    ...controlSettings(control, kafkaBrokers !== null),
    ...correctionSettings(corrections),
    REPRISE_CONNECTION_BANK: connections.bank,
    REPRISE_PROMOTER_BANK: promoters.bank,
    ...(connections.shop === null ? {} : { REPRISE_CONNECTION_SHOP: connections.shop }),
    ...(promoters.shop === null ? {} : { REPRISE_PROMOTER_SHOP: promoters.shop }),
  };
}

function sayMissing({ steps }: LaunchContext, { missing }: Demo): void {
  if (missing === null) return;
  // A step that failed has said its own reason.
  const why =
    missing.cause instanceof StepFailed ? 'Debezium does not run, for the reason above' : missing.message;
  steps.note(`The Kafka contract (inventory) has no traffic in this run: ${why}.`);
  steps.note('The PostgreSQL contract (accounts) works in full. The next start tries again.');
}

/** By the names that steps of runbooks know. The broker is one of them, for them and for `npm run demo -- broker`. */
function controlled(
  context: LaunchContext,
  { services, file }: Demo,
  children: readonly Supervised[],
): ReadonlyMap<string, Controlled> {
  const found = new Map<string, Controlled>();
  for (const service of services) {
    const child = children.find(({ name }) => name === service.name);
    if (child !== undefined) found.set(service.service, { child, pausing: pausingOf(service, file) });
  }
  const broker = context.running.find(({ name }) => name === 'Kafka');
  if (broker !== undefined) found.set('broker', { child: broker, pausing: null });
  return found;
}

function pausingOf({ projector }: DemoService, file: DemoFile): Controlled['pausing'] {
  if (projector === null) return null;
  return {
    isPaused: () => isStalled(file, projector),
    set: (paused) => setStalled(file, projector, paused),
  };
}

/** Whether the user has set one of them. */
const own = (names: readonly string[]): boolean =>
  names.some((name) => setting(name) !== null || setting(`${name}_FILE`) !== null);

/** What the user has set goes before what the demo has. */
function controlSettings(control: Control, withBroker: boolean): Record<string, string> {
  return {
    ...(own(['CONSUMER_CONTROL_URL', 'KUBERNETES_API_URL'])
      ? {}
      : {
          CONSUMER_CONTROL_URL: control.url,
          CONSUMER_CONTROL_TOKEN: control.token,
          CONSUMER_CONTROL_PRIVATE: 'true',
        }),
    ...(own(['CONNECT_URL']) || !withBroker ? {} : { CONNECT_URL: control.connectUrl }),
    // Only the broker that is brought: on a user's own, who may write is the user's to say.
    ...(own(['KAFKA_BROKERS', 'KAFKA_PROMOTER', 'KAFKA_PROMOTER_USERNAME']) || !withBroker
      ? {}
      : { KAFKA_PROMOTER: 'true' }),
  };
}

function correctionSettings(corrections: Demo['corrections']): Record<string, string> {
  const settings: Record<string, string> = {};
  for (const [service, { url, token }] of Object.entries(corrections ?? {})) {
    const prefix = `REPRISE_CORRECTIONS_${service.toUpperCase()}`;
    if (own([`${prefix}_URL`])) continue;
    settings[`${prefix}_URL`] = url;
    settings[`${prefix}_TOKEN`] = token;
    settings[`${prefix}_PRIVATE`] = 'true';
  }
  return settings;
}

function namesOf({ connections }: Demo): string {
  return connections.shop === null ? 'accounts' : 'inventory, orders and accounts';
}
