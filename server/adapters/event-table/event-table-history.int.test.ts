import { setTimeout as wait } from 'node:timers/promises';
import type { Pool, PoolClient } from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { z } from 'zod';
import type { ReadRange } from '../../application/ports/history.ts';
import {
  defineContract,
  type EngineContract,
  event,
  fromColumn,
  fromKey,
  type Selector,
} from '../../domain/contract/define.ts';
import type { HistoryRecord, HistoryState } from '../../domain/replay/index.ts';
import { openScratchStore, type ScratchStore } from '../scratch-store.ts';
import { openEventTable } from './event-table-history.ts';
import { rowDecoder } from './row-decoder.ts';

let store: ScratchStore;
beforeAll(async () => {
  store = await openScratchStore(inject('databaseUrl'));
});
afterAll(() => store?.drop());

const TABLE = `
  DROP TABLE IF EXISTS ledger;
  CREATE TABLE ledger (
    position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    transaction_id xid8 NOT NULL DEFAULT pg_current_xact_id(),
    event_id uuid NOT NULL UNIQUE DEFAULT gen_random_uuid(),
    account text NOT NULL,
    type text NOT NULL DEFAULT 'MoneyDeposited',
    data jsonb NOT NULL DEFAULT '{"amount": 1}',
    occurred_at timestamptz NOT NULL DEFAULT clock_timestamp()
  )`;

function contractOf(
  options: { connection?: string; table?: string; id?: Selector; transactionId?: string } = {},
) {
  return defineContract({
    id: 'accounts',
    title: 'Accounts',
    authors: ['someone'],
    history: {
      kind: 'postgres',
      connection: options.connection ?? 'store',
      table: options.table ?? 'ledger',
      position: 'position',
      transactionId: options.transactionId ?? 'transaction_id',
      key: 'account',
      occurredAt: 'occurred_at',
    },
    envelope: {
      id: options.id ?? fromColumn('event_id'),
      type: fromColumn('type'),
      data: fromColumn('data'),
    },
    ordering: { key: fromKey(), partitioner: 'single' },
    events: { MoneyDeposited: event(1, z.object({ amount: z.number() })) },
    projection: { initial: () => 0, apply: (sum, e) => sum + e.data.amount },
    derivedStates: {},
  }) as unknown as EngineContract;
}

const open = (options?: Parameters<typeof contractOf>[0]) =>
  openEventTable(contractOf(options), store.connect);
const insert = (client: Pick<PoolClient, 'query'>, account: string, count = 1) =>
  client.query('INSERT INTO ledger (account) SELECT $1 FROM generate_series(1, $2)', [account, count]);

async function readAll(state: HistoryState, range?: Partial<ReadRange>): Promise<HistoryRecord[]> {
  const found: HistoryRecord[] = [];
  const whole = wholeOf(state);
  await open().read([{ ...whole, ...range }], optionsOf(state), async (batch) => {
    found.push(...batch.records);
  });
  return found;
}
const wholeOf = (state: HistoryState): ReadRange => ({
  partition: 0,
  from: BigInt(state.partitions[0]?.logStart ?? 0),
  to: BigInt(state.partitions[0]?.lastStable ?? 0),
});
const optionsOf = (state: HistoryState) => ({
  identity: state.identity,
  visibleBefore: state.visibleBefore,
  signal: new AbortController().signal,
});

/**
 * The table as it stands once everything written so far is final. Other databases of the same server have
 * transactions of their own, and one of those can hold finality back for a moment.
 */
async function settled(): Promise<HistoryState> {
  const { rows } = await store.owner.query<{ id: string }>('SELECT pg_current_xact_id()::text AS id');
  return finalBeyond(rows[0]?.id);
}
async function finalBeyond(transactionId: string | undefined): Promise<HistoryState> {
  // What refuses to be described is not waited for: it refuses again below.
  const isFinal = () =>
    open()
      .describe()
      .then(
        ({ visibleBefore }) => BigInt(visibleBefore ?? 0) > BigInt(transactionId ?? 0),
        () => true,
      );
  await expect.poll(isFinal, { timeout: 60_000, interval: 5 }).toBe(true);
  return open().describe();
}
const keysOf = (records: readonly HistoryRecord[]) =>
  records.map((record) => Buffer.from(record.key ?? []).toString());

/** Runs work in transactions that are all open at once, and commits them in the order in which work says so. */
async function withOpen(count: number, work: (clients: PoolClient[]) => Promise<void>): Promise<void> {
  const clients = await Promise.all(Array.from({ length: count }, () => store.owner.connect()));
  try {
    for (const client of clients) await client.query('BEGIN');
    await work(clients);
  } finally {
    for (const client of clients) {
      await client.query('ROLLBACK');
      client.release();
    }
  }
}

beforeEach(async () => {
  await store.owner.query(TABLE);
  await store.grant();
});

describe('an event table as a history', () => {
  it('delivers every row as its JSON, with key and time', async () => {
    await store.owner.query(
      `INSERT INTO ledger (account, data, occurred_at)
       VALUES ('a', '{"amount": 12, "note": "ü\\n\\"x\\""}', '2026-03-01T10:00:00.250+01:00')`,
    );
    const state = await settled();
    const [record] = await readAll(state);
    expect(record).toMatchObject({
      offset: 1,
      timestampMs: Date.parse('2026-03-01T09:00:00.250Z'),
      headers: null,
    });
    expect(keysOf(record ? [record] : [])).toEqual(['a']);
    const row = record ? rowDecoder.decode(record) : null;
    expect(row).toMatchObject({
      position: 1,
      account: 'a',
      data: { amount: 12, note: 'ü\n"x"' },
      occurred_at: '2026-03-01T09:00:00.25+00:00',
    });
  });

  it('takes as many bytes as its rows do', async () => {
    expect(Number((await open().sizes())?.get(0))).toBeLessThan(20_000);
    await store.owner.query(
      `INSERT INTO ledger (account) SELECT 'account ' || n FROM generate_series(1, 1000) AS n`,
    );
    const bytes = Number((await open().sizes())?.get(0));
    expect(bytes).toBeGreaterThan(1000 * 60);
    expect(bytes).toBeLessThan(1000 * 400);
  });

  it('is empty before the first row', async () => {
    const state = await settled();
    expect(state.partitions).toEqual([{ partition: 0, logStart: '0', lastStable: '0', highWatermark: '0' }]);
    expect(await readAll(state)).toEqual([]);
  });

  it('delivers in position order over many batches, whatever holes sequences leave', async () => {
    await insert(store.owner, 'a', 30_000);
    await store.owner.query('DELETE FROM ledger WHERE position % 7 = 0');
    const state = await settled();
    const offsets = (await readAll(state)).map((record) => record.offset);
    expect(offsets).toEqual(Array.from({ length: 30_000 }, (_, i) => i + 1).filter((n) => n % 7 !== 0));
  });

  it('reads a part from its first position up to its end', async () => {
    await insert(store.owner, 'a', 20);
    const state = await settled();
    const part = await readAll(state, { from: 5n, to: 8n });
    expect(part.map((record) => record.offset)).toEqual([5, 6, 7]);
  });
});

describe('a row that commits late', () => {
  it('is not passed over: nothing newer counts as final before it', async () => {
    await withOpen(2, async ([late, early]) => {
      if (!late || !early) throw new Error('no connection');
      await insert(late, 'late');
      await insert(early, 'early');
      await early.query('COMMIT');
      const before = await open().describe();
      expect(before.partitions[0]).toMatchObject({ lastStable: '0', highWatermark: '3' });
      await late.query('COMMIT');
      const after = await settled();
      expect(keysOf(await readAll(after))).toEqual(['late', 'early']);
    });
  });

  it('is below a bound that no transaction before it had, and finality reaches that once it has ended', async () => {
    await withOpen(1, async ([late]) => {
      if (!late) throw new Error('no connection');
      await insert(late, 'late');
      const newest = await open().newestBound();
      const { visibleBefore } = await open().describe();
      expect(BigInt(visibleBefore ?? 0)).toBeLessThan(newest);
      await late.query('COMMIT');
      await finalBeyond(String(newest - 1n));
    });
  });

  it('is in the next plan, and never in the one that was frozen before it', async () => {
    await insert(store.owner, 'first');
    await withOpen(2, async ([older, younger]) => {
      if (!older || !younger) throw new Error('no connection');
      const { rows } = await older.query<{ id: string }>('SELECT pg_current_xact_id()::text AS id');
      await insert(younger, 'lower position, younger transaction');
      await insert(older, 'higher position, older transaction');
      await older.query('COMMIT');
      const plan = await finalBeyond(rows[0]?.id);
      expect(keysOf(await readAll(plan))).toEqual(['first', 'higher position, older transaction']);
      await younger.query('COMMIT');
      // The position lies inside the frozen range, and the plan still reads what it read.
      expect(keysOf(await readAll(plan))).toEqual(['first', 'higher position, older transaction']);
      expect(await readAll(await settled())).toHaveLength(3);
    });
  });

  it('is lost by no reader that goes on from plan to plan, under many concurrent writers', async () => {
    const seen = new Map<number, number>();
    let writing = true;
    const writers = Promise.all(
      Array.from({ length: 6 }, async (_, writer) => {
        for (let i = 0; i < 25; i += 1) {
          await withOpen(1, async ([client]) => {
            if (!client) throw new Error('no connection');
            await insert(client, `w${writer}`);
            await wait((writer * 7 + i * 3) % 11);
            await insert(client, `w${writer}`);
            await client.query(i % 5 === 4 ? 'ROLLBACK' : 'COMMIT');
          });
        }
      }),
    ).then(() => {
      writing = false;
    });
    let since = 0n;
    for (let more = true; more; ) {
      more = writing;
      const state = more ? await open().describe() : await settled();
      const bound = BigInt(state.visibleBefore ?? 0);
      await open().readUnapplied(
        bound,
        { transactionId: since === 0n ? 0n : since - 1n, position: 2n ** 62n },
        async (batch) => {
          for (const record of batch.records) seen.set(record.offset, (seen.get(record.offset) ?? 0) + 1);
        },
      );
      since = bound;
    }
    await writers;
    const all = await store.owner.query<{ position: string }>(
      'SELECT position FROM ledger ORDER BY position',
    );
    expect(all.rows.length).toBe(6 * 20 * 2);
    expect([...seen.keys()].sort((a, b) => a - b)).toEqual(all.rows.map((row) => Number(row.position)));
    expect([...seen.values()].every((times) => times === 1)).toBe(true);
  });
});

describe('a derived state with a cursor of transaction and position', () => {
  async function applied(since: bigint, cursor: { transactionId: bigint; position: bigint }) {
    const keys: string[] = [];
    await open().readApplied(since, cursor, async (batch) => void keys.push(...keysOf(batch.records)));
    return keys;
  }
  async function unapplied(before: bigint, cursor: { transactionId: bigint; position: bigint }) {
    const keys: string[] = [];
    await open().readUnapplied(before, cursor, async (batch) => void keys.push(...keysOf(batch.records)));
    return keys;
  }
  const rowOf = async (account: string) => {
    const { rows } = await store.owner.query<{ transactionId: string; position: string }>(
      `SELECT transaction_id::text AS "transactionId", position::text FROM ledger WHERE account = $1`,
      [account],
    );
    return { transactionId: BigInt(rows[0]?.transactionId ?? 0), position: BigInt(rows[0]?.position ?? 0) };
  };

  it('has applied beyond the plan what lies between the plan and its cursor', async () => {
    await insert(store.owner, 'planned');
    const bound = BigInt((await settled()).visibleBefore ?? 0);
    for (const account of ['next', 'last', 'not yet']) await insert(store.owner, account);
    await settled();
    expect(await applied(bound, await rowOf('last'))).toEqual(['next', 'last']);
    expect(await applied(bound, await rowOf('planned'))).toEqual([]);
    expect(await unapplied(bound, await rowOf('last'))).toEqual([]);
  });

  it('is behind by the rows of the plan after its cursor', async () => {
    for (const account of ['a', 'b', 'c']) await insert(store.owner, account);
    const bound = BigInt((await settled()).visibleBefore ?? 0);
    await insert(store.owner, 'after the plan');
    expect(await unapplied(bound, await rowOf('a'))).toEqual(['b', 'c']);
    expect(await unapplied(bound, { transactionId: 0n, position: 0n })).toEqual(['a', 'b', 'c']);
  });

  it('is refused where its cursor is beyond what is final', async () => {
    await withOpen(1, async ([open1]) => {
      if (!open1) throw new Error('no connection');
      await insert(open1, 'still open');
      await insert(store.owner, 'read too early');
      const cursor = await rowOf('read too early');
      await expect(applied(0n, cursor)).rejects.toMatchObject({
        code: 'history-unavailable',
        message: expect.stringContaining('before they are final'),
      });
    });
  });
});

describe('a range that is not what was planned', () => {
  it('is refused where rows at its beginning were deleted, naming them', async () => {
    await insert(store.owner, 'a', 10);
    const state = await settled();
    await store.owner.query('DELETE FROM ledger WHERE position < 4');
    await expect(readAll(state)).rejects.toMatchObject({
      code: 'history-truncated',
      where: expect.stringContaining('[1, 4)'),
    });
    expect(await readAll(state, { from: 4n })).toHaveLength(7);
  });

  it('is refused where rows are deleted while it is read', async () => {
    await insert(store.owner, 'a', 5_000);
    const state = await settled();
    let next = 0;
    const reading = open().read([wholeOf(state)], optionsOf(state), async (batch) => {
      next = batch.next;
      await store.owner.query('DELETE FROM ledger WHERE position < 4000');
    });
    await expect(reading).rejects.toMatchObject({ code: 'history-truncated' });
    await expect(reading).rejects.toThrow(`[${next}, 4000)`);
  });

  it('is refused whole where the table was emptied and filled again', async () => {
    await insert(store.owner, 'a', 5);
    const state = await settled();
    await store.owner.query('TRUNCATE ledger RESTART IDENTITY');
    await insert(store.owner, 'b', 5);
    await expect(readAll(state)).rejects.toMatchObject({ code: 'history-truncated' });
  });

  it('is refused where the table was made again under its name', async () => {
    await insert(store.owner, 'a', 5);
    const state = await settled();
    await store.owner.query(TABLE);
    await store.grant();
    await insert(store.owner, 'a', 5);
    await expect(readAll(state)).rejects.toMatchObject({ code: 'history-recreated' });
  });

  it('is refused where a position stands twice', async () => {
    await store.owner.query('ALTER TABLE ledger DROP CONSTRAINT ledger_pkey');
    await insert(store.owner, 'a', 3);
    await store.owner.query(
      `INSERT INTO ledger (position, account) OVERRIDING SYSTEM VALUE VALUES (2, 'twin')`,
    );
    await expect(readAll(await settled())).rejects.toThrow('Position 2 stands in more than one row');
  });
});

describe('a server that has not come as far as a plan, as a replica that is behind', () => {
  /** A plan of another server that is this much further. */
  const AHEAD = 3_000n;
  const takeIds = () =>
    store.owner.query(
      `DO $$ BEGIN FOR i IN 1..${AHEAD} LOOP PERFORM pg_current_xact_id(); COMMIT; END LOOP; END $$`,
    );
  async function planOfAnother(): Promise<HistoryState & { readonly bound: bigint }> {
    await insert(store.owner, 'here already');
    const state = await settled();
    const bound = BigInt(state.visibleBefore ?? 0) + AHEAD;
    return { ...state, bound, visibleBefore: String(bound) };
  }
  /** What a reading has delivered before the row has arrived, and at its end. */
  async function whileArriving(
    read: (deliver: (records: readonly HistoryRecord[]) => void) => Promise<void>,
  ) {
    const found: HistoryRecord[] = [];
    const reading = read((records) => found.push(...records));
    await wait(300);
    const early = [...found];
    await insert(store.owner, 'not yet here');
    await takeIds();
    await reading;
    return { early: keysOf(early), whole: keysOf(found) };
  }

  it('is waited for, and none of its rows is taken for a hole', async () => {
    const plan = await planOfAnother();
    const read = whileArriving((deliver) =>
      open().read([{ partition: 0, from: 1n, to: 3n }], optionsOf(plan), async (batch) =>
        deliver(batch.records),
      ),
    );
    expect(await read).toEqual({ early: [], whole: ['here already', 'not yet here'] });
  });

  it('is waited for in the order of transactions too', async () => {
    const { bound } = await planOfAnother();
    const read = whileArriving((deliver) =>
      open().readUnapplied(bound, { transactionId: 0n, position: 0n }, async (batch) =>
        deliver(batch.records),
      ),
    );
    expect(await read).toEqual({ early: [], whole: ['here already', 'not yet here'] });
  });

  it('does not say that no row came late', async () => {
    const { bound } = await planOfAnother();
    await expect(open().firstLate(2n, 0n, bound)).rejects.toMatchObject({
      code: 'history-unavailable',
      lasting: false,
      message: expect.stringMatching(
        new RegExp(`final only before transaction \\d+.*before ${bound}.*replica`),
      ),
    });
  });

  it('says nothing of times and ids once another has described the table', async () => {
    await insert(store.owner, 'a');
    await settled();
    let ahead = AHEAD;
    const reader = openEventTable(contractOf(), (name) => further(store.connect(name), () => ahead));
    await reader.describe();
    expect(await reader.offsetsAt(0)).toEqual([{ partition: 0, offset: 1n }]);
    ahead = 0n;
    for (const ask of [() => reader.offsetsAt(0), () => reader.newestBound()]) {
      await expect(ask()).rejects.toThrow('a replica that is behind');
    }
    await takeIds();
    expect(await reader.offsetsAt(0)).toEqual([{ partition: 0, offset: 1n }]);
  });
});

/** A server of several, which says that more transactions have ended on it. */
function further(pool: Pool, ahead: () => bigint): Pool {
  const asked = async (client: PoolClient, text: string, values?: unknown[]) => {
    const result = await client.query(text, values);
    const [row] = result.rows ?? [];
    if (row !== undefined && 'bound' in row) row.bound = String(BigInt(row.bound) + ahead());
    return result;
  };
  return new Proxy(pool, {
    get: (target, name) =>
      name === 'connect'
        ? async () => {
            const client = await target.connect();
            const query = (text: string, values?: unknown[]) => asked(client, text, values);
            return new Proxy(client, {
              get: (inner, field) => {
                const value = field === 'query' ? query : Reflect.get(inner, field);
                return typeof value === 'function' ? value.bind(inner) : value;
              },
            });
          }
        : Reflect.get(target, name),
  });
}

describe('a table that cannot serve', () => {
  it('without transaction ids is refused with the statement that adds them', async () => {
    await store.owner.query('ALTER TABLE ledger DROP COLUMN transaction_id');
    const refused = open().describe();
    await expect(refused).rejects.toMatchObject({ code: 'history-unavailable' });
    await expect(refused).rejects.toThrow(
      'ALTER TABLE ledger ADD COLUMN transaction_id xid8 NOT NULL DEFAULT pg_current_xact_id()',
    );
    await store.owner.query(
      'ALTER TABLE ledger ADD COLUMN transaction_id xid8 NOT NULL DEFAULT pg_current_xact_id()',
    );
    await expect(open().describe()).resolves.toMatchObject({ kind: 'postgres' });
  });

  it('because a row may have no transaction id is refused, as no replay would read that row', async () => {
    await store.owner.query('ALTER TABLE ledger ALTER COLUMN transaction_id DROP NOT NULL');
    await store.owner.query(`INSERT INTO ledger (account, transaction_id) VALUES ('old', NULL)`);
    const refused = open().describe();
    await expect(refused).rejects.toMatchObject({ code: 'history-unavailable', lasting: true });
    await expect(refused).rejects.toThrow('ALTER TABLE ledger ALTER COLUMN transaction_id SET NOT NULL');
    const [check] = await open().readiness();
    expect(check).toMatchObject({ outcome: 'failed', found: expect.stringContaining('may be NULL') });
  });

  it('because its NOT NULL was never held against the rows that were there is refused too', async () => {
    await store.owner.query('ALTER TABLE ledger ALTER COLUMN transaction_id DROP NOT NULL');
    await store.owner.query(`INSERT INTO ledger (account, transaction_id) VALUES ('old', NULL)`);
    await store.owner.query('ALTER TABLE ledger ADD CONSTRAINT written_by NOT NULL transaction_id NOT VALID');
    await expect(open().describe()).rejects.toThrow('may be NULL');
    await store.owner.query(`DELETE FROM ledger WHERE account = 'old'`);
    await store.owner.query('ALTER TABLE ledger VALIDATE CONSTRAINT written_by');
    await expect(open().describe()).resolves.toMatchObject({ kind: 'postgres' });
  });

  describe.each(['with', 'without'])(
    '%s an index on transaction ids, holding rows of another server',
    (how) => {
      const FOREIGN = '5000000000000';
      beforeEach(async () => {
        if (how === 'with') await store.owner.query('CREATE INDEX ON ledger (transaction_id, position)');
      });
      const restore = (account: string) =>
        store.owner.query('INSERT INTO ledger (account, transaction_id) VALUES ($1, $2)', [account, FOREIGN]);
      const refusal = /position [12] of ledger .* transaction 5000000000000.*not given out/;

      it.each([
        ['and nothing else', ['old']],
        ['before its own', ['old', 'new']],
        ['after its own', ['new', 'old']],
      ])('%s is refused', async (_where, accounts) => {
        for (const account of accounts)
          await (account === 'old' ? restore(account) : insert(store.owner, account));
        await expect
          .poll(() =>
            open()
              .describe()
              .catch((error: Error) => error),
          )
          .toMatchObject({
            code: 'history-unavailable',
            lasting: true,
            message: expect.stringMatching(refusal),
          });
      });

      it('among its own is refused at the latest where they stand', async () => {
        await insert(store.owner, 'new');
        await restore('old');
        await insert(store.owner, 'newer');
        const whole = async () => readAll(await settled());
        await expect(whole()).rejects.toMatchObject({
          code: 'history-unavailable',
          message: expect.stringMatching(refusal),
        });
      });
    },
  );

  it('is none for a row whose transaction runs, or runs no longer', async () => {
    await store.owner.query('CREATE INDEX ON ledger (transaction_id, position)');
    await withOpen(2, async ([older, younger]) => {
      if (!older || !younger) throw new Error('no connection');
      await insert(older, 'older');
      await insert(younger, 'younger');
      await younger.query('COMMIT');
      await expect(open().describe()).resolves.toMatchObject({ kind: 'postgres' });
    });
  });

  it('that is not there, or not allowed, or on no server, is named', async () => {
    await expect(open({ table: 'no_such' }).describe()).rejects.toThrow('There is no table no_such');
    await expect(open({ connection: 'away' }).describe()).rejects.toMatchObject({
      code: 'history-unavailable',
      message: expect.stringContaining('connection away'),
    });
    await store.owner.query(`REVOKE SELECT ON ledger FROM ${store.reader}`);
    await expect(open().describe()).rejects.toThrow('Grant the role SELECT');
  });
});

describe('a table with row-level security', () => {
  const hide = () =>
    store.owner.query(`
      CREATE POLICY own_rows ON ledger USING (account <> 'somebody else');
      ALTER TABLE ledger ENABLE ROW LEVEL SECURITY`);

  it('is refused rather than read without the rows that a policy hides', async () => {
    await insert(store.owner, 'a');
    await insert(store.owner, 'somebody else');
    const state = await settled();
    await hide();
    for (const refused of [open().describe(), readAll(state)]) {
      await expect(refused).rejects.toMatchObject({
        code: 'history-unavailable',
        lasting: true,
        message: expect.stringMatching(/ledger.*hides rows.*BYPASSRLS/),
      });
    }
    const [check] = await open().readiness();
    expect(check).toMatchObject({ outcome: 'failed', found: expect.stringContaining('hides rows') });
  });

  it('is read whole by a role that no policy holds for', async () => {
    await insert(store.owner, 'somebody else');
    await hide();
    await store.owner.query(`ALTER ROLE ${store.reader} BYPASSRLS`);
    try {
      expect(keysOf(await readAll(await settled()))).toEqual(['somebody else']);
    } finally {
      await store.owner.query(`ALTER ROLE ${store.reader} NOBYPASSRLS`);
    }
  });
});

describe('a server that goes away', () => {
  it('is waited for, and the rest is read without loss or repetition', async () => {
    await insert(store.owner, 'a', 10_000);
    const state = await settled();
    const offsets: number[] = [];
    await open().read([wholeOf(state)], optionsOf(state), async (batch) => {
      offsets.push(...batch.records.map((record) => record.offset));
      await store.owner.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = $1', [
        store.reader,
      ]);
    });
    expect(offsets).toEqual(Array.from({ length: 10_000 }, (_, i) => i + 1));
  });

  it('is not waited for once the read is aborted', async () => {
    await insert(store.owner, 'a', 10_000);
    const state = await settled();
    const stop = new AbortController();
    const reading = open().read([wholeOf(state)], { ...optionsOf(state), signal: stop.signal }, async () =>
      stop.abort(),
    );
    await expect(reading).rejects.toMatchObject({ name: 'AbortError' });
  });
});

describe('what an event table is asked beside its rows', () => {
  it('finds the first position at or after an instant', async () => {
    for (const [account, at] of [
      ['a', '2026-01-01'],
      ['b', '2026-01-02'],
      ['c', '2026-01-03'],
    ]) {
      await store.owner.query('INSERT INTO ledger (account, occurred_at) VALUES ($1, $2)', [account, at]);
    }
    const at = (instant: string) => open().offsetsAt(Date.parse(instant));
    // Rows are final only once no older transaction runs on the server, and other tests run theirs beside this one.
    await expect
      .poll(() => at('2026-01-02T00:00:00Z'), { timeout: 60_000 })
      .toEqual([{ partition: 0, offset: 2n }]);
    await expect
      .poll(() => at('2026-02-01T00:00:00Z'), { timeout: 60_000 })
      .toEqual([{ partition: 0, offset: 4n }]);
  });

  it('keeps numbers exact that JavaScript cannot hold', async () => {
    await store.owner.query(
      `INSERT INTO ledger (account, data) VALUES ('a', '{"amount": 9007199254740993, "rate": 1.50}')`,
    );
    const [record] = await readAll(await settled());
    expect(record && rowDecoder.decode(record)).toMatchObject({
      data: { amount: '9007199254740993', rate: 1.5 },
    });
  });
});

describe('readiness', () => {
  const outcomes = async (options?: Parameters<typeof contractOf>[0]) =>
    Object.fromEntries((await open(options).readiness()).map((check) => [check.name, check.outcome]));

  it('passes a table that is as it should be, over a role that can only read', async () => {
    await insert(store.owner, 'a', 3);
    expect(new Set(Object.values(await outcomes()))).toEqual(new Set(['passed']));
  });

  it('fails for a superuser and for a role that can write', async () => {
    const name = 'The role can only read the history';
    expect(await outcomes({ connection: 'owner' })).toMatchObject({ [name]: 'failed' });
    await store.owner.query(`GRANT UPDATE ON ledger TO ${store.reader}`);
    expect(await outcomes()).toMatchObject({ [name]: 'failed' });
  });

  it('says what is wrong with columns, indexes and samples', async () => {
    await store.owner.query(`
      ALTER TABLE ledger DROP CONSTRAINT ledger_pkey;
      ALTER TABLE ledger DROP CONSTRAINT ledger_event_id_key;
      ALTER TABLE ledger ALTER COLUMN transaction_id DROP DEFAULT;
      ALTER TABLE ledger ALTER COLUMN account DROP NOT NULL;
      INSERT INTO ledger (account, type, transaction_id)
      VALUES (NULL, 'MoneyDeposited', pg_current_xact_id()), ('a', 'Nothing', '99999999999')`);
    expect(await outcomes()).toMatchObject({
      'Every row carries the id of its transaction': 'warning',
      'Positions are unique and indexed': 'warning',
      'The idempotency key is present and unique': 'warning',
      'Every row has an ordering key': 'failed',
      'Sampled rows can be read': 'failed',
      'Transaction ids are of this server': 'failed',
    });
  });

  it('is a failed check, not an error, where nothing can be read', async () => {
    const checks = await open({ connection: 'away' }).readiness();
    expect(checks).toMatchObject([{ outcome: 'failed', found: expect.stringContaining('away') }]);
  });
});
