import { waitUntil } from '../infra/processes.ts';
import { orderProjector, type ProjectorName, projectorNames } from '../layout.ts';
import { projector as balances } from '../services/accounts/project-balances.ts';
import type { DemoFile } from '../setup/demo-file.ts';
import { withClient } from '../setup/roles.ts';
import { shopOf } from './addresses.ts';

export const controllable = [...projectorNames, orderProjector, balances] as const;
export type Controllable = (typeof controllable)[number];

/** @throws Error that lists the projectors there are. */
export function parseProjector(name: string): Controllable {
  const found = controllable.find((known) => known === name);
  if (found === undefined)
    throw new Error(`there is no projector ${name}: it is one of ${controllable.join(', ')}`);
  return found;
}

/** @throws Error that lists the projectors of the shop's stock. */
export function parseShopProjector(name: string): ProjectorName {
  const found = projectorNames.find((known) => known === name);
  if (found === undefined)
    throw new Error(`there is no projector ${name} of stock: it is one of ${projectorNames.join(', ')}`);
  return found;
}

/** Sets the row that the projector looks at before every batch, and twice a second. */
export async function setStalled(demo: DemoFile, projector: Controllable, stalled: boolean): Promise<void> {
  const url = projector === balances ? demo.bankUrl : shopOf(demo).url;
  await withClient(url, (client) =>
    client.query(
      `insert into projector_control (projector, stalled) values ($1, $2)
       on conflict (projector) do update set stalled = excluded.stalled`,
      [projector, stalled],
    ),
  );
}

/** From then on it reads every version of every event, as its next release does. */
export async function upgrade(demo: DemoFile, projector: ProjectorName): Promise<void> {
  await withClient(shopOf(demo).url, (client) =>
    client.query(
      `insert into projector_control (projector, upgraded) values ($1, true)
       on conflict (projector) do update set upgraded = true`,
      [projector],
    ),
  );
}

/** From then on it stands still before a record that it can't decode, where its release parks them. */
export async function setHalting(demo: DemoFile, projector: ProjectorName, halts: boolean): Promise<void> {
  await withClient(shopOf(demo).url, (client) =>
    client.query(
      `insert into projector_control (projector, halts) values ($1, $2)
       on conflict (projector) do update set halts = excluded.halts`,
      [projector, halts],
    ),
  );
}

export async function isStalled(demo: DemoFile, projector: Controllable): Promise<boolean> {
  const url = projector === balances ? demo.bankUrl : shopOf(demo).url;
  return withClient(url, async (client) => {
    const { rowCount } = await client.query(
      'select from projector_control where projector = $1 and stalled',
      [projector],
    );
    return rowCount === 1;
  });
}

/** Those that read topics. */
export type OnTopic = ProjectorName | typeof orderProjector;

/** @throws Error that lists the projectors that read topics. */
export function parseOnTopic(name: string): OnTopic {
  const known = [...projectorNames, orderProjector] as const;
  const found = known.find((each) => each === name);
  if (found === undefined)
    throw new Error(`there is no projector ${name} of a topic: it is one of ${known.join(', ')}`);
  return found;
}

/** How much longer its database takes for each batch; 0: no longer than it does. */
export async function setDelay(demo: DemoFile, projector: OnTopic, delayMs: number): Promise<void> {
  await withClient(shopOf(demo).url, (client) =>
    client.query(
      `insert into projector_control (projector, delay_ms) values ($1, $2)
       on conflict (projector) do update set delay_ms = excluded.delay_ms`,
      [projector, delayMs],
    ),
  );
}

/** Has it killed in the middle of its next batch. */
export async function setCrash(demo: DemoFile, projector: OnTopic): Promise<void> {
  await withClient(shopOf(demo).url, (client) =>
    client.query(
      `insert into projector_control (projector, crashes) values ($1, true)
       on conflict (projector) do update set crashes = true`,
      [projector],
    ),
  );
}

/** Whether it was killed since, within so long. */
export async function wasKilled(demo: DemoFile, projector: OnTopic, withinMs: number): Promise<boolean> {
  return withClient(shopOf(demo).url, (client) =>
    waitUntil(
      async () => {
        const { rowCount } = await client.query(
          'select from projector_control where projector = $1 and crashes',
          [projector],
        );
        return rowCount === 0;
      },
      withinMs,
      200,
    ),
  );
}
