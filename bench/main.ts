/**
 * `npm run bench`: the engine beside a bare loop over the same topic, in one run. What is counted is written in
 * docs/bench.md.
 */
import { availableParallelism, cpus, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { measureComparison } from './compare-speed.ts';
import { killWorkers } from './engine.ts';
import { type FoldSpeed, measureFolds } from './fold-speed.ts';
import { openServers, type Servers } from './servers.ts';
import { foldTable, growthTable, pageTable, phaseTable, spreadTable, thousands } from './table.ts';
import { type BenchTopic, produceTopic } from './topic.ts';

const { values: flags } = parseArgs({
  options: {
    events: { type: 'string', default: '1000000' },
    keys: { type: 'string', default: '20000' },
    rounds: { type: 'string', default: '3' },
    quick: { type: 'boolean', default: false },
    only: { type: 'string', default: 'folds,growth,comparison' },
    help: { type: 'boolean', default: false },
  },
});
const usage = `npm run bench -- [options]
  --events N    events of the topic (1000000); growth is measured at twice as many
  --keys N      ordering keys among them (20000)
  --rounds N    how often each row is measured, in turn (3)
  --quick       100000 events, one round
  --only LIST   of folds,growth,comparison
`;

function wholeNumber(text: string, name: string): number {
  const n = Number(text.replaceAll('_', ''));
  if (!Number.isSafeInteger(n) || n < 1) throw new Error(`--${name} must be a whole number, not ${text}`);
  return n;
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

function print(text: string): void {
  process.stdout.write(`${text}\n\n`);
}

async function withTopic<T>(
  servers: Servers,
  events: number,
  keys: number,
  work: (topic: BenchTopic) => Promise<T>,
): Promise<T> {
  say(`writing ${thousands(events)} events`);
  const topic = await produceTopic(servers.brokers, events, keys);
  try {
    return await work(topic);
  } finally {
    await topic.drop();
  }
}

async function run(servers: Servers): Promise<void> {
  const events = flags.quick ? 100_000 : wholeNumber(flags.events, 'events');
  const rounds = flags.quick ? 1 : wholeNumber(flags.rounds, 'rounds');
  const keys = wholeNumber(flags.keys, 'keys');
  const parts = new Set(flags.only.split(','));
  const fold = (n: number) =>
    withTopic(servers, n, keys, (topic) => measureFolds(servers, topic, rounds, say));
  print(
    `Node ${process.versions.node}, ${cpus()[0]?.model.trim()} with ${availableParallelism()} cores, load ${loadavg()[0]?.toFixed(1)} at the start, ${new Date().toISOString().slice(0, 16)}Z; ${thousands(keys)} keys; median of ${rounds}`,
  );
  const speeds: FoldSpeed[] = [];
  if (parts.has('folds')) {
    const speed = await fold(events);
    speeds.push(speed);
    print(foldTable(speed));
    print(spreadTable(speed));
  } else print('NOT RUN: folds (--only)');
  if (parts.has('growth') && parts.has('folds')) {
    const twice = await fold(events * 2);
    speeds.push(twice);
    print(foldTable(twice));
    print(spreadTable(twice));
    print(growthTable(speeds));
  } else print('NOT RUN: growth (--only)');
  if (parts.has('comparison')) await comparison(servers, events);
  else print('NOT RUN: comparison (--only)');
  print(`load ${loadavg()[0]?.toFixed(1)} at the end`);
}

/** So many events that, without redeliveries, there are as many keys as asked for. */
async function comparison(servers: Servers, keys: number): Promise<void> {
  const events = Math.ceil((keys * 100) / 99);
  const found = await withTopic(servers, events, 0, (topic) => measureComparison(servers, topic, say));
  print(
    `Comparing a derived state: ${thousands(found.keys)} keys, ${thousands(found.differences)} of them differing; the worker's peak is ${found.run.peakMb ?? 'not known'} MB`,
  );
  print(phaseTable(found.run));
  print(pageTable(found));
}

if (flags.help) {
  process.stdout.write(usage);
} else {
  const servers = await openServers(say);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      killWorkers();
      say(`${signal}: nothing more is measured`);
      void servers.stop().finally(() => process.exit(1));
    });
  }
  try {
    await run(servers);
  } finally {
    await servers.stop();
  }
}
