import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { LiveEvent } from '../../application/ports/dashboard.ts';
import { auditFrom } from './audit.ts';
import { createLiveFeed, postgresNotifier } from './live-feed.ts';
import { createPool } from './pool.ts';
import { createMigratedDatabase, type ScratchDatabase } from './scratch-database.ts';
import { createUnitOfWork } from './unit-of-work.ts';

let database: ScratchDatabase;
let pool: pg.Pool;

beforeAll(async () => {
  database = await createMigratedDatabase(inject('databaseUrl'));
  pool = createPool(database.url, { name: 'test', max: 2, report: () => undefined });
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});

const note = { actor: 'ada', action: 'replay.launch', outcome: 'done', detail: {} } as const;
const countAudit = async (subject: string) =>
  (await pool.query('SELECT 1 FROM audit_entry WHERE subject = $1', [subject])).rowCount;

describe('a unit of work', () => {
  it('commits rows, bulk rows and the audit together', async () => {
    const work = createUnitOfWork(pool);
    const copied = await work.run(async (tx) => {
      await auditFrom('test').append(tx, { ...note, subject: 'together' });
      return tx.copyIn('COPY seen_block (replay_id, partition, sequence, entries) FROM STDIN', [
        Buffer.from('00000000-0000-4000-8000-000000000001\t0\t0\t\\\\x01\n00000000-0000-4000-8000'),
        Buffer.from('-000000000001\t0\t1\t\\\\x02\n'),
      ]);
    });
    expect(copied).toBe(2);
    expect(await countAudit('together')).toBe(1);
  });

  it('leaves nothing behind when it fails, and its connection is used again', async () => {
    const work = createUnitOfWork(pool);
    for (let i = 0; i < 5; i += 1) {
      const failing = work.run(async (tx) => {
        await auditFrom('test').append(tx, { ...note, subject: 'failed' });
        await tx.query('SELECT 1 / 0');
      });
      await expect(failing).rejects.toThrow(/division by zero/);
    }
    expect(await countAudit('failed')).toBe(0);
    expect(pool.totalCount).toBeLessThanOrEqual(2);
  });

  it('fails, and the next one works, when a COPY is broken off', async () => {
    const work = createUnitOfWork(pool);
    const failing = work.run((tx) =>
      tx.copyIn('COPY seen_block (replay_id, partition, sequence, entries) FROM STDIN', [
        Buffer.from('nonsense\n'),
      ]),
    );
    await expect(failing).rejects.toThrow();
    expect(await work.run((tx) => tx.query('SELECT 1 AS one'))).toEqual([{ one: 1 }]);
  });

  it('that is a snapshot sees one moment and can not write', async () => {
    const work = createUnitOfWork(pool);
    await work.run(
      async (tx) => {
        await tx.query('SELECT count(*) FROM audit_entry');
        await pool.query(
          `INSERT INTO audit_entry (actor, action, subject, outcome, detail) VALUES ('a', 'b', 'snapshot', 'done', '{}')`,
        );
        expect(await tx.query(`SELECT 1 FROM audit_entry WHERE subject = 'snapshot'`)).toEqual([]);
      },
      { snapshot: true },
    );
    const writing = work.run((tx) => auditFrom('test').append(tx, { ...note, subject: 'x' }), {
      snapshot: true,
    });
    await expect(writing).rejects.toThrow(/read-only/);
  });
});

describe('the live feed', () => {
  type Options = Parameters<typeof createLiveFeed>[0];
  const listenInto = (heard: LiveEvent[], own: Partial<Options> = {}) => {
    const ended = new AbortController();
    const feed = createLiveFeed({
      databaseUrl: database.url,
      now: () => new Date(0),
      report: () => undefined,
      reportForeign: () => undefined,
      retryMs: 20,
      ...own,
    });
    const done = (async () => {
      for await (const event of feed.listen(ended.signal)) heard.push(event);
    })();
    const stop = async () => {
      ended.abort();
      await done;
      await feed.close();
    };
    return stop;
  };
  const topics = (heard: LiveEvent[]) => heard.map((event) => event.topic);
  const listening = () =>
    pool.query(`SELECT pid FROM pg_stat_activity WHERE application_name = 'reprise live feed'
      AND datname = current_database() AND state = 'idle' AND query ~ '^(LISTEN|SELECT 1$)'`);

  it('says once it hears for the first time that nobody knows what passed until then', async () => {
    const heard: LiveEvent[] = [];
    const stop = listenInto(heard);
    await expect.poll(() => topics(heard)).toEqual(['feed-regained']);
    await createUnitOfWork(pool).run((tx) => postgresNotifier.notify(tx, 'contracts'));
    await expect.poll(() => topics(heard)).toEqual(['feed-regained', 'contracts']);
    await stop();
  });

  it('tells what was committed, once a transaction, and nothing that was rolled back', async () => {
    const heard: LiveEvent[] = [];
    const stop = listenInto(heard);
    await expect.poll(async () => (await listening()).rowCount).toBe(1);
    const work = createUnitOfWork(pool);
    await work
      .run(async (tx) => {
        await postgresNotifier.notify(tx, 'replay:lost');
        throw new Error('no');
      })
      .catch(() => undefined);
    await work.run(async (tx) => {
      await postgresNotifier.notify(tx, 'replays');
      await postgresNotifier.notify(tx, 'replay:1');
      await postgresNotifier.notify(tx, 'replays');
    });
    await expect.poll(() => topics(heard)).toEqual(['feed-regained', 'replays', 'replay:1']);
    const [, first, second] = heard;
    expect(BigInt(second?.id ?? 0) - BigInt(first?.id ?? 0)).toBe(1n);
    await stop();
  });

  it('says that it is lost and that its connection is back, and hears on', async () => {
    const heard: LiveEvent[] = [];
    const stop = listenInto(heard);
    await expect.poll(async () => (await listening()).rowCount).toBe(1);
    const { rows } = await listening();
    await pool.query('SELECT pg_terminate_backend($1)', [rows[0].pid]);
    await expect.poll(() => topics(heard)).toEqual(['feed-regained', 'feed-lost', 'feed-regained']);
    await createUnitOfWork(pool).run((tx) => postgresNotifier.notify(tx, 'contracts'));
    await expect
      .poll(() => topics(heard))
      .toEqual(['feed-regained', 'feed-lost', 'feed-regained', 'contracts']);
    await stop();
  });

  it('says while it is lost that it is, once to who listened and at once to who comes', async () => {
    let minute = 0;
    const feed = createLiveFeed({
      databaseUrl: 'postgresql://nobody@127.0.0.1:1/nothing',
      now: () => new Date(minute++ * 60_000),
      report: () => undefined,
      reportForeign: () => undefined,
      retryMs: 5,
    });
    const ended = new AbortController();
    const listen = async (heard: LiveEvent[]) => {
      for await (const event of feed.listen(ended.signal)) heard.push(event);
    };
    const early: LiveEvent[] = [];
    const late: LiveEvent[] = [];
    const first = listen(early);
    await expect.poll(() => early).toEqual([{ id: '0', topic: 'feed-lost', at: '1970-01-01T00:00:00.000Z' }]);
    // Long enough for it to have tried again in vain.
    await new Promise((resolve) => setTimeout(resolve, 50));
    const second = listen(late);
    await expect.poll(() => late).toEqual(early);
    expect(early).toHaveLength(1);
    ended.abort();
    await Promise.all([first, second]);
    await feed.close();
  });

  it('outlives notices that are none of its own, counts them, and hears on', async () => {
    const heard: LiveEvent[] = [];
    const counts: number[] = [];
    const stop = listenInto(heard, { reportForeign: (count) => counts.push(count) });
    await expect.poll(async () => (await listening()).rowCount).toBe(1);
    for (const foreign of ['no JSON {', '{"topic":"replays"}', '{"id":"x","topic":"replays"}', ''])
      await pool.query(`SELECT pg_notify('reprise', $1)`, [foreign]);
    await createUnitOfWork(pool).run((tx) => postgresNotifier.notify(tx, 'contracts'));
    await expect.poll(() => topics(heard)).toEqual(['feed-regained', 'contracts']);
    expect(counts).toEqual([1, 2, 4]);
    await stop();
  });

  it('finds out that its connection was dropped without a word', async () => {
    const proxy = await openProxy(new URL(database.url));
    const heard: LiveEvent[] = [];
    const stop = listenInto(heard, { databaseUrl: proxy.url, probe: { everyMs: 100, boundMs: 200 } });
    await expect.poll(async () => (await listening()).rowCount).toBe(1);
    proxy.freeze();
    await expect
      .poll(() => topics(heard), { timeout: 10_000 })
      .toEqual(['feed-regained', 'feed-lost', 'feed-regained']);
    await stop();
    await proxy.close();
  });
});

/** Stands between a client and the database, and can stop carrying what they say without closing anything. */
async function openProxy(target: URL) {
  const pairs: [Socket, Socket][] = [];
  const server = createServer((near) => {
    const far = connect(Number(target.port), target.hostname);
    for (const socket of [near, far]) socket.on('error', () => undefined);
    near.pipe(far);
    far.pipe(near);
    pairs.push([near, far]);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const url = new URL(target);
  url.hostname = '127.0.0.1';
  url.port = String((server.address() as AddressInfo).port);
  return {
    url: url.href,
    freeze: () => {
      for (const [near, far] of pairs) {
        near.unpipe(far).pause();
        far.unpipe(near).pause();
      }
    },
    close: () => {
      for (const pair of pairs) for (const socket of pair) socket.destroy();
      return new Promise<void>((done) => server.close(() => done()));
    },
  };
}
