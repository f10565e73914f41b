import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { youngWindow } from '../../../demo/testing/young-window.ts';
import { createPeopleDesk, type PeopleDesk } from '../../application/people/people-desk.ts';
import type { Transaction } from '../../application/ports/unit-of-work.ts';
import { sha256 } from '../digests.ts';
import { auditFrom } from '../postgres/audit.ts';
import { createMigratedDatabase, type ScratchDatabase } from '../postgres/scratch-database.ts';
import { createUnitOfWork } from '../postgres/unit-of-work.ts';
import { factorStore, signInStepStore } from './factor-store.ts';
import { passkeyCeremonies } from './passkey-ceremonies.ts';
import { passkeyStore } from './passkey-store.ts';
import { newSecret, passwords } from './passwords.ts';
import { peopleStore } from './people-store.ts';
import { createRequestRates } from './request-rates.ts';
import { createSeal } from './seal.ts';
import { openSignIn, type SignIn } from './sign-in.ts';
import { timedCodes } from './timed-codes.ts';

let database: ScratchDatabase;
let pool: pg.Pool;
/** As the owner of the tables: a test’s own hand. */
let owner: pg.Pool;
let desk: PeopleDesk;
let door: SignIn;

beforeAll(async () => {
  database = await createMigratedDatabase(inject('databaseUrl'));
  pool = new pg.Pool({ connectionString: database.url });
  owner = new pg.Pool({ connectionString: database.ownerUrl });
  desk = createPeopleDesk({
    unitOfWork: createUnitOfWork(pool),
    people: peopleStore,
    passwords,
    audit: auditFrom('198.51.100.7'),
    newId: randomUUID,
    newSecret,
    sha256,
    factors: factorStore,
    steps: signInStepStore,
    codes: timedCodes,
    seal: createSeal('x'.repeat(40)),
    passkeys: passkeyStore,
    ceremonies: passkeyCeremonies,
    rates: createRequestRates(pool),
    issuer: null,
  });
  door = openSignIn({
    pool,
    rates: createRequestRates(pool),
    desk: () => desk.atTheDoor,
    issuer: null,
    secret: 'x'.repeat(40),
    origin: null,
    report: () => undefined,
  });
});
afterAll(async () => {
  await pool.end();
  await owner.end();
  await database.drop();
});
/** The tries of one address in a minute, so that one test does not use up another's. */
const forgetTries = () => owner.query(`DELETE FROM request_rate WHERE key LIKE 'door:%'`);
beforeEach(forgetTries);

const base = 'http://127.0.0.1:3000';
const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
  door.handle(
    new Request(`${base}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: base, host: '127.0.0.1:3000', ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    }),
    '198.51.100.7',
  );
const signIn = (email: string, password: string) => post('/api/auth/sign-in/email', { email, password });
const cookieOf = (response: Response) => (response.headers.getSetCookie()[0] ?? '').split(';')[0] ?? '';
const bearer = (cookie: string) => door.bearerOf(new Headers({ cookie }));

const createUnitOfWorkOn = <T>(client: pg.PoolClient, work: (tx: Transaction) => Promise<T>): Promise<T> =>
  work({
    query: async <Row>(text: string, values: readonly unknown[] = []) =>
      (await client.query(text, [...values])).rows as Row[],
    copyIn: () => Promise.reject(new Error('nothing is copied here')),
  });

let count = 0;
/** Somebody who has set this password. */
async function somebody(roles: Parameters<PeopleDesk['invite']>[0]['roles']) {
  count += 1;
  const email = `somebody-${count}@example.test`;
  const password = `a long one, ${count}: correct horse`;
  const invited = await desk.invite({ name: `Body ${count}`, email, roles, actor: 'test' });
  await desk.acceptInvitation({ token: invited.token, password });
  return { email, password, id: invited.personId ?? '', invitation: invited.token };
}

async function audited(
  subject: string,
): Promise<{ action: string; outcome: string; origin: string; actor: string }[]> {
  const { rows } = await owner.query(
    'SELECT action, outcome, origin, actor FROM audit_entry WHERE subject = $1 ORDER BY id',
    [subject],
  );
  return rows;
}

describe('the first administrator', () => {
  it('is made by one link, once, by whoever is first of two', async () => {
    const link = await desk.inviteFirstAdministrator('test');
    const token = link?.token ?? '';
    expect(await desk.readInvitation(token)).toEqual({ kind: 'first-administrator' });
    const accept = (name: string) =>
      desk.acceptInvitation({
        token,
        name,
        email: `${name}@example.test`,
        password: 'correct horse battery',
      });
    const both = await Promise.allSettled([accept('grace'), accept('mallory')]);
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(await desk.inviteFirstAdministrator('test')).toBeNull();
    await expect(accept('mallory')).rejects.toMatchObject({ code: 'invitation-not-open' });
    const administrators = (await desk.list()).filter(({ roles }) => roles.includes('admin'));
    expect(administrators).toHaveLength(1);
  });

  it('can neither resign nor be shut out while alone', async () => {
    const [only] = (await desk.list()).filter(({ roles }) => roles.includes('admin'));
    const personId = only?.id ?? '';
    await expect(desk.changeRoles({ personId, roles: ['viewer'], actor: 'test' })).rejects.toMatchObject({
      code: 'person-conflict',
    });
    await expect(desk.setDisabled({ personId, disabled: true, actor: 'test' })).rejects.toMatchObject({
      code: 'person-conflict',
    });
    await expect(
      desk.changeRoles({ personId, roles: ['admin', 'operator'], actor: personId }),
    ).rejects.toThrow(/Nobody gives roles to themselves/);
    const second = await somebody(['admin']);
    const both = await Promise.allSettled(
      [personId, second.id].map((id) => desk.changeRoles({ personId: id, roles: ['viewer'], actor: 'test' })),
    );
    expect(both.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });
});

describe('an invitation', () => {
  it('is used once, and is void after its time, after a newer one, and for somebody disabled', async () => {
    const { invitation, id } = await somebody(['viewer']);
    const notOpen = { code: 'invitation-not-open' };
    await expect(desk.readInvitation(invitation)).rejects.toMatchObject(notOpen);
    const first = await desk.inviteAgain(id, 'test');
    const second = await desk.inviteAgain(id, 'test');
    await expect(desk.readInvitation(first.token)).rejects.toMatchObject(notOpen);
    expect(await desk.readInvitation(second.token)).toMatchObject({ kind: 'person' });
    await owner.query(`UPDATE invitation SET expires_at = now() - interval '1 second' WHERE used_at IS NULL`);
    await expect(
      desk.acceptInvitation({ token: second.token, password: 'correct horse battery' }),
    ).rejects.toMatchObject(notOpen);
    const third = await desk.inviteAgain(id, 'test');
    await desk.setDisabled({ personId: id, disabled: true, actor: 'test' });
    await expect(desk.readInvitation(third.token)).rejects.toMatchObject(notOpen);
    await expect(desk.readInvitation('never given out, never at all')).rejects.toMatchObject(notOpen);
  });

  it('stays open where the password is refused', async () => {
    const { token } = await desk.invite({ name: 'Lin', email: 'lin@example.test', roles: [], actor: 'test' });
    for (const password of ['short', 'aaaaaaaaaaaaaaaa', 'lin@example.test', 'password12345'])
      await expect(desk.acceptInvitation({ token, password })).rejects.toMatchObject({
        code: 'input-invalid',
      });
    await desk.acceptInvitation({ token, password: 'correct horse battery' });
  });

  it('is kept as a digest only', async () => {
    const { token } = await desk.invite({ name: 'Kim', email: 'kim@example.test', roles: [], actor: 'test' });
    const { rows } = await owner.query('SELECT i::text AS row FROM invitation i');
    expect(rows.some(({ row }) => row.includes(token))).toBe(false);
  });
});

describe('signing in', () => {
  it('gives a session that says who it is, with the roles of this moment', async () => {
    const { email, password, id } = await somebody(['operator']);
    const response = await signIn(email.toUpperCase(), password);
    expect(response.status).toBe(200);
    const cookie = cookieOf(response);
    // A script reads nothing that it could sign in with.
    expect(await response.text()).toBe('{}');
    expect(response.headers.getSetCookie()[0]).toMatch(/^reprise=.*HttpOnly.*SameSite=Lax/i);
    expect(await bearer(cookie)).toMatchObject({ person: { id, roles: ['operator'] }, scopes: null });
    await desk.changeRoles({ personId: id, roles: ['viewer'], actor: 'test' });
    expect((await bearer(cookie))?.person.roles).toEqual(['viewer']);
    expect(await audited(`person:${id}`)).toContainEqual({
      action: 'session.started',
      outcome: 'done',
      origin: '198.51.100.7',
      actor: id,
    });
  });

  it('works where the server was handed the request under another of its names', async () => {
    const { email, password } = await somebody(['viewer']);
    const handed = new Request('http://localhost:3000/api/auth/sign-in/email', {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        origin: base,
        host: '127.0.0.1:3000',
        referer: `${base}/sign-in`,
      },
      body: JSON.stringify({ email, password }),
    });
    expect((await door.handle(handed, '')).status).toBe(200);
  });

  it('takes a cookie for nothing that is forged, cut or of another secret', async () => {
    const { email, password } = await somebody(['viewer']);
    const cookie = cookieOf(await signIn(email, password));
    const [name, value = ''] = cookie.split('=');
    const [token = ''] = decodeURIComponent(value).split('.');
    for (const forged of [token, `${token}.`, `${token}.AAAA`, `x${value}`, ''])
      expect(await bearer(`${name}=${encodeURIComponent(forged)}`)).toBeNull();
    const other = openSignIn({
      pool,
      rates: createRequestRates(pool),
      desk: () => desk.atTheDoor,
      issuer: null,
      secret: 'y'.repeat(40),
      origin: null,
      report: () => undefined,
    });
    expect(await other.bearerOf(new Headers({ cookie }))).toBeNull();
  });

  it('answers a wrong password, an unknown address and a disabled person in the same words, each on record', async () => {
    const known = await somebody(['viewer']);
    const shut = await somebody(['viewer']);
    await desk.setDisabled({ personId: shut.id, disabled: true, actor: 'test' });
    const answers = await Promise.all([
      signIn(known.email, 'not the password at all'),
      signIn('nobody@example.test', 'not the password at all'),
      signIn(shut.email, shut.password),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([401, 401, 401]);
    expect(new Set(await Promise.all(answers.map((each) => each.text()))).size).toBe(1);
    const refused = {
      action: 'session.started',
      outcome: 'refused',
      origin: '198.51.100.7',
      actor: 'nobody',
    };
    expect(await audited(`person:${known.id}`)).toContainEqual(refused);
    expect(await audited(`person:${shut.id}`)).toContainEqual(refused);
    expect(await audited('people')).toContainEqual(refused);
  });

  it('ends the session that the browser held before', async () => {
    const { email, password, id } = await somebody(['viewer']);
    const first = cookieOf(await signIn(email, password));
    const another = cookieOf(await signIn(email, password));
    const second = cookieOf(await post('/api/auth/sign-in/email', { email, password }, { cookie: first }));
    expect(await bearer(first)).toBeNull();
    expect(await bearer(second)).not.toBeNull();
    expect(await bearer(another)).not.toBeNull();
    const lines = (await audited(`person:${id}`)).filter(({ action }) => action === 'session.ended');
    expect(lines).toHaveLength(1);
  });

  it('tries no password for a person any more after a hundred tries, from wherever they come', async () => {
    const { email, password } = await somebody(['viewer']);
    await owner.query(
      `INSERT INTO request_rate (key, minute, count)
       SELECT 'sign-in:' || encode(sha256($1::bytea), 'hex'), date_bin('15 minutes', now() + w, timestamptz '2000-01-01'), $2
       FROM unnest(ARRAY[interval '0', interval '15 minutes']) w`,
      [email, 99],
    );
    const from = (address: string) =>
      door.handle(
        new Request(`${base}/api/auth/sign-in/email`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', host: '127.0.0.1:3000' },
          body: JSON.stringify({ email, password }),
        }),
        address,
      );
    expect((await from('203.0.113.1')).status).toBe(200);
    // The hundredth was a right one, and is not forgotten: it says nothing of the ninety-nine.
    expect((await from('203.0.113.2')).status).toBe(429);
  });

  it('tries no password for a person any more after ten wrong ones from one address', async () => {
    const { email, password, id } = await somebody(['viewer']);
    await youngWindow(pool, 30, 15);
    for (let wrong = 0; wrong < 10; wrong += 1) {
      await forgetTries();
      expect((await signIn(email, `wrong ${wrong}`)).status).toBe(401);
    }
    await forgetTries();
    expect((await signIn(email, password)).status).toBe(429);
    // Ten that were wrong, and the one that was not looked at.
    expect((await audited(`person:${id}`)).filter(({ outcome }) => outcome === 'refused')).toHaveLength(11);
    const elsewhere = new Request(`${base}/api/auth/sign-in/email`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', host: '127.0.0.1:3000' },
      body: JSON.stringify({ email, password }),
    });
    expect((await door.handle(elsewhere, '203.0.113.9')).status).toBe(200);
  });

  it('keeps nobody out elsewhere by what one address tries, however often', async () => {
    const { email, password } = await somebody(['viewer']);
    await youngWindow(pool, 30, 15);
    for (let wrong = 0; wrong < 100; wrong += 1) {
      if (wrong % 20 === 0) await forgetTries();
      await signIn(email, `wrong ${wrong}`);
    }
    const elsewhere = new Request(`${base}/api/auth/sign-in/email`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', host: '127.0.0.1:3000' },
      body: JSON.stringify({ email, password }),
    });
    expect((await door.handle(elsewhere, '203.0.113.9')).status).toBe(200);
  });

  it('lets one address try twenty times a minute', async () => {
    await youngWindow(pool, 30);
    const statuses: number[] = [];
    for (let attempt = 0; attempt < 22; attempt += 1)
      statuses.push((await signIn(`nobody-${attempt}@example.test`, 'wrong')).status);
    expect(statuses.slice(0, 20).every((status) => status === 401)).toBe(true);
    expect(statuses.slice(20)).toEqual([429, 429]);
  });

  it.each([['{'], ['[]'], ['{"email":7}'], ['null'], ['']])('refuses %s as no sign-in', async (body) => {
    expect((await post('/api/auth/sign-in/email', body)).status).toBe(400);
  });

  it.each([
    '/api/auth/sign-up/email',
    '/api/auth/update-user',
    '/api/auth/change-email',
    '/api/auth/delete-user',
    '/api/auth/request-password-reset',
    '/api/auth/get-session',
  ])('has no other door: %s', async (path) => {
    expect((await post(path, { email: 'a@example.test', password: 'correct horse', name: 'A' })).status).toBe(
      404,
    );
  });
});

describe('a session', () => {
  it('is over at once when it is ended, when its person is disabled, and when its time is over', async () => {
    const { email, password, id } = await somebody(['viewer']);
    const [first, second, third] = [
      cookieOf(await signIn(email, password)),
      cookieOf(await signIn(email, password)),
      cookieOf(await signIn(email, password)),
    ];
    const sessionId = (await bearer(first))?.sessionId ?? '';
    await desk.endSession({ personId: id, sessionId, actor: id });
    expect(await bearer(first)).toBeNull();
    await expect(desk.endSession({ personId: id, sessionId, actor: id })).rejects.toMatchObject({
      code: 'session-not-found',
    });
    await post('/api/auth/sign-out', {}, { cookie: second });
    expect(await bearer(second)).toBeNull();
    await owner.query(
      `UPDATE person_session SET expires_at = now() - interval '1 second' WHERE person_id = $1`,
      [id],
    );
    expect(await bearer(third)).toBeNull();
    const fourth = cookieOf(await signIn(email, password));
    await desk.setDisabled({ personId: id, disabled: true, actor: 'test' });
    expect(await bearer(fourth)).toBeNull();
  });

  it('that can’t be ended on record is not said to be over', async () => {
    const { email, password } = await somebody(['viewer']);
    const cookie = cookieOf(await signIn(email, password));
    await owner.query(`CREATE FUNCTION no_more() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN RAISE EXCEPTION 'the audit is full'; END $$;
      CREATE TRIGGER audit_is_full BEFORE INSERT ON audit_entry FOR EACH ROW EXECUTE FUNCTION no_more()`);
    try {
      const answer = await post('/api/auth/sign-out', {}, { cookie });
      expect(answer.status).toBe(500);
      expect(answer.headers.getSetCookie()).toEqual([]);
    } finally {
      await owner.query('DROP TRIGGER audit_is_full ON audit_entry');
    }
    expect(await bearer(cookie)).not.toBeNull();
  });

  it('that has run out is swept, with its line in the audit, and no other', async () => {
    const { email, password, id } = await somebody(['viewer']);
    await signIn(email, password);
    const kept = cookieOf(await signIn(email, password));
    await owner.query(
      `UPDATE person_session SET expires_at = now() - interval '1 second' WHERE id =
         (SELECT id FROM person_session WHERE person_id = $1 ORDER BY created_at LIMIT 1)`,
      [id],
    );
    await createUnitOfWork(pool).run((tx) => peopleStore.sweep(tx));
    const { rows } = await owner.query(
      'SELECT count(*)::int AS left FROM person_session WHERE person_id = $1',
      [id],
    );
    expect(rows).toEqual([{ left: 1 }]);
    expect(await bearer(kept)).not.toBeNull();
    const ended = (await audited(`person:${id}`)).filter(({ action }) => action === 'session.ended');
    expect(ended).toHaveLength(1);
  });

  it('of somebody else is not ended by a person without that right', async () => {
    const owner = await somebody(['viewer']);
    const cookie = cookieOf(await signIn(owner.email, owner.password));
    const sessionId = (await bearer(cookie))?.sessionId ?? '';
    await expect(
      desk.endSession({ personId: 'somebody-else', sessionId, actor: 'somebody-else' }),
    ).rejects.toMatchObject({ code: 'session-not-found' });
    expect(await bearer(cookie)).not.toBeNull();
  });

  it('ends with its person’s password, but for the one that changed it', async () => {
    const { email, password, id } = await somebody(['viewer']);
    const stolen = cookieOf(await signIn(email, password));
    const own = cookieOf(await signIn(email, password));
    const sessionId = (await bearer(own))?.sessionId ?? null;
    const next = 'another horse, another battery';
    await expect(
      desk.changePassword({ personId: id, sessionId, old: 'a guess', next }),
    ).rejects.toMatchObject({ code: 'input-invalid' });
    await desk.changePassword({ personId: id, sessionId, old: password, next });
    expect(await bearer(stolen)).toBeNull();
    expect(await bearer(own)).not.toBeNull();
    expect((await signIn(email, password)).status).toBe(401);
    expect((await signIn(email, next)).status).toBe(200);
  });

  it('is none where all were ended while it was being made, by what held before', async () => {
    const { email, password, id } = await somebody(['viewer']);
    const sessionId = (await bearer(cookieOf(await signIn(email, password))))?.sessionId ?? null;
    // The moment between the password and the session: its row waits for the person, who is being changed.
    const holder = await owner.connect();
    await holder.query('BEGIN');
    await holder.query('UPDATE person SET updated_at = now() WHERE id = $1', [id]);
    const late = signIn(email, password);
    await expect
      .poll(
        async () =>
          (
            await owner.query(
              `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
            )
          ).rows.length,
        { timeout: 20_000 },
      )
      .toBe(1);
    await createUnitOfWorkOn(holder, (tx) => peopleStore.endSessions(tx, id, sessionId));
    await holder.query('COMMIT');
    holder.release();
    const answer = await late;
    expect(answer.status).toBe(410);
    expect(answer.headers.getSetCookie().join()).not.toContain('reprise=');
    expect(await desk.sessions(id)).toHaveLength(1);
    expect((await signIn(email, password)).status).toBe(200);
  });

  it('is not made to hold by a password that has gone while another was being set', async () => {
    const { email, password, id } = await somebody(['viewer']);
    const sessionId = (await bearer(cookieOf(await signIn(email, password))))?.sessionId ?? null;
    const holder = await owner.connect();
    await holder.query('BEGIN');
    await holder.query(`SELECT pg_advisory_xact_lock(hashtextextended('people', 0))`);
    const changed = desk.changePassword({
      personId: id,
      sessionId,
      old: password,
      next: 'another battery 7',
    });
    const answer = expect(changed).rejects.toMatchObject({ code: 'person-conflict' });
    await expect
      .poll(
        async () =>
          (
            await owner.query(
              `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'advisory'`,
            )
          ).rows.length,
        { timeout: 20_000 },
      )
      .toBe(1);
    // As the first sign-in through an issuer does.
    await holder.query('DELETE FROM sign_in_account WHERE person_id = $1', [id]);
    await holder.query('COMMIT');
    holder.release();
    await answer;
    const { rows } = await owner.query('SELECT FROM sign_in_account WHERE person_id = $1', [id]);
    expect(rows).toHaveLength(0);
  });

  it('can’t be made for somebody disabled, also by a statement', async () => {
    const { id } = await somebody(['viewer']);
    await desk.setDisabled({ personId: id, disabled: true, actor: 'test' });
    await expect(
      owner.query(
        `INSERT INTO person_session (id, person_id, token, expires_at) VALUES ('x', $1, 'x', now() + interval '1 h')`,
        [id],
      ),
    ).rejects.toThrow(/may not sign in/);
  });
});

describe('a token', () => {
  it('acts for its person within its scopes, until it is revoked, over, or its person disabled', async () => {
    const { id } = await somebody(['operator']);
    const make = (days = 1) => desk.makeToken({ personId: id, name: 'ci', scopes: ['read'], days });
    const { token, tokenId } = await make();
    expect(await desk.bearerOfToken(token)).toMatchObject({
      person: { id, roles: ['operator'] },
      scopes: ['read'],
      sessionId: null,
    });
    const { rows } = await owner.query('SELECT t::text AS row FROM api_token t');
    expect(rows.some(({ row }) => row.includes(token))).toBe(false);
    await desk.revokeToken({ personId: id, tokenId });
    expect(await desk.bearerOfToken(token)).toBeNull();
    await expect(desk.revokeToken({ personId: 'another', tokenId })).rejects.toMatchObject({
      code: 'token-not-found',
    });
    const late = await make();
    await owner.query(`UPDATE api_token SET expires_at = now() - interval '1 second' WHERE id = $1`, [
      late.tokenId,
    ]);
    expect(await desk.bearerOfToken(late.token)).toBeNull();
    const third = await make();
    await desk.setDisabled({ personId: id, disabled: true, actor: 'test' });
    expect(await desk.bearerOfToken(third.token)).toBeNull();
  });
});

describe('what may be asked for so often', () => {
  it('is counted over all processes, for each key by itself', async () => {
    const [one, another] = [createRequestRates(pool), createRequestRates(pool)];
    // Of a window of an hour: one ends within this test once in thousands of runs, and then it is tried again.
    const windows = async () => {
      const { rows } = await owner.query(
        `SELECT date_bin('1 hour', now(), timestamptz '2000-01-01')::text AS beginning`,
      );
      return rows[0].beginning;
    };
    let taken: readonly boolean[] = [];
    let [before, after] = ['', 'another'];
    for (let round = 0; before !== after; round += 1) {
      before = await windows();
      taken = await Promise.all(
        Array.from({ length: 10 }, (_, i) => (i % 2 === 0 ? one : another).take(`person:${round}`, 6, 60)),
      );
      after = await windows();
    }
    expect(taken.filter(Boolean)).toHaveLength(6);
    expect(await one.take('person:b', 6, 60)).toBe(true);
  });
});

describe('people', () => {
  it('are never deleted, so that what they did keeps its author', async () => {
    const { id } = await somebody(['viewer']);
    await expect(owner.query('DELETE FROM person WHERE id = $1', [id])).rejects.toThrow(/never changed/);
    await expect(owner.query('TRUNCATE person CASCADE')).rejects.toThrow(/never changed/);
  });

  it('have an address each', async () => {
    const { email } = await somebody(['viewer']);
    await expect(
      desk.invite({ name: 'Another', email: ` ${email.toUpperCase()} `, roles: [], actor: 'test' }),
    ).rejects.toMatchObject({ code: 'person-conflict' });
  });
});
