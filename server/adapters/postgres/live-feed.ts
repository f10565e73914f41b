import pg from 'pg';
import { z } from 'zod';
import type { LiveEvent, LiveFeed } from '../../application/ports/dashboard.ts';
import type { LiveNotifier } from '../../application/ports/live.ts';
import type { Transaction } from '../../application/ports/unit-of-work.ts';

const CHANNEL = 'reprise';
const payloadSchema = z.object({ id: z.string(), topic: z.string() });

/** Topics already told within a transaction: a page asks again once, however often a row was touched. */
const told = new WeakMap<Transaction, Set<string>>();

/** Notices by NOTIFY: PostgreSQL delivers them when the transaction commits, and never when it does not. */
export const postgresNotifier: LiveNotifier = {
  async notify(tx, topic) {
    const topics = told.get(tx) ?? new Set();
    told.set(tx, topics);
    if (topics.has(topic)) return;
    topics.add(topic);
    await tx.query(
      `SELECT pg_notify($1, json_build_object('id', nextval('live_event_number')::text, 'topic', $2::text)::text)`,
      [CHANNEL, topic],
    );
  },
};

export type PostgresLiveFeed = LiveFeed & { close(): Promise<void> };

type Options = {
  readonly databaseUrl: string;
  readonly now: () => Date;
  /** Told of each loss of the connection. */
  readonly report: (error: unknown) => void;
  /** First wait before connecting again; doubled up to 30 times of it. */
  readonly retryMs?: number;
};

/**
 * One LISTEN connection for a whole process, opened when the first page listens. While it is lost nothing is
 * heard, so every listener is told `feed-regained` once it is back, and asks for everything again.
 */
export function createLiveFeed(options: Options): PostgresLiveFeed {
  const listeners = new Set<(event: LiveEvent) => void>();
  const tell = (event: LiveEvent) => {
    for (const listener of listeners) listener(event);
  };
  let connection: Promise<void> | null = null;
  const closed = new AbortController();

  return {
    async *listen(signal) {
      const ended = AbortSignal.any([signal, closed.signal]);
      const inbox = createInbox(ended);
      listeners.add(inbox.put);
      connection ??= keepListening(options, tell, closed.signal);
      try {
        yield* inbox.events();
      } finally {
        listeners.delete(inbox.put);
      }
    },
    async close() {
      closed.abort();
      await connection;
    },
  };
}

/** What one listener has not taken yet. A page that takes nothing for long is told to ask for everything. */
function createInbox(signal: AbortSignal) {
  const capacity = 1000;
  let waiting: LiveEvent[] = [];
  let wake: (() => void) | null = null;
  const put = (event: LiveEvent) => {
    if (waiting.length < capacity) waiting.push(event);
    else waiting = [{ ...event, topic: 'feed-regained' }];
    wake?.();
  };
  signal.addEventListener('abort', () => wake?.());
  async function* events(): AsyncGenerator<LiveEvent> {
    while (!signal.aborted) {
      const next = waiting.shift();
      if (next !== undefined) yield next;
      else await new Promise<void>((resolve) => (wake = resolve));
      wake = null;
    }
  }
  return { put, events };
}

async function keepListening(
  { databaseUrl, now, report, retryMs = 500 }: Options,
  tell: (event: LiveEvent) => void,
  signal: AbortSignal,
): Promise<void> {
  let lastId = '0';
  let wasLost = false;
  let wait = retryMs;
  while (!signal.aborted) {
    try {
      await listenOnce(databaseUrl, signal, {
        connected: () => {
          wait = retryMs;
          if (wasLost) tell({ id: lastId, topic: 'feed-regained', at: now().toISOString() });
        },
        received: (payload) => {
          const { id, topic } = payloadSchema.parse(JSON.parse(payload));
          lastId = id;
          tell({ id, topic, at: now().toISOString() });
        },
      });
    } catch (error) {
      wasLost = true;
      report(error);
      await pause(wait, signal);
      wait = Math.min(wait * 2, retryMs * 30);
    }
  }
}

type Heard = { readonly connected: () => void; readonly received: (payload: string) => void };

/** Listens until the connection breaks (rejects) or the signal aborts (resolves). */
async function listenOnce(databaseUrl: string, signal: AbortSignal, heard: Heard): Promise<void> {
  const client = new pg.Client({
    connectionString: databaseUrl,
    application_name: 'reprise live feed',
    connectionTimeoutMillis: 5_000,
    keepAlive: true,
  });
  const broken = new Promise<never>((_, reject) => {
    client.on('error', reject);
    client.on('end', () => reject(new Error('the connection of the live feed ended')));
  });
  const aborted = new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
  broken.catch(() => undefined);
  client.on('notification', ({ payload }) => heard.received(payload ?? ''));
  try {
    await Promise.race([client.connect(), aborted]);
    if (signal.aborted) return;
    await client.query(`LISTEN ${CHANNEL}`);
    heard.connected();
    await Promise.race([broken, aborted]);
  } finally {
    await client.end().catch(() => undefined);
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
