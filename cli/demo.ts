/** `npm run demo -- <command>`: makes things happen to the demo that `npm start` runs. */
import { Command, InvalidArgumentError } from 'commander';
import { shopOf } from '../demo/commands/addresses.ts';
import { askLauncher } from '../demo/commands/ask-launcher.ts';
import {
  controllable,
  parseOnTopic,
  parseProjector,
  parseShopProjector,
  setCrash,
  setDelay,
  setHalting,
  setStalled,
  upgrade,
  wasKilled,
} from '../demo/commands/control.ts';
import { connectorName, failConnector } from '../demo/commands/fail-connector.ts';
import { orderAddresses, placeOrder, readWaits, readYourWrite, waitLine } from '../demo/commands/orders.ts';
import { poison } from '../demo/commands/poison.ts';
import { runInForeground } from '../demo/commands/run-service.ts';
import { readStatus, toLines } from '../demo/commands/status.ts';
import { orderProjector, projectorNames } from '../demo/layout.ts';
import { type DemoFile, readDemoFile } from '../demo/setup/demo-file.ts';

const say = (line: string) => process.stdout.write(`${line}\n`);

const program = new Command('demo')
  .description('Makes things happen to the demo that npm start runs.')
  .option('--state <folder>', 'state folder of npm start', process.env.REPRISE_STATE_DIR || '.reprise')
  .showHelpAfterError('(npm run demo -- --help lists the commands)');

const stateDir = () => program.opts<{ state: string }>().state;
const openDemo = (): Promise<DemoFile> => readDemoFile(stateDir());

program
  .command('traffic')
  .description('live orders, receipts and shipments, and payments at the bank')
  .option('--rate <number>', 'facts a second, of each', parseAbove0, 5)
  .option('--seconds <number>', 'for how long', parseAbove0, 60)
  .option('--only <part>', 'stock or accounts', parsePart)
  .action(async ({ rate, seconds, only }: { rate: number; seconds: number; only?: Part }) => {
    const demo = await openDemo();
    const args = ['traffic', '--rate', String(rate), '--seconds', String(seconds)];
    const withStock = only === 'stock' || (only === undefined && demo.shopUrl !== null);
    say(`Feeding ${rate} a second for ${seconds} s. Ctrl-C ends it.`);
    await Promise.all([
      withStock ? runStock(demo, args) : undefined,
      only === 'stock' ? undefined : runAccounts(demo, args),
    ]);
  });

program
  .command('duplicates')
  .description('publishes recent stock events again under their ids, as a producer does after a time-out')
  .option('--count <number>', 'how many', parseWhole, 1)
  .action(async ({ count }: { count: number }) => {
    await runStock(await openDemo(), ['retry', '--count', String(count)]);
  });

program
  .command('lose')
  .description('stock events that are in the outbox and never reach the topic')
  .option('--count <number>', 'how many', parseWhole, 1)
  .action(async ({ count }: { count: number }) => {
    await runStock(await openDemo(), ['lose', '--count', String(count)]);
  });

program
  .command('poison')
  .description('puts a record on the topic that nobody can decode')
  .option(
    '--halt <projector>',
    `which of ${projectorNames.join(', ')} stands still before it, and does not park it`,
  )
  .action(async ({ halt }: { halt?: string }) => {
    const demo = await openDemo();
    const shop = shopOf(demo);
    const halting = halt === undefined ? null : parseShopProjector(halt);
    if (halting !== null) await setHalting(demo, halting, true);
    const { partition, offset, sku } = await poison(shop);
    say(`Put an undecodable record of ${sku} on ${shop.topic}, partition ${partition}, offset ${offset}.`);
    if (halting !== null)
      say(`${halting} stands still before it; npm run demo -- resume ${halting} lets it park it and go on.`);
  });

program
  .command('compensation-failure')
  .description('an order that can not be shipped, and whose refund fails for good')
  .action(async () => {
    const { order } = await placeOrder(shopOf(await openDemo()), 'refund-fails');
    say(`Placed ${order}. In some ten seconds its refund fails, and nobody tries again.`);
  });

program
  .command('stuck-saga')
  .description('an order whose payment never answers')
  .action(async () => {
    const { order } = await placeOrder(shopOf(await openDemo()), 'unanswered');
    say(`Placed ${order}. Its payment never answers: in two minutes it is stuck.`);
  });

program
  .command('read-your-write')
  .description('places an order and reads it back, at the position that the write has answered')
  .option('--within <seconds>', 'for how long it asks again', parseAbove0, 60)
  .action(async ({ within }: { within: number }) => {
    const shop = shopOf(await openDemo());
    const { placed, waitedMs, tries, status, position } = await readYourWrite(shop, {
      withinMs: within * 1_000,
      say,
    });
    const asked = tries === 1 ? 'the first time it was asked for' : `after ${tries} tries`;
    say(`Read ${placed.order} ${asked}, ${waitedMs} ms after it was written: ${status}, at ${position}.`);
    const waits = await readWaits((await orderAddresses(shop)).reads);
    if (waits !== null) say(`By the read model: ${waitLine(waits)}.`);
  });

program
  .command('upgrade <projector>')
  .description('releases a projector that reads every version: selling then reads StockReceived version 3')
  .action(async (name: string) => {
    const projector = parseShopProjector(name);
    await upgrade(await openDemo(), projector);
    say(
      `${projector} reads every version from its next batch on. What it has parked stays parked until it is redriven.`,
    );
  });

program
  .command('stall <projector>')
  .description(`stops a projector from applying (${controllable.join(', ')})`)
  .action(async (name: string) => {
    const projector = parseProjector(name);
    await setStalled(await openDemo(), projector, true);
    say(`${projector} is stalled; npm run demo -- resume ${projector} lets it go on.`);
  });

program
  .command('resume <projector>')
  .description('lets a projector go on that is stalled, or stands still before a record')
  .action(async (name: string) => {
    const projector = parseProjector(name);
    const demo = await openDemo();
    await setStalled(demo, projector, false);
    const halting = projectorNames.find((each) => each === projector);
    if (halting !== undefined) await setHalting(demo, halting, false);
    say(`${projector} goes on.`);
  });

program
  .command('slow <projector>')
  .description('its database takes longer for each batch, as one that is overloaded does')
  .option(
    '--ms <number>',
    'by how much; above 10000 the broker takes it for dead, and it rejoins all the time',
    parseWhole,
    2_000,
  )
  .action(async (name: string, { ms }: { ms: number }) => {
    const projector = parseOnTopic(name);
    await setDelay(await openDemo(), projector, ms);
    say(`${projector} takes ${ms} ms longer for each batch; npm run demo -- fast ${projector} ends that.`);
  });

program
  .command('fast <projector>')
  .description('its database takes no longer than it does')
  .action(async (name: string) => {
    const projector = parseOnTopic(name);
    await setDelay(await openDemo(), projector, 0);
    say(`${projector} is as fast as it can be.`);
  });

program
  .command('crash <projector>')
  .description('kills it (kill -9) in the middle of a batch, before its commit; it is started again')
  .action(async (name: string) => {
    const projector = parseOnTopic(name);
    const demo = await openDemo();
    await setCrash(demo, projector);
    // Orders come all the time; stock moves only when it is asked to.
    if (projector !== orderProjector) await runStock(demo, ['traffic', '--rate', '5', '--seconds', '1']);
    if (await wasKilled(demo, projector, 30_000))
      say(`${projector} was killed before the commit of a batch; the launcher starts it again.`);
    else say(`No batch has come to ${projector} within 30 s. It is killed in its next one.`);
  });

program
  .command('fail-connector')
  .description('the task of the outbox connector fails, and stays failed until it is restarted')
  .action(async () => {
    const shop = shopOf(await openDemo());
    const problem = await failConnector(stateDir(), shop);
    say(
      `The task of ${connectorName} has failed (${problem}). Nothing reaches the topic until it is restarted.`,
    );
  });

program
  .command('broker <down|up>')
  .description('stops the broker, and starts it')
  .action(async (order: string) => {
    if (order !== 'down' && order !== 'up') throw new Error('it is broker down or broker up');
    const state = await askLauncher(stateDir(), 'broker', order === 'down' ? 'stop' : 'start');
    say(`The broker is ${state}.${order === 'down' ? ' npm run demo -- broker up starts it.' : ''}`);
  });

program
  .command('forget <subject>')
  .description('deletes the key of a subject, or of the holder of an account (such as ACC-12345)')
  .action(async (subject: string) => runAccounts(await openDemo(), ['forget', subject]));

program
  .command('status')
  .description('what the demo holds, and how far its projectors are')
  .option('--json', 'as JSON')
  .action(async ({ json }: { json?: true }) => {
    const status = await readStatus(await openDemo());
    if (json) say(JSON.stringify(status, null, 2));
    else for (const line of toLines(status)) say(line);
  });

type Part = 'stock' | 'accounts';

function parsePart(text: string): Part {
  if (text === 'stock' || text === 'accounts') return text;
  throw new InvalidArgumentError('It is stock or accounts.');
}

function parseAbove0(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && Number.isFinite(value) && value > 0 && value <= 86_400) return value;
  throw new InvalidArgumentError('It is a number above 0, and at most 86400.');
}

function parseWhole(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0 && value <= 60_000) return value;
  throw new InvalidArgumentError('It is a whole number from 1 to 60000.');
}

function runStock(demo: DemoFile, args: readonly string[]): Promise<void> {
  return runInForeground({
    file: 'demo/services/stock-service.ts',
    args,
    databaseUrl: shopOf(demo).url,
    say,
  });
}

function runAccounts(demo: DemoFile, args: readonly string[]): Promise<void> {
  return runInForeground({ file: 'demo/services/account-service.ts', args, databaseUrl: demo.bankUrl, say });
}

function toSentence(error: unknown): string {
  const codes = error instanceof AggregateError ? error.errors : [error];
  const isAway = codes.some((one) => /ECONNREFUSED|ENOTFOUND|ETIMEDOUT|Connection/.test(String(one)));
  if (isAway) return "the demo's servers do not answer: run npm start, and leave it running";
  return error instanceof Error ? error.message : String(error);
}

try {
  await program.parseAsync();
} catch (error) {
  process.stderr.write(`✗ ${toSentence(error)}\n`);
  process.exitCode = 1;
}
