import { type Demo, prepareDemo } from '../../demo/setup.ts';
import { startDebezium } from './backing.ts';
import { superviseChild } from './children.ts';
import type { LaunchContext } from './context.ts';

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
  const demo = await context.steps.step('Demo', async (progress) => {
    const prepared = await prepareDemo({
      adminUrlFor,
      kafkaBrokers,
      stateDir: context.stateDir,
      seed,
      log: progress,
      startConnect: (connectors) => startDebezium(context, kafkaBrokers ?? '', connectors),
    });
    prepared.connected.catch(() => {
      context.steps.note('Without Debezium no new stock event reaches the topic; its history is complete.');
    });
    return { detail: namesOf(prepared), value: prepared };
  });
  const children = await Promise.all(
    demo.services.map(({ name, file, args, env }) =>
      superviseChild(
        { name, args: [file, ...args], env: { ...process.env, ...env }, graceMs: 5_000 },
        context,
      ),
    ),
  );
  context.running.push(...children);
  const { connections, promoters } = demo;
  return {
    REPRISE_CONNECTION_BANK: connections.bank,
    REPRISE_PROMOTER_BANK: promoters.bank,
    ...(connections.shop === null ? {} : { REPRISE_CONNECTION_SHOP: connections.shop }),
    ...(promoters.shop === null ? {} : { REPRISE_PROMOTER_SHOP: promoters.shop }),
  };
}

function namesOf({ connections }: Demo): string {
  return connections.shop === null ? 'accounts' : 'inventory, orders and accounts';
}
