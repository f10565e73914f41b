import { parseArgs } from 'node:util';

export type StartFlags =
  | { kind: 'run'; fresh: boolean; port: number; seed: number | null }
  | { kind: 'help' }
  | { kind: 'wrong'; message: string };

export const USAGE = `npm start [-- options]

Starts Reprise with its demo: embedded PostgreSQL, Kafka and Debezium, the web and worker processes.

  --port <number>   the page's port (default 3000; the next free one when taken)
  --seed <number>   the seed of the demo's history (default: the demo's own)
  --fresh           stop what an earlier run left, delete its data, start anew
  --help            this text

DATABASE_URL     a PostgreSQL of your own: nothing embedded is started for it, and no demo
KAFKA_BROKERS    a Kafka of your own (host:port,…): no embedded broker, and no demo
`;

const OPTIONS = {
  fresh: { type: 'boolean' },
  port: { type: 'string' },
  seed: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const;

/** What the command line asks for. A flag that is unknown or has no sense is named, never ignored. */
export function parseFlags(argv: readonly string[]): StartFlags {
  let values: { fresh?: boolean; port?: string; seed?: string; help?: boolean };
  try {
    ({ values } = parseArgs({ args: [...argv], options: OPTIONS, allowPositionals: false }));
  } catch (error) {
    // Node's message goes on to explain "--"; its first sentence names the flag.
    const message = error instanceof Error ? error.message.split('. ')[0] : String(error);
    return { kind: 'wrong', message: `${message}.` };
  }
  if (values.help === true) return { kind: 'help' };
  const port = values.port === undefined ? 3000 : wholeNumber(values.port, 1, 65_535);
  if (port === null)
    return { kind: 'wrong', message: `--port ${values.port}: a number from 1 to 65535 is needed.` };
  const seed = values.seed === undefined ? null : wholeNumber(values.seed, 0, 2 ** 31 - 1);
  if (seed === null && values.seed !== undefined) {
    return {
      kind: 'wrong',
      message: `--seed ${values.seed}: a whole number from 0 to ${2 ** 31 - 1} is needed.`,
    };
  }
  return { kind: 'run', fresh: values.fresh === true, port, seed };
}

function wholeNumber(text: string, least: number, most: number): number | null {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  return value >= least && value <= most ? value : null;
}
