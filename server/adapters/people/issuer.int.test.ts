import { generateKeyPairSync } from 'node:crypto';
import { generateSync } from 'otplib';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { type Account, startIssuer, type TestIssuer } from '../../../demo/testing/issuer.ts';
import { peopleDeskOver } from '../../../demo/testing/people-desk.ts';
import type { PeopleDesk } from '../../application/people/people-desk.ts';
import { readRoleRules } from '../../domain/access/index.ts';
import { createMigratedDatabase, type ScratchDatabase } from '../postgres/scratch-database.ts';
import { openIssuer } from './issuer.ts';
import { createRequestRates } from './request-rates.ts';
import { ISSUER_CALLBACK, openSignIn, type SignIn } from './sign-in.ts';

const ADDRESS = '198.51.100.7';
const origin = 'http://127.0.0.1:3000';
const secret = 'x'.repeat(40);

let database: ScratchDatabase;
let pool: pg.Pool;
/** As the owner of the tables: a test’s own hand. */
let owner: pg.Pool;
let desk: PeopleDesk;
let door: SignIn;
let issuer: TestIssuer;

beforeAll(async () => {
  database = await createMigratedDatabase(inject('databaseUrl'));
  pool = new pg.Pool({ connectionString: database.url });
  owner = new pg.Pool({ connectionString: database.ownerUrl });
  issuer = await startIssuer(origin + ISSUER_CALLBACK);
  desk = peopleDeskOver(pool, { secret, address: ADDRESS, issuer: issuer.url });
  door = doorTo(issuer.url);
});
afterAll(async () => {
  await issuer.stop();
  await pool.end();
  await owner.end();
  await database.drop();
});
beforeEach(async () => {
  issuer.clockOffsetMs = 0;
  issuer.replaceAnswer = null;
  await owner.query(`DELETE FROM request_rate WHERE key LIKE 'door:%'`);
});

function doorTo(url: string, callback = origin + ISSUER_CALLBACK): SignIn {
  const roles = readRoleRules('groups:sre=operator,groups:leads=approver,groups:boss=admin');
  if (typeof roles === 'string') throw new Error(roles);
  return openSignIn({
    pool,
    rates: createRequestRates(pool),
    desk: () => desk.atTheDoor,
    issuer: openIssuer(
      {
        issuer: url,
        clientId: issuer.clientId,
        clientSecret: issuer.clientSecret,
        roles,
        secondFactor: [{ claim: 'amr', value: 'mfa' }],
      },
      callback,
    ),
    secret,
    origin,
    report: () => undefined,
  });
}

/** The cookies of a browser, for all of 127.0.0.1 as browsers keep them. */
class Jar {
  readonly #cookies = new Map<string, string>();
  take(response: Response): Response {
    for (const each of response.headers.getSetCookie()) {
      const [pair = ''] = each.split(';');
      const at = pair.indexOf('=');
      if (/max-age=0/i.test(each) || pair.length === at + 1) this.#cookies.delete(pair.slice(0, at));
      else this.#cookies.set(pair.slice(0, at), pair.slice(at + 1));
    }
    return response;
  }
  get header(): string {
    return [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ');
  }
}

const post = (path: string, body: unknown, jar: Jar, at = door) =>
  at
    .handle(
      new Request(origin + path, {
        method: 'POST',
        headers: { 'content-type': 'application/json', host: '127.0.0.1:3000', cookie: jar.header },
        body: JSON.stringify(body),
      }),
      ADDRESS,
    )
    .then((response) => jar.take(response));

/** From the button to the address that the issuer sends the browser back to. */
async function toTheIssuerAndBack(
  jar: Jar,
  body: unknown = {},
  at = door,
  { issuersOwn = new Jar(), without = [] }: { issuersOwn?: Jar; without?: readonly string[] } = {},
): Promise<string> {
  const begun = await post('/api/auth/issuer', body, jar, at);
  expect(begun.status).toBe(200);
  const asked = new URL(((await begun.json()) as { location: string }).location);
  for (const name of without) asked.searchParams.delete(name);
  let location = asked.href;
  for (let hops = 0; hops < 8 && !location.startsWith(origin); hops += 1) {
    const answer = await fetch(location, {
      redirect: 'manual',
      headers: { cookie: issuersOwn.header },
    });
    issuersOwn.take(answer);
    await answer.body?.cancel();
    location = new URL(answer.headers.get('location') ?? 'about:blank', location).href;
  }
  return location;
}

/** The browser comes back. Answers where it is sent then. */
async function comeBack(jar: Jar, address: string, at = door): Promise<string> {
  const response = await at.handle(new Request(address, { headers: { cookie: jar.header } }), ADDRESS);
  expect(response.status).toBe(303);
  expect(await response.text()).toBe('');
  jar.take(response);
  // Where they wanted to go stands there too, for the next try.
  return (response.headers.get('location') ?? '').replace(/^(\/sign-in\?problem=[\w-]+)&next=%2F$/, '$1');
}

async function signIn(account: Account | null, jar = new Jar(), body: unknown = {}) {
  issuer.next = account;
  const location = await comeBack(jar, await toTheIssuerAndBack(jar, body));
  return { location, jar, bearer: await bearer(jar) };
}
const bearer = (jar: Jar) => door.bearerOf(new Headers({ cookie: jar.header }));

let count = 0;
const account = (change: Partial<Account> = {}): Account => {
  count += 1;
  return {
    subject: `subject-${count}`,
    email: `person-${count}@acme.example`,
    emailVerified: true,
    name: `Person ${count}`,
    groups: ['sre', 'unheard-of'],
    ...change,
  };
};

type Line = { action: string; outcome: string; actor: string; detail: Record<string, unknown> };
async function audited(subject: string): Promise<Line[]> {
  const { rows } = await owner.query(
    'SELECT action, outcome, actor, detail FROM audit_entry WHERE subject = $1 ORDER BY id',
    [subject],
  );
  return rows;
}
const lastRefusal = async () =>
  (await audited('people')).filter(({ outcome }) => outcome === 'refused').at(-1);

describe('signing in through an issuer', () => {
  it('goes the whole way round, makes the person with the roles of their groups, and leads where they wanted to go', async () => {
    const ada = account({ name: 'Ada Acme', groups: ['leads', 'sre'] });
    const { location, bearer: who } = await signIn(ada, new Jar(), { next: '/replays?contract=inventory' });
    expect(location).toBe('/replays?contract=inventory');
    expect(who).toMatchObject({
      person: { name: 'Ada Acme', email: ada.email, roles: ['operator', 'approver'] },
      method: 'issuer',
    });
    const subject = `person:${who?.person.id}`;
    expect((await audited(subject)).map(({ action, actor }) => [action, actor])).toEqual([
      ['person.made-by-issuer', 'issuer'],
      ['person.roles-changed', 'issuer'],
      ['session.started', who?.person.id],
    ]);
    const [person] = (await desk.list()).filter(({ id }) => id === who?.person.id);
    expect(person).toMatchObject({ hasPassword: false, issuer: issuer.url });
  });

  it('asks with PKCE, state and nonce, by the address that the issuer was told, and shows the browser no secret', async () => {
    issuer.asked.length = 0;
    await signIn(account());
    const asked = issuer.asked.map((path) => new URL(path, issuer.url));
    const query = asked.find(({ pathname }) => pathname === '/auth')?.searchParams;
    expect(query?.get('code_challenge_method')).toBe('S256');
    for (const name of ['code_challenge', 'state', 'nonce']) expect(query?.get(name)).toMatch(/^[\w-]{40,}$/);
    expect(query?.get('redirect_uri')).toBe(`${origin}/api/auth/issuer/callback`);
    expect(query?.get('scope')).toBe('openid email profile groups');
    expect(query?.toString()).not.toContain(issuer.clientSecret);
  });

  it('knows somebody by the issuer’s own name for them, whatever becomes of their address', async () => {
    const ada = account();
    const first = await signIn(ada);
    const moved = await signIn({ ...ada, email: 'married@acme.example', emailVerified: false });
    expect(moved.bearer?.person.id).toBe(first.bearer?.person.id);
    expect(moved.bearer?.person.email).toBe(ada.email);
  });

  it('takes the roles anew each time, and open sessions feel it', async () => {
    const ada = account({ groups: ['sre', 'leads'] });
    const { jar: early } = await signIn(ada);
    await signIn({ ...ada, groups: ['sre'] });
    expect((await bearer(early))?.person.roles).toEqual(['operator']);
    const { location, bearer: none } = await signIn({ ...ada, groups: [] });
    // Without a role they are signed in, to be told whom to ask.
    expect(location).toBe('/account');
    expect(none).toMatchObject({ person: { roles: [] }, method: 'issuer' });
    expect((await bearer(early))?.person.roles).toEqual([]);
    await expect(
      desk.changeRoles({ personId: none?.person.id ?? '', roles: ['admin'], actor: 'test' }),
    ).rejects.toThrow(/come from http/);
    await expect(desk.inviteAgain(none?.person.id ?? '', 'test')).rejects.toThrow(/has no password here/);
  });

  it('is as fresh as the issuer’s own question is, which is asked anew on request', async () => {
    const ada = account();
    issuer.asked.length = 0;
    const fresh = await signIn(ada, new Jar(), { anew: true });
    expect(await desk.isFresh(fresh.bearer?.sessionId ?? '')).toBe(true);
    expect(issuer.asked.some((path) => path.startsWith('/auth?') && path.includes('prompt=login'))).toBe(
      true,
    );
    // It asked them twenty minutes ago, and does not ask again: signed in, and not "of late".
    issuer.clockOffsetMs = -20 * 60_000;
    const known = await signIn(ada);
    expect(known.bearer?.person.id).toBe(fresh.bearer?.person.id);
    expect(await desk.isFresh(known.bearer?.sessionId ?? '')).toBe(false);
    expect((await signIn(ada, new Jar(), { anew: true })).location).toBe('/sign-in?problem=clock');
  });

  it('is not of late where the browser takes out of its address that the issuer is to ask anew', async () => {
    issuer.next = account();
    const [jar, issuersOwn] = [new Jar(), new Jar()];
    issuer.clockOffsetMs = -20 * 60_000;
    await toTheIssuerAndBack(jar, {}, door, { issuersOwn });
    issuer.clockOffsetMs = 0;
    issuer.asked.length = 0;
    const without = ['prompt', 'max_age'];
    const back = await toTheIssuerAndBack(jar, { anew: true }, door, { issuersOwn, without });
    // The issuer knows the browser, so it asks nobody, and does not say when it did.
    expect(issuer.asked.some((path) => path.startsWith('/interaction/'))).toBe(false);
    expect(await comeBack(jar, back)).toBe('/');
    expect(await desk.isFresh((await bearer(jar))?.sessionId ?? '')).toBe(false);
  });

  it('is not of late for longer because the issuer’s clock is ahead', async () => {
    issuer.clockOffsetMs = 25_000;
    expect((await signIn(account())).location).toBe('/');
    issuer.clockOffsetMs = 5 * 60_000;
    expect((await signIn(account())).location).toBe('/sign-in?problem=clock');
  });
});

describe('a token of somebody whom the issuer lets in', () => {
  it('acts for them for thirty days after its word, and again after the next', async () => {
    const ada = account();
    const { bearer: who } = await signIn(ada);
    const personId = who?.person.id ?? '';
    const { token } = await desk.makeToken({ personId, name: 'ci', scopes: ['replay'], days: 365 });
    const stateOf = async () => (await desk.tokens(personId)).map(({ state }) => state);
    const vouchedBefore = (span: string) =>
      owner.query(
        `UPDATE sign_in_account SET vouched_at = now() - $2::interval WHERE person_id = $1 AND provider_id LIKE 'oidc:%'`,
        [personId, span],
      );
    await vouchedBefore('29 days 23 hours');
    expect(await desk.bearerOfToken(token)).toMatchObject({ person: { id: personId } });
    await vouchedBefore('30 days 1 second');
    expect(await desk.bearerOfToken(token)).toBeNull();
    expect(await stateOf()).toEqual(['resting']);
    // An issuer that is not asked any more vouches for nobody, and its people are still its own.
    const alone = peopleDeskOver(pool, { secret, address: ADDRESS });
    expect(await alone.bearerOfToken(token)).toBeNull();
    await signIn(ada);
    expect(await desk.bearerOfToken(token)).toMatchObject({ person: { id: personId } });
    expect(await stateOf()).toEqual(['live']);
  });
});

describe('somebody whom the issuer lets in', () => {
  it('comes in by no password that they were given while it was not asked', async () => {
    const ada = account();
    const { bearer: who } = await signIn(ada);
    const personId = who?.person.id ?? '';
    const alone = peopleDeskOver(pool, { secret, address: ADDRESS });
    const { token } = await alone.inviteAgain(personId, 'test');
    const password = 'correct horse battery';
    await alone.acceptInvitation({ token, password });
    const tried = await post('/api/auth/sign-in/email', { email: ada.email, password }, new Jar());
    expect(tried.status).toBe(401);
    expect((await audited(`person:${personId}`)).at(-1)).toMatchObject({
      outcome: 'refused',
      detail: { why: 'signs in through the issuer' },
    });
  });
});

describe('an address that somebody has already', () => {
  async function invited(change: Partial<Account> = {}) {
    const ada = account(change);
    const { token, personId } = await desk.invite({
      name: 'Ada',
      email: ada.email,
      roles: ['viewer'],
      actor: 'test',
    });
    await desk.acceptInvitation({ token, password: 'correct horse battery' });
    return { ada, id: personId ?? '' };
  }

  it('links once where the issuer has verified it: without a password, sessions and tokens from then on', async () => {
    const { ada, id } = await invited();
    const jar = new Jar();
    await post('/api/auth/sign-in/email', { email: ada.email, password: 'correct horse battery' }, jar);
    expect((await bearer(jar))?.person.id).toBe(id);
    const { token } = await desk.makeToken({ personId: id, name: 'ci', scopes: ['read'], days: 1 });
    const { bearer: who } = await signIn(ada);
    expect(who?.person).toMatchObject({ id, roles: ['operator'] });
    expect(await bearer(jar)).toBeNull();
    expect(await desk.bearerOfToken(token)).toBeNull();
    const again = await post(
      '/api/auth/sign-in/email',
      { email: ada.email, password: 'correct horse battery' },
      jar,
    );
    expect(again.status).toBe(401);
    expect((await audited(`person:${id}`)).map(({ action }) => action)).toContain('person.linked-to-issuer');
    // Another subject with the same address is somebody else.
    const mallory = await signIn({ ...ada, subject: 'another-subject' });
    expect(mallory).toMatchObject({ location: '/sign-in?problem=address-taken', bearer: null });
  });

  it('links nobody where it is not verified, nor makes somebody of it', async () => {
    const { ada, id } = await invited({ emailVerified: false });
    expect(await signIn(ada)).toMatchObject({
      location: '/sign-in?problem=no-verified-email',
      bearer: null,
    });
    const [person] = (await desk.list()).filter((each) => each.id === id);
    expect(person).toMatchObject({ hasPassword: true, issuer: null, roles: ['viewer'] });
    const before = (await desk.list()).length;
    expect((await signIn(account({ emailVerified: false }))).bearer).toBeNull();
    expect((await desk.list()).length).toBe(before);
    expect(await lastRefusal()).toMatchObject({ detail: { why: 'no-verified-email' } });
  });

  it('lets nobody in who may not sign in', async () => {
    const { ada, id } = await invited();
    await signIn(ada);
    await desk.setDisabled({ personId: id, disabled: true, actor: 'test' });
    expect(await signIn(ada)).toMatchObject({ location: '/sign-in?problem=shut-out', bearer: null });
    expect((await audited(`person:${id}`)).at(-1)).toMatchObject({
      action: 'session.started',
      outcome: 'refused',
      detail: { why: 'shut-out' },
    });
  });
});

describe('the last administrator', () => {
  it('stays one, though the issuer gives the role no more', async () => {
    const boss = account({ groups: ['boss'] });
    await signIn(boss);
    const kept = await signIn({ ...boss, groups: ['sre'] });
    expect(kept.bearer?.person.roles).toEqual(['operator', 'admin']);
    expect((await audited(`person:${kept.bearer?.person.id}`)).at(-2)).toMatchObject({
      action: 'person.roles-changed',
      detail: { keptAsLastAdministrator: true },
    });
    await signIn(account({ groups: ['boss'] }));
    expect((await signIn({ ...boss, groups: ['sre'] })).bearer?.person.roles).toEqual(['operator']);
  });
});

describe('the second factor', () => {
  it('of the issuer counts where it says so, and else the person’s own is asked for', async () => {
    const ada = account({ amr: ['pwd'] });
    const { bearer: who } = await signIn(ada);
    const personId = who?.person.id ?? '';
    const sessionId = who?.sessionId ?? '';
    const app = await desk.beginAuthenticator({ personId, sessionId });
    const now = Math.floor(Date.now() / 1_000);
    const shown = (epoch: number) => generateSync({ secret: app.secret, epoch });
    const codes = await desk.confirmAuthenticator({ personId, sessionId, code: shown(now) });
    const { location, jar, bearer: notYet } = await signIn(ada, new Jar(), { next: '/approvals' });
    expect(location).toBe('/sign-in?step=code&next=%2Fapprovals');
    expect(notYet).toBeNull();
    expect((await post('/api/auth/sign-in/code', { code: shown(now + 30) }, jar)).status).toBe(200);
    expect(await bearer(jar)).toMatchObject({ person: { id: personId }, method: 'issuer' });
    const strong = await signIn({ ...ada, amr: ['pwd', 'mfa'] });
    expect(strong.bearer?.person.id).toBe(personId);
    expect(await desk.isFresh(strong.bearer?.sessionId ?? '')).toBe(true);
    const { rows } = await owner.query(
      `SELECT detail->>'secondFactor' AS by FROM audit_entry
       WHERE action = 'session.started' AND outcome = 'done' AND subject = $1 ORDER BY id`,
      [`person:${personId}`],
    );
    expect(rows.map(({ by }) => by)).toEqual([null, 'authenticator', 'issuer']);
    // Whoever gives a code of their own is there now, however long ago the issuer asked them.
    issuer.clockOffsetMs = -20 * 60_000;
    const stale = await signIn(ada);
    const [code = ''] = codes.recoveryCodes;
    await post('/api/auth/sign-in/code', { code }, stale.jar);
    expect(await desk.isFresh((await bearer(stale.jar))?.sessionId ?? '')).toBe(true);
  });
});

describe('what comes back', () => {
  it('is good in the browser that was sent, once, within five minutes, and unchanged', async () => {
    issuer.next = account();
    const jar = new Jar();
    const back = await toTheIssuerAndBack(jar);
    expect(await comeBack(new Jar(), back)).toBe('/sign-in?problem=over');
    const changed = new URL(back);
    changed.searchParams.set('state', 'x'.repeat(43));
    expect(await comeBack(jar, changed.href)).toBe('/sign-in?problem=not-trusted');
    // The step is used up by the try.
    expect(await comeBack(jar, back)).toBe('/sign-in?problem=over');
    const [late, again] = [new Jar(), await toTheIssuerAndBack(jar)];
    await owner.query(`UPDATE sign_in_step SET expires_at = now() WHERE kind = 'issuer'`);
    expect(await comeBack(jar, again)).toBe('/sign-in?problem=over');
    const used = await toTheIssuerAndBack(late);
    expect(await comeBack(late, used)).toBe('/');
    expect(await comeBack(late, used)).toBe('/sign-in?problem=over');
    expect(await lastRefusal()).toMatchObject({ action: 'session.started', detail: { why: 'over' } });
  });

  it('with a code of somebody else’s sign-in lets nobody in', async () => {
    issuer.next = account();
    const [mallory, ada] = [new Jar(), new Jar()];
    const stolen = new URL(await toTheIssuerAndBack(mallory));
    const own = new URL(await toTheIssuerAndBack(ada));
    own.searchParams.set('code', stolen.searchParams.get('code') ?? '');
    expect(await comeBack(ada, own.href)).toMatch(/problem=disagrees/);
    expect(await bearer(ada)).toBeNull();
  });

  it.each([
    ['a refusal', 'refused', () => undefined, null],
    [
      'a key that is not the issuer’s',
      'not-trusted',
      async () => {
        const jwks = (await (await fetch(`${issuer.url}/jwks`)).json()) as { keys: JsonWebKey[] };
        const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
        const { n } = publicKey.export({ format: 'jwk' });
        const keys = jwks.keys.map((key) => (key.kty === 'RSA' ? { ...key, n } : key));
        issuer.replaceAnswer = { path: '/jwks', status: 200, body: { keys } };
      },
      account(),
    ],
    [
      'an answer signed by no key of the issuer',
      'not-trusted',
      () => {
        issuer.replaceAnswer = { path: '/jwks', status: 200, body: { keys: [] } };
      },
      account(),
    ],
    [
      'a clock that is two hours late',
      'clock',
      () => {
        issuer.clockOffsetMs = -2 * 60 * 60_000;
      },
      account(),
    ],
    [
      'a failure of the issuer',
      'down',
      () => {
        issuer.replaceAnswer = { path: '/token', status: 503, body: {} };
      },
      account(),
    ],
    [
      'a wrong secret of ours',
      'disagrees',
      () => {
        issuer.replaceAnswer = { path: '/token', status: 401, body: { error: 'invalid_client' } };
      },
      account(),
    ],
    [
      'somebody else’s answer to who it is',
      'not-trusted',
      () => {
        issuer.replaceAnswer = { path: '/me', status: 200, body: { sub: 'somebody-else' } };
      },
      account(),
    ],
  ])('as %s is told as %s, and is on record', async (_what, problem, arrange, who) => {
    const own = doorTo(issuer.url);
    const jar = new Jar();
    issuer.next = who;
    await arrange();
    const back = await toTheIssuerAndBack(jar, {}, own);
    expect(await comeBack(jar, back, own)).toBe(`/sign-in?problem=${problem}`);
    expect(await bearer(jar)).toBeNull();
    expect(await lastRefusal()).toMatchObject({ detail: { why: problem, code: expect.any(String) } });
  });
});

describe('an issuer that can’t be asked', () => {
  it('is told on the sign-in page, is on record, and is asked again the next time', async () => {
    const port = Number(new URL(issuer.url).port);
    const away = doorTo(`http://127.0.0.1:${port === 1 ? 2 : 1}`);
    const answer = await post('/api/auth/issuer', {}, new Jar(), away);
    expect(answer.status).toBe(503);
    expect(await answer.json()).toEqual({ problem: 'down' });
    expect(await lastRefusal()).toMatchObject({ detail: { why: 'down', code: 'no-answer' } });
    issuer.replaceAnswer = {
      path: '/.well-known/openid-configuration',
      status: 200,
      body: { issuer: 'https://x' },
    };
    const other = doorTo(issuer.url);
    expect(await (await post('/api/auth/issuer', {}, new Jar(), other)).json()).toEqual({
      problem: 'not-trusted',
    });
    issuer.replaceAnswer = null;
    expect((await post('/api/auth/issuer', {}, new Jar(), other)).status).toBe(200);
  });

  it('sends nobody elsewhere, by another door or afterwards', async () => {
    const get = (path: string) => door.handle(new Request(origin + path), ADDRESS);
    for (const path of ['/api/auth/issuer', '/api/auth/sign-in/email', '/api/auth/sign-out'])
      expect((await get(path)).status).toBe(404);
    const { location } = await signIn(account(), new Jar(), { next: '//elsewhere.example/' });
    expect(location).toBe('/');
  });
});
