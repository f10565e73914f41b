import { createHash, randomUUID } from 'node:crypto';
import { TRPCError } from '@trpc/server';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { testSigning } from '../../demo/testing/signing.ts';
import { createMigratedDatabase, type ScratchDatabase } from '../adapters/postgres/scratch-database.ts';
import { composeDashboard } from '../composition/dashboard.ts';
import type { Role } from '../domain/access/index.ts';
import { readSettings } from '../env.ts';
import { callerOver } from './test-kit.ts';

let database: ScratchDatabase;
let pool: pg.Pool;
let dashboard: ReturnType<typeof composeDashboard>;

beforeAll(async () => {
  database = await createMigratedDatabase(inject('databaseUrl'));
  pool = new pg.Pool({ connectionString: database.url, max: 3 });
  dashboard = composeDashboard(
    readSettings({ DATABASE_URL: database.url, LOG_LEVEL: 'silent', ...testSigning }, process.cwd()),
    'test',
  );
  await pool.query(
    `INSERT INTO contract_version (contract_id, version, digest, bundle, description, authors)
     VALUES ('stock', 1, encode(sha256('code'), 'hex'), 'code', '{}', '{}')`,
  );
  await person(['admin']);
});
afterAll(async () => {
  await dashboard?.close();
  await pool?.end();
  await database?.drop();
});

async function person(held: readonly Role[]) {
  const [id, sessionId] = [randomUUID(), randomUUID()];
  await pool.query(`INSERT INTO person (id, name, email, roles) VALUES ($1, $1, $1 || '@example.test', $2)`, [
    id,
    held,
  ]);
  await pool.query(
    `INSERT INTO person_session (id, person_id, token, expires_at) VALUES ($1, $2, $1, now() + interval '1 hour')`,
    [sessionId, id],
  );
  return { id, sessionId };
}
type Someone = Awaited<ReturnType<typeof person>>;

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

async function waitingReplay(): Promise<string> {
  const id = randomUUID();
  const plan = JSON.stringify({ approvalsNeeded: 1, ranges: [] });
  await pool.query(
    `INSERT INTO replay (id, contract_id, contract_version, plan, plan_hash, scope, status, requested_by)
     VALUES ($1, 'stock', 1, $2, $3, '{"kind":"all"}', 'awaiting-approval', 'ada')`,
    [id, plan, sha256(plan)],
  );
  return id;
}

const callerOf = ({ id, sessionId }: Someone, roles: readonly Role[]) =>
  callerOver(dashboard, { id, roles, sessionId });
type Caller = ReturnType<typeof callerOf>;
type Statement = readonly [string, readonly unknown[]];

/** While `hold` is held, all begin, and wait; then what they rest on is taken away, and the hold with it. */
async function loseWhileWaiting(
  acts: readonly (() => Promise<unknown>)[],
  hold: Statement,
  lose: readonly Statement[],
): Promise<readonly string[]> {
  const holder = await pool.connect();
  try {
    await holder.query('BEGIN');
    await holder.query(hold[0], [...hold[1]]);
    const begun = acts.map((act) =>
      act().then(
        () => 'done',
        (error: unknown) => (error instanceof TRPCError ? error.code : String(error)),
      ),
    );
    await expect
      .poll(
        async () => {
          const { rows } = await pool.query(
            `SELECT count(*)::int AS waiting FROM pg_stat_activity
             WHERE datname = current_database() AND wait_event_type = 'Lock'`,
          );
          return rows[0].waiting;
        },
        { timeout: 20_000 },
      )
      .toBe(acts.length);
    for (const [text, values] of lose) await holder.query(text, [...values]);
    await holder.query('COMMIT');
    return await Promise.all(begun);
  } finally {
    holder.release();
  }
}

const takeRoles = (id: string): Statement => [`UPDATE person SET roles = '{}' WHERE id = $1`, [id]];
const refusals = async (actor: string) => {
  const { rows } = await pool.query<{ action: string }>(
    `SELECT action FROM audit_entry WHERE actor = $1 AND outcome = 'refused' ORDER BY action`,
    [actor],
  );
  return rows.map(({ action }) => action);
};

describe('an act that has waited while its right was lost', () => {
  const governing = (caller: Caller, other: Someone): Readonly<Record<string, () => Promise<unknown>>> => ({
    'people.changeRoles': () => caller.people.changeRoles({ personId: other.id, roles: ['admin'] }),
    'people.invite': () =>
      caller.people.invite({ name: 'X', email: `${randomUUID()}@example.test`, roles: ['admin'] }),
    'people.inviteAgain': () => caller.people.inviteAgain({ personId: other.id }),
    'people.setDisabled': () => caller.people.setDisabled({ personId: other.id, disabled: true }),
    'people.takeAuthenticatorAway': () => caller.people.takeAuthenticatorAway({ personId: other.id }),
  });
  const everybody: Statement = [`SELECT pg_advisory_xact_lock(hashtextextended('people', 0))`, []];

  it.each<[string, (me: Someone) => readonly Statement[], string]>([
    ['the role', (me) => [takeRoles(me.id)], 'FORBIDDEN'],
    [
      'the leave to sign in',
      (me) => [['UPDATE person SET disabled_at = now() WHERE id = $1', [me.id]]],
      'FORBIDDEN',
    ],
    [
      'the session',
      (me) => [['DELETE FROM person_session WHERE id = $1', [me.sessionId]]],
      'PRECONDITION_FAILED',
    ],
  ])('gives nobody a right, where it was %s', async (_what, lose, refusal) => {
    const [me, other] = [await person(['admin']), await person(['viewer'])];
    const acts = governing(callerOf(me, ['admin']), other);
    const { rows: before } = await pool.query('SELECT count(*)::int AS people FROM person');
    const answers = await loseWhileWaiting(Object.values(acts), everybody, lose(me));
    expect(answers).toEqual(Object.keys(acts).map(() => refusal));
    expect(await refusals(me.id)).toEqual(Object.keys(acts));
    const { rows: after } = await pool.query('SELECT count(*)::int AS people FROM person');
    expect(after).toEqual(before);
    const { rows } = await pool.query('SELECT roles, disabled_at FROM person WHERE id = $1', [other.id]);
    expect(rows).toEqual([{ roles: ['viewer'], disabled_at: null }]);
  });

  it('starts, steers and reveals nothing', async () => {
    const me = await person(['operator']);
    const caller = callerOf(me, ['operator']);
    const replayId = await waitingReplay();
    const acts: Readonly<Record<string, () => Promise<unknown>>> = {
      'replays.cancel': () => caller.replays.cancel({ replayId }),
      'replays.launch': () => caller.replays.launch({ contractId: 'stock', scope: { kind: 'all' } }),
      'states.requestTrace': () => caller.states.requestTrace({ replayId, key: 'K' }),
      'states.reveal': () => caller.states.reveal({ contractId: 'stock', reason: 'x' }),
    };
    const { rows: before } = await pool.query('SELECT count(*)::int AS replays FROM replay');
    const answers = await loseWhileWaiting(Object.values(acts), takeRoles(me.id), []);
    expect(answers).toEqual(Object.keys(acts).map(() => 'FORBIDDEN'));
    expect(await refusals(me.id)).toEqual(Object.keys(acts));
    const { rows: after } = await pool.query('SELECT count(*)::int AS replays FROM replay');
    expect(after).toEqual(before);
  });
});
