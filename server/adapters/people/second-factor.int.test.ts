import { randomUUID } from 'node:crypto';
import { generateSync } from 'otplib';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { peopleDeskOver } from '../../../demo/testing/people-desk.ts';
import { youngWindow } from '../../../demo/testing/young-window.ts';
import type { PeopleDesk } from '../../application/people/people-desk.ts';
import { sha256 } from '../digests.ts';
import { createMigratedDatabase, type ScratchDatabase } from '../postgres/scratch-database.ts';
import { createUnitOfWork } from '../postgres/unit-of-work.ts';
import { peopleStore } from './people-store.ts';
import { createRequestRates } from './request-rates.ts';
import { openSignIn, type SignIn } from './sign-in.ts';

const ADDRESS = '198.51.100.7';
const base = 'http://127.0.0.1:3000';

let database: ScratchDatabase;
let pool: pg.Pool;
/** As the owner of the tables: a test’s own hand. */
let owner: pg.Pool;
let desk: PeopleDesk;
let door: SignIn;

function deskWith(secret: string): PeopleDesk {
  return peopleDeskOver(pool, { secret, address: ADDRESS });
}

function doorOf(origin: string | null, secret = 'x'.repeat(40)): SignIn {
  const own = deskWith(secret);
  const rates = createRequestRates(pool);
  return openSignIn({
    pool,
    rates,
    desk: () => own.atTheDoor,
    issuer: null,
    secret,
    origin,
    report: () => undefined,
  });
}

beforeAll(async () => {
  database = await createMigratedDatabase(inject('databaseUrl'));
  pool = new pg.Pool({ connectionString: database.url });
  owner = new pg.Pool({ connectionString: database.ownerUrl });
  desk = deskWith('x'.repeat(40));
  door = doorOf(null);
});
afterAll(async () => {
  await pool.end();
  await owner.end();
  await database.drop();
});
beforeEach(() => owner.query(`DELETE FROM request_rate WHERE key LIKE 'door:%'`));

function post(path: string, body: unknown, cookie = '', at: SignIn = door, from = base): Promise<Response> {
  const headers = { 'content-type': 'application/json', origin: from, host: new URL(from).host, cookie };
  return at.handle(
    new Request(`${from}${path}`, { method: 'POST', headers, body: JSON.stringify(body) }),
    ADDRESS,
  );
}
const password = (who: { email: string; password: string }) =>
  post('/api/auth/sign-in/email', { email: who.email, password: who.password });
const code = (digits: string, cookie: string) => post('/api/auth/sign-in/code', { code: digits }, cookie);
const cookiesOf = (response: Response) =>
  new Map(
    response.headers.getSetCookie().map((each) => {
      const [pair = ''] = each.split(';');
      const at = pair.indexOf('=');
      return [pair.slice(0, at), pair.slice(at + 1)];
    }),
  );
const stepOf = (response: Response) => `reprise-step=${cookiesOf(response).get('reprise-step') ?? ''}`;
const sessionOf = (response: Response) => `reprise=${cookiesOf(response).get('reprise') ?? ''}`;
const bearer = (cookie: string) => door.bearerOf(new Headers({ cookie }));

let count = 0;
async function somebody(roles: Parameters<PeopleDesk['invite']>[0]['roles'] = ['approver']) {
  count += 1;
  const email = `somebody-${count}@example.test`;
  const given = `a long one, ${count}: correct horse`;
  const invited = await desk.invite({ name: `Body ${count}`, email, roles, actor: 'test' });
  await desk.acceptInvitation({ token: invited.token, password: given });
  return { id: invited.personId ?? '', email, password: given };
}

/**
 * What the app shows, `steps` of 30 seconds from now by the database's clock; not in the last seconds of a step, so
 * that it is looked at in the same one.
 */
async function shown(secret: string, steps = 0): Promise<string> {
  const { rows } = await owner.query(
    `SELECT now, pg_sleep(CASE WHEN mod(now::int, 30) > 26 THEN 4 ELSE 0 END)
     FROM (SELECT floor(extract(epoch FROM now())) AS now)`,
  );
  const now = Number(rows[0].now);
  return generateSync({ secret, epoch: now + (now % 30 > 26 ? 4 : 0) + 30 * steps });
}

/** What somebody does from a session of their own, which is over afterwards. */
async function fromSession<T>(personId: string, act: (sessionId: string) => Promise<T>): Promise<T> {
  const id = randomUUID();
  await owner.query(
    `INSERT INTO person_session (id, person_id, token, expires_at, second_factor)
     SELECT $1, $2, $1, now() + interval '1 hour',
       (SELECT 'authenticator' FROM authenticator WHERE person_id = $2 AND confirmed_at IS NOT NULL)`,
    [id, personId],
  );
  try {
    return await act(id);
  } finally {
    await owner.query('DELETE FROM person_session WHERE id = $1', [id]);
  }
}

/** Somebody with an app: the code of one step ago has turned it on, so that the present one is still good. */
async function somebodyWithApp() {
  const who = await somebody();
  return fromSession(who.id, async (sessionId) => {
    const own = { personId: who.id, sessionId };
    const { secret } = await desk.beginAuthenticator(own);
    const { recoveryCodes } = await desk.confirmAuthenticator({ ...own, code: await shown(secret, -1) });
    return { ...who, secret, recoveryCodes };
  });
}

async function audited(personId: string) {
  const { rows } = await owner.query<{
    action: string;
    outcome: string;
    why: string | null;
    by: string | null;
  }>(
    `SELECT action, outcome, detail->>'why' AS why, detail->>'secondFactor' AS by
     FROM audit_entry WHERE subject = $1 ORDER BY id`,
    [`person:${personId}`],
  );
  return rows;
}
const sessionsOf = async (personId: string) => (await desk.sessions(personId)).length;

describe('turning the second factor on', () => {
  it('counts from the first right code on, ends other sessions, and leaves this one without freshness', async () => {
    const who = await somebody();
    const [here, elsewhere] = [sessionOf(await password(who)), sessionOf(await password(who))];
    const sessionId = (await bearer(here))?.sessionId ?? '';
    const own = { personId: who.id, sessionId };
    const { secret, picture } = await desk.beginAuthenticator(own);
    expect(picture.path).toMatch(/^M/);
    expect((await desk.secondFactor(who.id)).since).toBeNull();
    const confirm = (digits: string) => desk.confirmAuthenticator({ ...own, code: digits });
    await expect(confirm('000000')).rejects.toMatchObject({ code: 'input-invalid', where: 'code' });
    expect(cookiesOf(await password(who)).has('reprise')).toBe(true);
    const { recoveryCodes } = await confirm(await shown(secret));
    expect(new Set(recoveryCodes).size).toBe(10);
    expect(await desk.secondFactor(who.id)).toMatchObject({
      since: expect.any(String),
      recoveryCodesLeft: 10,
    });
    expect(await bearer(elsewhere)).toBeNull();
    expect(await bearer(here)).not.toBeNull();
    // It began without the second factor, so what asks for a sign-in of late asks again.
    expect(await desk.isFresh(sessionId)).toBe(false);
    await expect(desk.beginAuthenticator(own)).rejects.toMatchObject({ code: 'person-conflict' });
    await expect(confirm(await shown(secret, 1))).rejects.toMatchObject({ code: 'person-conflict' });
  });

  it('keeps neither the secret nor a recovery code where the database alone gives it away', async () => {
    const { secret, recoveryCodes, id } = await somebodyWithApp();
    const { rows } = await owner.query(
      `SELECT a::text AS row FROM authenticator a UNION ALL SELECT r::text FROM recovery_code r
       UNION ALL SELECT e::text FROM audit_entry e`,
    );
    const all = rows.map(({ row }) => String(row)).join('\n');
    for (const kept of [secret, ...recoveryCodes, ...recoveryCodes.map((each) => each.replaceAll('-', ''))])
      expect(all.includes(kept)).toBe(false);
    expect(all).toContain(id);
  });

  it('sets up another one in place of one that was never confirmed', async () => {
    const who = await somebody();
    await fromSession(who.id, async (sessionId) => {
      const own = { personId: who.id, sessionId };
      const first = await desk.beginAuthenticator(own);
      const second = await desk.beginAuthenticator(own);
      const confirm = async (secret: string) =>
        desk.confirmAuthenticator({ ...own, code: await shown(secret) });
      await expect(confirm(first.secret)).rejects.toMatchObject({ code: 'input-invalid' });
      await confirm(second.secret);
    });
  });

  it('is not done, nor undone, from a session that has ended since it was asked', async () => {
    const ended = { code: 'session-not-found' };
    const who = await somebody();
    const over = { personId: who.id, sessionId: await fromSession(who.id, async (id) => id) };
    await expect(desk.beginAuthenticator(over)).rejects.toMatchObject(ended);
    const { secret } = await fromSession(who.id, (sessionId) =>
      desk.beginAuthenticator({ personId: who.id, sessionId }),
    );
    await expect(desk.confirmAuthenticator({ ...over, code: await shown(secret) })).rejects.toMatchObject(
      ended,
    );
    expect((await desk.secondFactor(who.id)).since).toBeNull();
    const withApp = await somebodyWithApp();
    await expect(
      desk.turnOffAuthenticator({ ...over, personId: withApp.id, code: await shown(withApp.secret) }),
    ).rejects.toMatchObject(ended);
    expect((await desk.secondFactor(withApp.id)).since).not.toBeNull();
  });
});

describe('signing in with a second factor', () => {
  it('gives no session, and no line that says so, before both are shown', async () => {
    const who = await somebodyWithApp();
    const before = await audited(who.id);
    expect(before.map(({ action }) => action)).toEqual(
      expect.arrayContaining(['second-factor.begun', 'second-factor.turned-on']),
    );
    const since = async () => (await audited(who.id)).slice(before.length);
    const first = await password(who);
    expect(await first.json()).toEqual({ next: 'second-factor' });
    expect([...cookiesOf(first).keys()]).toEqual(['reprise-step']);
    expect(first.headers.getSetCookie()[0]).toMatch(/HttpOnly; SameSite=Lax/);
    expect(await bearer(stepOf(first))).toBeNull();
    expect(await sessionsOf(who.id)).toBe(0);
    expect((await since()).map(({ action }) => action)).not.toContain('session.started');
    const second = await code(await shown(who.secret), stepOf(first));
    expect(second.status).toBe(200);
    expect(await second.text()).toBe('{}');
    // What bound the two steps together is gone from the browser.
    expect(cookiesOf(second).get('reprise-step')).toBe('');
    const session = await bearer(sessionOf(second));
    expect(session?.person.id).toBe(who.id);
    expect(await desk.isFresh(session?.sessionId ?? '')).toBe(true);
    expect((await since()).filter(({ action }) => action.startsWith('se'))).toEqual([
      { action: 'session.started', outcome: 'done', why: null, by: 'authenticator' },
    ]);
  });

  it('takes a code once, also from two browsers at the same moment', async () => {
    const who = await somebodyWithApp();
    const steps = [stepOf(await password(who)), stepOf(await password(who)), stepOf(await password(who))];
    const digits = await shown(who.secret);
    const answers = await Promise.all(steps.map((step) => code(digits, step)));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 401, 401]);
    const refused = (await audited(who.id)).filter(({ outcome }) => outcome === 'refused');
    expect(refused.map(({ why }) => why)).toEqual(['code used already', 'code used already']);
    expect(await sessionsOf(who.id)).toBe(1);
    // Nor is one taken that is older than the last.
    expect((await code(await shown(who.secret, -1), stepOf(await password(who)))).status).toBe(401);
    expect((await code(await shown(who.secret, 1), stepOf(await password(who)))).status).toBe(200);
  });

  it('is bound to the browser that gave the password, once, and for five minutes', async () => {
    const who = await somebodyWithApp();
    const step = stepOf(await password(who));
    for (const other of ['', 'reprise-step=', `reprise-step=${'x'.repeat(43)}`, 'reprise-step=%00']) {
      const answer = await code(await shown(who.secret), other);
      expect(answer.status).toBe(410);
      expect(await answer.json()).toMatchObject({ next: 'start' });
    }
    const late = stepOf(await password(who));
    await owner.query(`UPDATE sign_in_step SET expires_at = now() WHERE token_hash = $1`, [
      sha256(late.split('=')[1] ?? ''),
    ]);
    expect((await code(await shown(who.secret), late)).status).toBe(410);
    expect((await code(await shown(who.secret), step)).status).toBe(200);
    expect((await code(await shown(who.secret, 1), step)).status).toBe(410);
    const { rows } = await owner.query(
      `SELECT extract(epoch FROM expires_at - created_at)::int AS seconds FROM sign_in_step LIMIT 1`,
    );
    expect(rows).toEqual([{ seconds: 300 }]);
  });

  it('of one person is not ended by the code of another', async () => {
    const [ada, mallory] = [await somebodyWithApp(), await somebodyWithApp()];
    expect((await code(await shown(mallory.secret), stepOf(await password(ada)))).status).toBe(401);
    expect((await code(mallory.recoveryCodes[0] ?? '', stepOf(await password(ada)))).status).toBe(401);
    expect(await sessionsOf(ada.id)).toBe(0);
  });

  it('is tried sixty times a day, from wherever that is, and a right one begins the day anew', async () => {
    const who = await somebodyWithApp();
    const spent = (count: number) =>
      owner.query(
        `INSERT INTO request_rate (key, minute, count)
         SELECT 'second-factor:' || $1::text || ':day', date_bin('1 day', now() + w, timestamptz '2000-01-01'), $2
         FROM unnest(ARRAY[interval '0', interval '1 day']) w
         ON CONFLICT (key, minute) DO UPDATE SET count = $2`,
        [who.id, count],
      );
    const [first = '', second = ''] = who.recoveryCodes;
    await spent(59);
    expect((await code(first, stepOf(await password(who)))).status).toBe(200);
    await spent(60);
    const refused = await code(second, stepOf(await password(who)));
    expect(refused.status).toBe(429);
    expect(await refused.text()).toContain('for one day');
    await spent(0);
    expect((await code(second, stepOf(await password(who)))).status).toBe(200);
    // Their own account says so.
    const { wrongCodes } = await desk.secondFactor(who.id);
    expect(wrongCodes).toEqual({ count: 1, lastAt: expect.stringMatching(/^\d{4}-/) });
  });

  it('that an address has tried too often takes nothing from the day of its person', async () => {
    const who = await somebodyWithApp();
    await youngWindow(pool, 30, 15);
    const step = stepOf(await password(who));
    for (let tries = 0; tries < 14; tries += 1) await code('000000', step);
    const { rows } = await owner.query<{ count: number }>(
      `SELECT count FROM request_rate WHERE key = 'second-factor:' || $1::text || ':day'`,
      [who.id],
    );
    expect(rows).toEqual([{ count: 10 }]);
  });

  it('may be shown by somebody who signs in over and over with the right password', async () => {
    const who = await somebodyWithApp();
    for (const recovery of who.recoveryCodes) {
      await owner.query(`DELETE FROM request_rate WHERE key LIKE 'door:%'`);
      const step = stepOf(await password(who));
      expect((await code(recovery, step)).status).toBe(200);
    }
    await owner.query(`DELETE FROM request_rate WHERE key LIKE 'door:%'`);
    expect((await password(who)).status).toBe(200);
  });

  it('tries no code any more after ten wrong ones, each on record, and knowing the password gives no more', async () => {
    const who = await somebodyWithApp();
    await youngWindow(pool, 30, 15);
    const forget = () => owner.query(`DELETE FROM request_rate WHERE key LIKE 'door:%'`);
    const step = stepOf(await password(who));
    for (let wrong = 0; wrong < 10; wrong += 1) {
      await forget();
      expect((await code(`00000${wrong}`, step)).status).toBe(401);
    }
    await forget();
    expect((await code(await shown(who.secret), step)).status).toBe(429);
    expect((await code(await shown(who.secret), stepOf(await password(who)))).status).toBe(429);
    const refused = (await audited(who.id)).filter(({ outcome }) => outcome === 'refused');
    expect(refused.map(({ why }) => why)).toEqual([
      ...Array.from({ length: 10 }, () => 'wrong code'),
      'too many wrong codes',
      'too many wrong codes',
    ]);
    expect(await sessionsOf(who.id)).toBe(0);
  });

  it('is over when the person is disabled or their password changed between the steps', async () => {
    const who = await somebodyWithApp();
    const step = stepOf(await password(who));
    await owner.query(
      `INSERT INTO person_session (id, person_id, token, expires_at, second_factor)
       VALUES ('own', $1, 'own', now() + interval '1 h', 'authenticator')`,
      [who.id],
    );
    await desk.changePassword({
      personId: who.id,
      sessionId: 'own',
      old: who.password,
      next: 'another horse, another battery',
    });
    expect((await code(await shown(who.secret), step)).status).toBe(410);
    const again = stepOf(await password({ ...who, password: 'another horse, another battery' }));
    await desk.setDisabled({ personId: who.id, disabled: true, actor: 'test' });
    expect((await code(await shown(who.secret), again)).status).toBe(410);
    expect(await sessionsOf(who.id)).toBe(0);
  });

  it('goes with a recovery code, once each', async () => {
    const who = await somebodyWithApp();
    const [first = '', second = ''] = who.recoveryCodes;
    expect((await code(first, stepOf(await password(who)))).status).toBe(200);
    expect((await code(first, stepOf(await password(who)))).status).toBe(401);
    expect((await code(second.toUpperCase().replaceAll('-', ' '), stepOf(await password(who)))).status).toBe(
      200,
    );
    expect((await desk.secondFactor(who.id)).recoveryCodesLeft).toBe(8);
    expect((await audited(who.id)).filter(({ by }) => by === 'recovery-code')).toHaveLength(2);
  });

  it('says what is wrong where REPRISE_SECRET is another one by now', async () => {
    const who = await somebodyWithApp();
    const other = doorOf(null, 'y'.repeat(40));
    const first = await post('/api/auth/sign-in/email', who, '', other);
    const answer = await post('/api/auth/sign-in/code', { code: '123456' }, stepOf(first), other);
    expect(answer.status).toBe(401);
    expect(await answer.json()).toMatchObject({
      message: expect.stringMatching(/^REPRISE_SECRET is another/),
    });
  });

  it('keeps what binds the steps in a __Host- cookie under https', async () => {
    const who = await somebodyWithApp();
    const origin = 'https://reprise.example';
    const first = await post('/api/auth/sign-in/email', who, '', doorOf(origin), origin);
    expect(first.headers.getSetCookie()[0]).toMatch(
      /^__Host-reprise-step=[\w-]{43}; Max-Age=300; Path=\/;.*Secure/,
    );
  });

  it('can’t be gone round, also by a statement', async () => {
    const { id } = await somebodyWithApp();
    const insert = (factor: string | null) =>
      owner.query(
        `INSERT INTO person_session (id, person_id, token, expires_at, second_factor)
         VALUES ('x', $1, 'x', now() + interval '1 h', $2)`,
        [id, factor],
      );
    await expect(insert(null)).rejects.toThrow(/second factor/);
    await insert('authenticator');
    await expect(
      owner.query(`UPDATE person_session SET second_factor = 'passkey' WHERE id = 'x'`),
    ).rejects.toThrow(/never changed/);
    await expect(
      owner.query('UPDATE authenticator SET last_step = last_step - 1 WHERE person_id = $1', [id]),
    ).rejects.toThrow(/never changed/);
  });
});

describe('turning the second factor off', () => {
  it('takes a code that was not used, and then the password is enough again', async () => {
    const who = await somebodyWithApp();
    const off = (digits: string) =>
      fromSession(who.id, (sessionId) =>
        desk.turnOffAuthenticator({ personId: who.id, sessionId, code: digits }),
      );
    const present = await shown(who.secret);
    expect((await code(present, stepOf(await password(who)))).status).toBe(200);
    await expect(off(present)).rejects.toThrow(/used already/);
    await expect(off('000000')).rejects.toMatchObject({ code: 'input-invalid' });
    await off(await shown(who.secret, 1));
    expect(await desk.secondFactor(who.id)).toMatchObject({ since: null, recoveryCodesLeft: 0 });
    expect(cookiesOf(await password(who)).has('reprise')).toBe(true);
    await expect(off('000000')).rejects.toMatchObject({ code: 'input-invalid' });
  });

  it('is done by an administrator for somebody who lost it, who is signed out by it, and not for oneself', async () => {
    const who = await somebodyWithApp();
    const session = sessionOf(await code(await shown(who.secret), stepOf(await password(who))));
    const take = (actor: string) => desk.takeAuthenticatorAway({ personId: who.id, actor });
    await expect(take(who.id)).rejects.toMatchObject({ code: 'forbidden' });
    expect(await bearer(session)).not.toBeNull();
    await take('an-administrator');
    expect(await bearer(session)).toBeNull();
    expect((await audited(who.id)).map(({ action }) => action)).toContain('second-factor.taken-away');
    await expect(take('an-administrator')).rejects.toMatchObject({ code: 'person-conflict' });
    expect(cookiesOf(await password(who)).has('reprise')).toBe(true);
  });
});

it('a sign-in that was not gone on with is swept once its time is over', async () => {
  const who = await somebodyWithApp();
  await password(who);
  await owner.query(`UPDATE sign_in_step SET expires_at = now() - interval '1 second'`);
  await createUnitOfWork(pool).run((tx) => peopleStore.sweep(tx));
  const { rows } = await owner.query('SELECT count(*)::int AS left FROM sign_in_step');
  expect(rows).toEqual([{ left: 0 }]);
});
