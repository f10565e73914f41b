/** Brings the demo to where its story ends, and says which processes keep it running. */
import { randomBytes } from 'node:crypto';
import type { Controllable } from './commands/control.ts';
import { freePort } from './infra/ports.ts';
import { groupOf, layoutOf, orderProjector, projectorNames } from './layout.ts';
import { projector as balances } from './services/accounts/project-balances.ts';
import { prepareBank } from './setup/bank.ts';
import { type DemoFile, writeDemoFile } from './setup/demo-file.ts';
import { ensureRoles, readOrMakePasswords, urlAs } from './setup/roles.ts';
import { serviceEnv } from './setup/run-service.ts';
import { NotCarried, prepareShop, projectorArgs, type StartConnect } from './setup/shop.ts';
import { storyDefaults } from './story/stock-story.ts';

/** Or the next free ones: where the stock service takes corrections, and the order service. */
const correctionsPort = 9_390;

export type DemoOptions = {
  /** A superuser's URL of a database on the server that the demo may use. */
  adminUrlFor: (database: string) => string;
  /** `host:port,…`, or null: then only the bank is set up. */
  kafkaBrokers: string | null;
  /** Starts Kafka Connect with these connectors and resolves once they run; called once, if there is a broker. */
  startConnect: StartConnect;
  /** Where `demo.json`, passwords and logs are kept; `npm run demo` looks for it in `.reprise`. */
  stateDir: string;
  /** Seed of both histories; null takes the demo's own. Another one than last time rebuilds the demo. */
  seed: string | null;
  log: (line: string) => void;
  /** Keeps a second demo on the same servers apart. */
  suffix?: string;
  now?: Date;
};

/** A process that the launcher starts and restarts: `node <file> <args>` in the repository's root. */
export type DemoService = {
  readonly name: string;
  /** What whoever controls consumers calls it: the name of its consumer group, where it has one. */
  readonly service: string;
  /** Whose row in `projector_control` pauses it; null: it can't be paused. */
  readonly projector: Controllable | null;
  readonly file: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
};

export type Demo = {
  /** The reader's URLs, for REPRISE_CONNECTION_SHOP and REPRISE_CONNECTION_BANK; shop is null without a broker. */
  readonly connections: { readonly shop: string | null; readonly bank: string };
  /** The same for the role that corrects derived states: REPRISE_PROMOTER_SHOP and REPRISE_PROMOTER_BANK. */
  readonly promoters: { readonly shop: string | null; readonly bank: string };
  readonly services: readonly DemoService[];
  /** Where services take corrections, by the names that contracts have for them; null without a broker. */
  readonly corrections: Readonly<Record<'shop' | 'orders', { url: string; token: string }>> | null;
  /** What `npm run demo` finds it by. */
  readonly file: DemoFile;
  /**
   * Settles once Debezium runs, or could not be started. A demo that is finished is complete without it, so a
   * launcher may open its doors first; it must handle the rejection.
   */
  readonly connected: Promise<unknown>;
  /** Why the shop is not there although there is a broker: the bank is, in full, and the next start tries again. */
  readonly missing: NotCarried | null;
};

const dayMs = 86_400_000;

/**
 * Idempotent: what is finished is left alone, what an earlier start left unfinished is built anew.
 * @throws Error that names the stage, the bound that passed, or the end of a service's log.
 */
export async function prepareDemo(options: DemoOptions): Promise<Demo> {
  const { adminUrlFor, kafkaBrokers, stateDir, log } = options;
  const layout = layoutOf(options.suffix);
  const seed = options.seed ?? storyDefaults.seed;
  const now = options.now ?? new Date();
  const dates = { startsAt: new Date(now.getTime() - 21 * dayMs), endsAt: new Date(now.getTime() - 60_000) };
  const passwords = await readOrMakePasswords(stateDir);
  await ensureRoles(adminUrlFor('postgres'), layout, passwords);
  const serviceUrl = (database: string) =>
    urlAs(adminUrlFor(database), layout.serviceRole, passwords.service);
  const readerUrl = (database: string) => urlAs(adminUrlFor(database), layout.readerRole, passwords.reader);
  const promoterUrl = (database: string) =>
    urlAs(adminUrlFor(database), layout.promoterRole, passwords.promoter);
  const common = { adminUrlFor, layout, stateDir, seed, dates, log };

  const bankUrl = serviceUrl(layout.bankDatabase);
  const shopUrl = serviceUrl(layout.shopDatabase);
  const preparing = [
    kafkaBrokers === null
      ? null
      : prepareShop({ ...common, serviceUrl: shopUrl, kafkaBrokers, startConnect: options.startConnect }),
    prepareBank({ ...common, serviceUrl: bankUrl }),
  ] as const;
  // A part that fails must not leave the other one feeding: a next start would find its process still at it.
  const [settled] = await Promise.allSettled(preparing);
  const missing =
    settled.status === 'rejected' && settled.reason instanceof NotCarried ? settled.reason : null;
  const [prepared] = await Promise.all([missing === null ? preparing[0] : null, preparing[1]]);
  const brokers = missing === null ? kafkaBrokers : null;
  const shop = brokers === null ? null : { url: shopUrl, brokers };
  const corrections = shop === null ? null : await correctionDoors();
  const file: DemoFile = {
    shopUrl: shop?.url ?? null,
    bankUrl,
    kafkaBrokers: brokers,
    topic: layout.topic,
    seed,
  };
  await writeDemoFile(stateDir, file);
  return {
    file,
    connections: {
      shop: shop === null ? null : readerUrl(layout.shopDatabase),
      bank: readerUrl(layout.bankDatabase),
    },
    promoters: {
      shop: shop === null ? null : promoterUrl(layout.shopDatabase),
      bank: promoterUrl(layout.bankDatabase),
    },
    corrections:
      corrections === null
        ? null
        : { shop: addressOf(corrections.shop), orders: addressOf(corrections.orders) },
    connected: prepared?.connected ?? Promise.resolve(),
    missing,
    services: [
      ...(shop === null || corrections === null
        ? []
        : [
            stockService(shop.url, corrections.shop),
            ...projectors(layout, shop),
            ...orderServices(layout, shop, corrections.orders),
          ]),
      accountProjector(bankUrl),
    ],
  };
}

type Door = { readonly port: number; readonly token: string };

/** Addresses that hold through restarts of the services behind them. */
async function correctionDoors(): Promise<Readonly<Record<'shop' | 'orders', Door>>> {
  const token = () => randomBytes(24).toString('base64url');
  const shop = { port: await freePort(correctionsPort), token: token() };
  return { shop, orders: { port: await freePort(shop.port + 1), token: token() } };
}

const addressOf = ({ port, token }: Door) => ({ url: `http://127.0.0.1:${port}/corrections`, token });

const doorEnv = ({ port, token }: Door) => ({
  DEMO_CORRECTIONS_PORT: String(port),
  DEMO_CORRECTIONS_TOKEN: token,
});

/** Takes corrections. */
function stockService(shopUrl: string, door: Door): DemoService {
  return {
    name: 'demo-stock',
    service: 'stock-service',
    projector: null,
    file: 'demo/services/stock-service.ts',
    args: ['corrections'],
    env: { ...serviceEnv, DEMO_DATABASE_URL: shopUrl, ...doorEnv(door) },
  };
}

function projectors(
  layout: ReturnType<typeof layoutOf>,
  shop: { url: string; brokers: string },
): DemoService[] {
  return projectorNames.map((name) => ({
    name: `demo-${name}`,
    service: groupOf(name),
    projector: name,
    file: 'demo/services/projector.ts',
    args: projectorArgs(name, layout),
    env: { ...serviceEnv, DEMO_DATABASE_URL: shop.url, DEMO_KAFKA_BROKERS: shop.brokers },
  }));
}

/** The service that takes orders and does their steps, and what keeps their state. */
function orderServices(
  layout: ReturnType<typeof layoutOf>,
  shop: { url: string; brokers: string },
  door: Door,
): DemoService[] {
  const env = { ...serviceEnv, DEMO_DATABASE_URL: shop.url };
  const reading = ['--topic', layout.ordersTopic, `--group-suffix=${layout.groupSuffix}`];
  return [
    {
      name: 'demo-orders',
      service: 'order-service',
      projector: null,
      file: 'demo/services/order-service.ts',
      args: [],
      env: { ...env, ...doorEnv(door) },
    },
    {
      name: `demo-${orderProjector}`,
      service: groupOf(orderProjector),
      projector: orderProjector,
      file: 'demo/services/order-projector.ts',
      args: reading,
      env: { ...env, DEMO_KAFKA_BROKERS: shop.brokers },
    },
  ];
}

function accountProjector(bankUrl: string): DemoService {
  return {
    name: 'demo-balances',
    service: groupOf(balances),
    projector: balances,
    file: 'demo/services/account-projector.ts',
    args: [],
    env: { ...serviceEnv, DEMO_DATABASE_URL: bankUrl },
  };
}
