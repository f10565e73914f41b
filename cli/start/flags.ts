import { parseArgs } from 'node:util';

export type StartFlags =
  | { kind: 'run'; fresh: boolean; port: number | null; seed: string | null }
  | { kind: 'help' }
  | { kind: 'wrong'; message: string };

export const USAGE = `npm start [-- options]

Starts Reprise with its demo: embedded PostgreSQL, Kafka and Debezium, the web and worker processes.

  --port <number>   the page's port (default: PORT, or 3000; the next free one when taken)
  --seed <text>     the seed of the demo's history (default: the demo's own); another one rebuilds it
  --fresh           stop what an earlier run left, delete its data, start anew; what may be your
                    own is kept, and named
  --help            this text

DATABASE_URL      a PostgreSQL of your own: no embedded one, and no demo
                  (REPRISE_OWNER_DATABASE_URL: the same for the role that owns the tables)
KAFKA_BROKERS     a Kafka of your own (host:port,…): no embedded one, and no demo

docs/settings.md lists every setting.
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
  const port = values.port === undefined ? null : wholeNumber(values.port, 1, 65_535);
  if (port === null && values.port !== undefined) {
    return { kind: 'wrong', message: `--port ${values.port}: a number from 1 to 65535 is needed.` };
  }
  if (values.seed !== undefined && !/^[\w-]{1,64}$/.test(values.seed)) {
    return { kind: 'wrong', message: `--seed ${values.seed}: up to 64 letters, digits, - and _ are needed.` };
  }
  return { kind: 'run', fresh: values.fresh === true, port, seed: values.seed ?? null };
}

function wholeNumber(text: string, least: number, most: number): number | null {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  return value >= least && value <= most ? value : null;
}
