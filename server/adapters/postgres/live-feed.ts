import pg from 'pg';
import { z } from 'zod';
import type { LiveEvent, LiveFeed } from '../../application/ports/dashboard.ts';
import type { LiveNotifier } from '../../application/ports/live.ts';
import type { Transaction } from '../../application/ports/unit-of-work.ts';

const CHANNEL = 'reprise';
const payloadSchema = z.object({ id: z.string().regex(/^\d{1,19}$/), topic: z.string() });

/** Anybody who can reach the database may send on the channel: what is none of ours is null, and never an error. */
function parsePayload(payload: string): z.infer<typeof payloadSchema> | null {
  try {
    return payloadSchema.parse(JSON.parse(payload));
  } catch {
    return null;
  }
}

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
  /** Told of notices on the channel that Reprise did not send: of the first, the second, the fourth and so on. */
  readonly reportForeign: (count: number) => void;
  /** First wait before connecting again; doubled up to 30 times of it. */
  readonly retryMs?: number;
  /** How often the connection is asked whether it still is one, and how long its answer may take. */
  readonly probe?: { readonly everyMs: number; readonly boundMs: number };
};

/**
 * One LISTEN connection for a whole process, opened when the first page listens. While it is lost nothing is heard, and
 * a page whose own stream stands would take that for quiet: every listener is told `feed-lost`, whoever comes meanwhile
 * at once, and `feed-regained` once it is back, when it asks for everything again. The first connection is told the same
 * way: between the first page's stream and it nothing was heard either.
 */
export function createLiveFeed(options: Options): PostgresLiveFeed {
  const listeners = new Set<(event: LiveEvent) => void>();
  let loss: LiveEvent | null = null;
  const tell = (event: LiveEvent) => {
    if (event.topic === 'feed-lost') loss = event;
    if (event.topic === 'feed-regained') loss = null;
    for (const listener of listeners) listener(event);
  };
  let connection: Promise<void> | null = null;
  const closed = new AbortController();

  return {
    async *listen(signal) {
      const ended = AbortSignal.any([signal, closed.signal]);
      const inbox = createInbox(ended);
      listeners.add(inbox.put);
      if (loss !== null) inbox.put(loss);
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
    else waiting = [event.topic === 'feed-lost' ? event : { ...event, topic: 'feed-regained' }];
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

const usualProbe = { everyMs: 15_000, boundMs: 10_000 };

async function keepListening(
  { databaseUrl, now, report, reportForeign, retryMs = 500, probe = usualProbe }: Options,
  tell: (event: LiveEvent) => void,
  signal: AbortSignal,
): Promise<void> {
  let lastId = '0';
  let isLost = false;
  let hears = false;
  let wait = retryMs;
  let foreign = 0;
  while (!signal.aborted) {
    try {
      await listenOnce(databaseUrl, probe, signal, {
        connected: () => {
          wait = retryMs;
          if (!hears) tell({ id: lastId, topic: 'feed-regained', at: now().toISOString() });
          hears = true;
          isLost = false;
        },
        received: (payload) => {
          const notice = parsePayload(payload);
          if (notice === null) {
            foreign += 1;
            if (Number.isInteger(Math.log2(foreign))) reportForeign(foreign);
            return;
          }
          lastId = notice.id;
          tell({ ...notice, at: now().toISOString() });
        },
      });
    } catch (error) {
      if (!isLost) tell({ id: lastId, topic: 'feed-lost', at: now().toISOString() });
      isLost = true;
      hears = false;
      report(error);
      await pause(wait, signal);
      wait = Math.min(wait * 2, retryMs * 30);
    }
  }
}

type Heard = { readonly connected: () => void; readonly received: (payload: string) => void };

/**
 * Listens until the connection breaks (rejects) or the signal aborts (resolves). A connection that only listens sends
 * nothing, so one that was dropped without a word would be taken for a quiet one: it is asked now and then.
 */
async function listenOnce(
  databaseUrl: string,
  probe: NonNullable<Options['probe']>,
  signal: AbortSignal,
  heard: Heard,
): Promise<void> {
  const client = new pg.Client({
    connectionString: databaseUrl,
    application_name: 'reprise live feed',
    connectionTimeoutMillis: 5_000,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    query_timeout: probe.boundMs,
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
    const ended = new AbortController();
    try {
      await Promise.race([broken, aborted, askAgain(client, probe.everyMs, ended.signal)]);
    } finally {
      ended.abort();
    }
  } finally {
    // A goodbye that nobody answers is not waited for.
    const goodbye = new AbortController();
    await Promise.race([client.end().catch(() => undefined), pause(2_000, goodbye.signal)]);
    goodbye.abort();
  }
}

/** Rejects when an answer is overdue. */
async function askAgain(client: pg.Client, everyMs: number, ended: AbortSignal): Promise<void> {
  for (;;) {
    await pause(everyMs, ended);
    if (ended.aborted) return;
    await client.query('SELECT 1');
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done);
    if (signal.aborted) done();
  });
}
