import { createHash, randomUUID } from 'node:crypto';
import { isIP } from 'node:net';
import { betterAuth } from 'better-auth';
import { hashPassword } from 'better-auth/crypto';
import type pg from 'pg';
import type { Bearer, RequestRates } from '../../application/ports/people.ts';
import { isRole } from '../../domain/access/index.ts';

export type SignInOptions = {
  readonly pool: pg.Pool;
  readonly rates: RequestRates;
  readonly secret: string;
  /** The https address that people type; null: plain HTTP on a loopback address. */
  readonly origin: string | null;
  /** Told of what the library fails at. */
  readonly report: (level: 'warn' | 'error', sentence: string) => void;
};

export type SignIn = {
  /** Answers a request to one of the doors below; everything else is a 404. */
  handle(request: Request, address: string): Promise<Response>;
  bearerOf(headers: Headers): Promise<Bearer | null>;
};

const SESSION_SECONDS = 12 * 60 * 60;
const ADDRESS_HEADER = 'x-reprise-address';
const DOORS: ReadonlySet<string> = new Set(['/api/auth/sign-in/email', '/api/auth/sign-out']);

/** Sign-in by better-auth, over Reprise's own tables. Sessions are read anew for every request: nothing is cached. */
export function openSignIn({ pool, rates, secret, origin, report }: SignInOptions): SignIn {
  const secure = origin?.startsWith('https:') ?? false;
  const auth = betterAuth({
    appName: 'Reprise',
    secret,
    basePath: '/api/auth',
    ...(origin === null ? {} : { baseURL: origin }),
    database: pool,
    telemetry: { enabled: false },
    logger: {
      // A wrong password is in the audit; here it would be a line a try.
      level: 'error',
      log: (level, sentence) => report(level === 'error' ? 'error' : 'warn', sentence),
    },
    emailAndPassword: { enabled: true, disableSignUp: true, minPasswordLength: 1, maxPasswordLength: 512 },
    user: {
      modelName: 'person',
      fields: { emailVerified: 'email_verified', createdAt: 'created_at', updatedAt: 'updated_at' },
    },
    session: {
      modelName: 'person_session',
      fields: {
        userId: 'person_id',
        expiresAt: 'expires_at',
        ipAddress: 'ip_address',
        userAgent: 'user_agent',
        createdAt: 'created_at',
        updatedAt: 'updated_at',
      },
      expiresIn: SESSION_SECONDS,
      disableSessionRefresh: true,
    },
    account: {
      modelName: 'sign_in_account',
      fields: {
        userId: 'person_id',
        accountId: 'account_id',
        providerId: 'provider_id',
        accessToken: 'access_token',
        refreshToken: 'refresh_token',
        idToken: 'id_token',
        accessTokenExpiresAt: 'access_token_expires_at',
        refreshTokenExpiresAt: 'refresh_token_expires_at',
        createdAt: 'created_at',
        updatedAt: 'updated_at',
      },
    },
    verification: {
      modelName: 'sign_in_verification',
      fields: { expiresAt: 'expires_at', createdAt: 'created_at', updatedAt: 'updated_at' },
    },
    rateLimit: {
      enabled: true,
      storage: 'database',
      modelName: 'sign_in_rate',
      fields: { lastRequest: 'last_request' },
      customRules: { '/sign-in/email': { window: 60, max: 20 } },
    },
    advanced: {
      database: { generateId: () => randomUUID() },
      // __Host- wants https; browsers differ in whether a loopback address over plain HTTP will do.
      useSecureCookies: false,
      cookiePrefix: 'reprise',
      cookies: {
        session_token: {
          name: secure ? '__Host-reprise' : 'reprise',
          attributes: { secure, httpOnly: true, sameSite: 'lax', path: '/' },
        },
      },
      ipAddress: { ipAddressHeaders: [ADDRESS_HEADER] },
    },
  });

  return {
    async handle(request, address) {
      const { pathname } = new URL(request.url);
      if (request.method !== 'POST' || !DOORS.has(pathname)) return answer(404, 'There is no such door.');
      const body = await request.text();
      if (body.length > 4_096) return answer(413, 'This is too long to be a sign-in.');
      const headers = new Headers(request.headers);
      headers.set(ADDRESS_HEADER, isIP(address) === 0 ? '127.0.0.1' : address);
      headers.delete('content-length');
      // The address that was asked for: a server behind others may have been handed one under its own name.
      const base = origin ?? `http://${request.headers.get('host') ?? ''}`;
      const goOn = (sent: unknown) => async () =>
        withoutBody(
          await auth.handler(
            new Request(new URL(pathname, base), { method: 'POST', headers, body: JSON.stringify(sent) }),
          ),
        );
      if (!pathname.endsWith('/sign-in/email')) return goOn({})();
      const given = tryIn(body);
      if (given === null) return answer(400, 'A sign-in has an e-mail address and a password.');
      return signIn({ pool, rates }, given, address, goOn(given));
    },

    async bearerOf(headers) {
      const found = await auth.api.getSession({ headers, query: { disableRefresh: true } });
      return found === null ? null : bearerOfSession(pool, found.session.id);
    },
  };
}

/** Roles and expiry as they stand now, by the database's clock. */
async function bearerOfSession(pool: pg.Pool, sessionId: string): Promise<Bearer | null> {
  const { rows } = await pool.query<{
    id: string;
    name: string;
    email: string;
    roles: string[];
    created_at: Date;
  }>(
    `SELECT p.id, p.name, p.email, p.roles, s.created_at FROM person_session s JOIN person p ON p.id = s.person_id
     WHERE s.id = $1 AND s.expires_at > now() AND p.disabled_at IS NULL`,
    [sessionId],
  );
  const [row] = rows;
  if (row === undefined) return null;
  const { created_at, roles, ...who } = row;
  return {
    person: { ...who, roles: roles.filter(isRole) },
    scopes: null,
    sessionId,
    provenAt: created_at.toISOString(),
  };
}

/** The library repeats the session's token in its answer, where a script could read it: only the cookie holds it. */
function withoutBody(response: Response): Response {
  if (!response.ok) return response;
  const headers = new Headers({ 'content-type': 'application/json', 'cache-control': 'no-store' });
  for (const cookie of response.headers.getSetCookie()) headers.append('set-cookie', cookie);
  return new Response('{}', { status: response.status, headers });
}

const WRONG = 'This address and password do not go together.';
/** Tries of a quarter of an hour: for one person from one address, and for one person from wherever they come. */
const WINDOW_MINUTES = 15;
const FROM_ONE_ADDRESS = 10;
const FROM_EVERYWHERE = 100;
/** Checking a password is slow on purpose; more than so many at once would keep everybody else waiting. */
const CHECKS_AT_ONCE = 4;
let checks = 0;

type Try = { readonly email: string; readonly password: string };

/**
 * One try. Whether there is such a person shows neither in the answer nor in how long it takes nor in when tries are
 * refused; each wrong one is audited.
 */
async function signIn(
  { pool, rates }: Pick<SignInOptions, 'pool' | 'rates'>,
  given: Try,
  address: string,
  go: () => Promise<Response>,
): Promise<Response> {
  const who = `sign-in:${createHash('sha256').update(given.email).digest('hex')}`;
  const here = `${who}:${address}`;
  // Counted before the password is looked at: a hundred tries at once are a hundred tries.
  const [few, notMany] = [
    await rates.take(here, FROM_ONE_ADDRESS, WINDOW_MINUTES),
    await rates.take(who, FROM_EVERYWHERE, WINDOW_MINUTES),
  ];
  if (!few || !notMany) return answer(429, 'Too many wrong passwords. Try again in a quarter of an hour.');
  if (checks >= CHECKS_AT_ONCE) return answer(503, 'Many are signing in just now. Try again in a moment.');
  checks += 1;
  try {
    const { rows } = await pool.query<{ id: string; disabled: boolean }>(
      'SELECT id, disabled_at IS NOT NULL AS disabled FROM person WHERE email = $1',
      [given.email],
    );
    const [person] = rows;
    const response = person?.disabled === true ? await asSlow(given.password) : await go();
    if (response.ok) {
      await rates.forget(here, WINDOW_MINUTES);
      return response;
    }
    if (response.status !== 401) return response;
    await noteWrong(pool, person, address);
    return answer(401, WRONG);
  } finally {
    checks -= 1;
  }
}

/** For somebody who may not sign in: as long as looking at a password takes. */
async function asSlow(password: string): Promise<Response> {
  await hashPassword(password);
  return answer(401, WRONG);
}

async function noteWrong(
  pool: pg.Pool,
  person: { readonly id: string; readonly disabled: boolean } | undefined,
  address: string,
): Promise<void> {
  await pool.query(
    `INSERT INTO audit_entry (actor, action, subject, outcome, detail, origin)
     VALUES ('nobody', 'session.started', $1, 'refused', $2, $3)`,
    [
      person === undefined ? 'people' : `person:${person.id}`,
      JSON.stringify({ why: person?.disabled === true ? 'disabled' : 'wrong address or password' }),
      address,
    ],
  );
}

/** Nothing of a request but these two goes on to the library. */
function tryIn(body: string): Try | null {
  try {
    const given: unknown = JSON.parse(body);
    if (typeof given !== 'object' || given === null || !('email' in given) || !('password' in given))
      return null;
    const { email, password } = given;
    if (typeof email !== 'string' || typeof password !== 'string' || password === '') return null;
    const address = email.trim().toLowerCase();
    return /^[^\s@\p{Cc}]{1,100}@[^\s@\p{Cc}]{1,100}$/u.test(address) ? { email: address, password } : null;
  } catch {
    return null;
  }
}

function answer(status: number, message: string): Response {
  return Response.json({ message }, { status, headers: { 'cache-control': 'no-store' } });
}
