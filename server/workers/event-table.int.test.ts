import { createCipheriv, randomBytes, randomUUID } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { type RunningPostgres, startPostgres } from '../../demo/infra/postgres.ts';
import { eventually, openReplayWorld, type ReplayWorld } from '../../demo/testing/replay-world.ts';

/** A server of its own: what is final in a table depends on every transaction of the server, and others have theirs. */
const stateDir = resolve('.reprise/test', `event-table-${randomUUID().slice(0, 8)}`);
let postgres: RunningPostgres;
let world: ReplayWorld;

beforeAll(async () => {
  postgres = await startPostgres({
    stateDir,
    log: () => undefined,
    port: 56_732,
    settings: { fsync: 'off' },
  });
  world = await openReplayWorld({
    databaseUrl: postgres.urlFor('postgres'),
    kafkaBrokers: inject('kafkaBrokers'),
  });
  await world.pool.query(await readFile('demo/schema/bank.sql', 'utf8'));
  await world.contractFile('contracts/accounts.ts');
  world.startWorker(1);
});
afterAll(async () => {
  await world?.close();
  await postgres?.stop();
  await rm(stateDir, { recursive: true, force: true });
});

type Event = {
  readonly account: string;
  readonly type: string;
  readonly data: object;
  readonly version?: number;
  readonly subject?: string;
};
type Queryable = { query(text: string, values?: unknown[]): Promise<{ rows: Record<string, string>[] }> };

async function write(on: Queryable, { account, type, data, version = 1, subject }: Event) {
  await on.query(
    `INSERT INTO account_events (event_id, account, type, version, data, subject, occurred_at)
     VALUES ($1, $2, $3, $4, $5, $6, now())`,
    [randomUUID(), account, type, version, JSON.stringify(data), subject ?? null],
  );
}

/** What a projector that has applied everything so far would have written. */
async function project(balances: Readonly<Record<string, number>>) {
  await world.pool.query('TRUNCATE account_balances, applied_cursor');
  for (const [account, cents] of Object.entries(balances)) {
    await world.pool.query(`INSERT INTO account_balances VALUES ($1, $2, 'open')`, [account, cents]);
  }
  await world.pool.query(
    `INSERT INTO applied_cursor SELECT 'balances', transaction_id, position FROM account_events
     ORDER BY transaction_id DESC, position DESC LIMIT 1`,
  );
}

function seal(key: Buffer, text: string): string {
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  return Buffer.concat([nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]).toString(
    'base64',
  );
}

const opened = async (account: string, subject: string) => {
  const key = randomBytes(32);
  await world.pool.query('INSERT INTO subject_keys (subject, key) VALUES ($1, $2)', [subject, key]);
  await write(world.pool, {
    account,
    type: 'AccountOpened',
    subject,
    data: { holder: seal(key, `holder of ${account}`) },
  });
};
const deposited = (account: string, amountCents: number): Event => ({
  account,
  type: 'MoneyDeposited',
  data: { amountCents },
});
const moved = (from: string, to: string, amountCents: number): Event => ({
  account: from,
  type: 'MoneyTransferred',
  data: { from, to, amountCents },
});

async function replayed(request: Parameters<typeof world.launch>[1] = {}) {
  const { replayId } = await world.launch('accounts', request);
  const row = await world.ended(replayId);
  const comparison = await world.pool.query(
    `SELECT outcome, (result->>'eventsBehind')::int AS behind, (result->>'layerEvents')::int AS layer
     FROM replay_comparison WHERE replay_id = $1`,
    [replayId],
  );
  const discrepancies = await world.pool.query(
    `SELECT key, fields, explanation FROM discrepancy WHERE replay_id = $1 ORDER BY key`,
    [replayId],
  );
  return { replayId, row, comparison: comparison.rows[0], discrepancies: discrepancies.rows };
}

it('an event that touches two accounts is folded into both, and a forgotten holder costs no balance', async () => {
  await opened('a', 'ada');
  await opened('b', 'bob');
  await write(world.pool, deposited('a', 1000));
  await write(world.pool, moved('a', 'b', 300));
  await project({ a: 700, b: 300 });
  await world.pool.query(`DELETE FROM subject_keys WHERE subject = 'bob'`);
  const { row, comparison } = await replayed();
  expect(row).toMatchObject({ status: 'finished', confidence: 'trusted', agreement: 'equal', failure: null });
  expect(row.counters).toMatchObject({ applied: 4, erased: 1, erasedReads: 0, quarantined: 0 });
  expect(comparison).toEqual({ outcome: 'equal', behind: 0, layer: 0 });
});

it('a sum over all accounts is neither passed nor failed where one side of a transfer was replayed', async () => {
  const { row, replayId } = await replayed({ scope: { kind: 'keys', keys: ['a'] } });
  expect(row).toMatchObject({ status: 'finished', confidence: 'trusted', confidence_reasons: [] });
  const { rows } = await world.pool.query(
    'SELECT name, outcome FROM replay_invariant WHERE replay_id = $1 ORDER BY name',
    [replayId],
  );
  expect(rows).toContainEqual({ name: 'money_is_conserved', outcome: 'not-applicable' });
  expect(rows).toContainEqual({ name: 'balance_non_negative', outcome: 'passed' });
  const evidence = await world.pool.query(
    'SELECT reconciliation_failures AS failures FROM evidence_record WHERE replay_id = $1',
    [replayId],
  );
  expect(evidence.rows).toEqual([{ failures: 0 }]);
});

it('the words of a replay stand beside its record, under the digest that it names, and can be erased', async () => {
  const { replayId } = await replayed({ reason: 'ada asked for it' });
  const read = () =>
    world.pool.query(
      `SELECT convert_from(statement, 'UTF8') AS record, a.digest, convert_from(content, 'UTF8') AS words
       FROM evidence_record r LEFT JOIN evidence_attachment a ON a.evidence_id = r.id AND a.name = 'remarks'
       WHERE replay_id = $1`,
      [replayId],
    );
  const { rows } = await read();
  expect(rows[0].record).not.toContain('ada asked');
  expect(JSON.parse(rows[0].record).predicate.remarks).toEqual({ sha256: rows[0].digest });
  expect(JSON.parse(rows[0].words)).toMatchObject({ reason: 'ada asked for it', authors: ['bank-team'] });
  await world.pool.query('DELETE FROM evidence_attachment');
  expect((await read()).rows).toMatchObject([{ record: rows[0].record, words: null }]);
});

it('a projector that is behind is compared where it is, and what it got wrong is told from what it has not seen', async () => {
  await project({ a: 700, b: 299 });
  await write(world.pool, deposited('a', 50));
  await write(world.pool, moved('a', 'b', 20));
  const { row, comparison, discrepancies } = await replayed();
  expect(row).toMatchObject({ confidence: 'trusted', agreement: 'different' });
  expect(comparison).toMatchObject({ outcome: 'different', behind: 2, layer: 0 });
  expect(discrepancies.map((each) => [each.key, each.fields[0]])).toEqual([
    ['b', { field: 'balance_cents', history: 300, live: 299, delta: -1 }],
  ]);
});

it('a row that commits late is in no plan made before it, and in the layer of a projector that has applied it', async () => {
  const late = await world.pool.connect();
  await late.query('BEGIN');
  await write(late, deposited('b', 500));
  await write(world.pool, deposited('a', 1));
  const early = await world.launch('accounts');
  await late.query('COMMIT');
  late.release();
  await project({ a: 731, b: 820 });
  const row = await world.ended(early.replayId);
  expect(row).toMatchObject({ confidence: 'trusted', agreement: 'equal' });
  // Neither the late row nor the one after it was final when the plan was made.
  expect(row.counters).toMatchObject({ applied: 6 });
  const { rows } = await world.pool.query(
    `SELECT (result->>'layerEvents')::int AS layer FROM replay_comparison WHERE replay_id = $1`,
    [early.replayId],
  );
  expect(rows).toEqual([{ layer: 2 }]);
  const after = await replayed();
  expect(after.row.counters).toMatchObject({ applied: 8 });
  expect(after.comparison).toEqual({ outcome: 'equal', behind: 0, layer: 0 });
});

it('a withdrawal that was read without its fee is explained by its version', async () => {
  await write(world.pool, {
    account: 'a',
    type: 'MoneyWithdrawn',
    version: 2,
    data: { amountCents: 100, feeCents: 5 },
  });
  await project({ a: 631, b: 820 });
  const { discrepancies } = await replayed();
  expect(discrepancies).toHaveLength(1);
  expect(discrepancies[0].fields[0]).toMatchObject({ history: 626, live: 631, delta: 5 });
});

describe('a scope that goes on from an earlier replay', () => {
  const positions = async () => {
    const { rows } = await world.pool.query<{ first: string; end: string }>(
      'SELECT min(position)::text AS first, (max(position) + 1)::text AS end FROM account_events',
    );
    return rows[0] ?? { first: '0', end: '0' };
  };
  const between = (from: string, to: string) => ({
    scope: { kind: 'offsets' as const, ranges: [{ partition: 0, from, to }] },
  });
  const ended = async (request: Parameters<ReplayWorld['launch']>[1] = {}) => {
    const { replayId } = await world.launch('accounts', request);
    return { replayId, ...(await world.ended(replayId)) };
  };
  const current = async () => {
    const { rows } = await world.pool.query<{ account: string; balance: number }>(
      `SELECT key AS account, (state->>'balance')::int AS balance FROM shadow_state
       WHERE replay_id = (SELECT id FROM replay WHERE status = 'finished' ORDER BY requested_at DESC LIMIT 1)`,
    );
    return Object.fromEntries(rows.map(({ account, balance }) => [account, balance]));
  };
  /** Until all that was written is final: the worker has transactions of its own on this server, which keep rows back. */
  const settled = () =>
    eventually('what was written to be final', 20_000, async () => {
      const { rows } = await world.pool.query(
        `SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint > max(transaction_id)::text::bigint AS final
         FROM account_events`,
      );
      return { done: rows[0].final === true, value: null, seen: rows };
    });

  /** A row whose transaction began before the last row's, and is still running. */
  const startLate = async (event: Event, meanwhile: Event) => {
    const [early, late] = [await world.pool.connect(), await world.pool.connect()];
    await early.query('BEGIN; SELECT pg_current_xact_id()');
    await late.query('BEGIN');
    await write(late, event);
    await write(early, meanwhile);
    await early.query('COMMIT');
    early.release();
    return async () => {
      await late.query('COMMIT');
      late.release();
    };
  };

  it('is refused without one, and ends where a replay of the whole ends with one', async () => {
    await write(world.pool, deposited('a', 10));
    const { first, end: middle } = await positions();
    await write(world.pool, deposited('a', 20));
    await write(world.pool, moved('b', 'a', 5));
    const { end } = await positions();
    await settled();
    expect(await ended(between(middle, end))).toMatchObject({ failure_code: 'base-required' });
    const base = await ended(between(first, middle));
    expect(base).toMatchObject({ status: 'finished', confidence: 'trusted' });
    const whole = await ended();
    await project(await current());
    const built = await ended(between(middle, end));
    expect(built).toMatchObject({ status: 'finished', confidence: 'trusted', agreement: 'equal' });
    expect(built.counters).toMatchObject({ applied: 2 });
    expect(built.shadow_digest).toBe(whole.shadow_digest);
    const { rows } = await world.pool.query(
      `SELECT r.plan::json->'base'->>'visibleBefore' AS since, b.plan::json->'history'->>'visibleBefore' AS of
       FROM replay r, replay b WHERE r.id = $1 AND b.id = $2`,
      [built.replayId, base.replayId],
    );
    expect(rows[0].since).toBe(rows[0].of);
  });

  it('is refused where a row has committed below the end of the base since, naming the row', async () => {
    const { first, end: late } = await positions();
    const commit = await startLate(deposited('a', 100), deposited('b', 1));
    const { end: middle } = await positions();
    const base = await ended();
    expect(base).toMatchObject({ status: 'finished', confidence: 'trusted' });
    await commit();
    await write(world.pool, deposited('b', 1));
    const { end } = await positions();
    const refused = await ended(between(middle, end));
    expect(refused).toMatchObject({ status: 'refused', failure_code: 'base-unfit' });
    expect(refused.failure).toContain(`position ${late} `);

    // What ends before that row can be gone on from, and the row is in what comes of it.
    await ended(between(first, late));
    const whole = await ended();
    const built = await ended(between(late, end));
    expect(built).toMatchObject({ status: 'finished', confidence: 'trusted' });
    expect(built.counters).toMatchObject({ applied: 3 });
    expect(built.shadow_digest).toBe(whole.shadow_digest);
  });

  it('leaves out a row that is not final yet, as a replay of the whole does, and is itself no base once it is', async () => {
    const { first, end: late } = await positions();
    const commit = await startLate(deposited('a', 1_000), deposited('b', 1));
    const middle = String(BigInt(late) + 2n);
    await ended(between(first, late));
    const whole = await ended();
    const built = await ended(between(late, middle));
    expect(built).toMatchObject({ status: 'finished', counters: expect.objectContaining({ applied: 1 }) });
    expect(built.shadow_digest).toBe(whole.shadow_digest);
    await commit();
    await write(world.pool, deposited('b', 2));
    const { end } = await positions();
    const refused = await ended(between(middle, end));
    expect(refused).toMatchObject({ status: 'refused', failure_code: 'base-unfit' });
    expect(refused.failure).toContain(`position ${late} `);
  });

  it('compares a projector that has not come to the end of the base as one that is behind', async () => {
    const { first, end: middle } = await positions();
    await settled();
    await ended(between(first, middle));
    const whole = await ended();
    expect(whole).toMatchObject({ confidence: 'trusted' });
    const balances = await current();
    await project(balances);
    await write(world.pool, deposited('a', 7));
    await write(world.pool, deposited('b', 8));
    const { end: later } = await positions();
    await settled();
    await ended(between(first, later));
    await write(world.pool, deposited('a', 9));
    const { end } = await positions();
    await settled();
    const built = await ended(between(later, end));
    expect(built).toMatchObject({ status: 'finished', confidence: 'trusted', agreement: 'behind' });
    const { rows } = await world.pool.query(
      `SELECT result->>'eventsBehind' AS behind FROM replay_comparison WHERE replay_id = $1`,
      [built.replayId],
    );
    expect(rows).toEqual([{ behind: '3' }]);
  });
});

it('a position that holds no event is counted as a position and not as an event', async () => {
  // As a crash does, and a transaction that is rolled back.
  await world.pool.query(`SELECT nextval(pg_get_serial_sequence('account_events', 'position'))`);
  await write(world.pool, deposited('a', 100));
  const { replayId } = await replayed();
  const { rows } = await world.pool.query(
    `SELECT coverage->>'sentence' AS sentence, (coverage->'offsets'->>'of')::int AS positions,
       (SELECT count(*)::int FROM account_events) AS events FROM replay WHERE id = $1`,
    [replayId],
  );
  const [{ sentence, positions, events }] = rows;
  expect(positions).toBeGreaterThan(events);
  expect(sentence).toMatch(
    new RegExp(`whole history.* ${positions} positions.* ${events} events were delivered`),
  );
});
