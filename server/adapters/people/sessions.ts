import { randomUUID } from 'node:crypto';
import { isIP } from 'node:net';
import { betterAuth } from 'better-auth';
import { createAuthEndpoint } from 'better-auth/api';
import { setSessionCookie } from 'better-auth/cookies';
import type pg from 'pg';
import { z } from 'zod';
import type { Proven } from '../../application/ports/door.ts';
import type { Bearer } from '../../application/ports/people.ts';
import { isRole, secondFactors, signInMethods } from '../../domain/access/index.ts';

export type SessionOptions = {
  readonly pool: pg.Pool;
  readonly secret: string;
  /** The https address that people type; null: plain HTTP on a loopback address. */
  readonly origin: string | null;
  /** Told of what the library fails at. */
  readonly report: (level: 'warn' | 'error', sentence: string) => void;
};

export type Sessions = {
  /**
   * Signs somebody in who has shown all that was asked for. Answers the cookies that say so; the session whose cookie
   * the browser held before ends. null where all sessions of the person were ended since they began to show it.
   */
  start(proven: Proven, headers: Headers, address: string): Promise<readonly string[] | null>;
  /** Signs out whoever's cookie the request holds. */
  end(request: Request, address: string): Promise<Response>;
  bearerOf(headers: Headers): Promise<Bearer | null>;
};

const SESSION_SECONDS = 12 * 60 * 60;
const ADDRESS_HEADER = 'x-reprise-address';

/** The one way to a session. No address leads to it: it is called by the door, after everything was shown. */
const startSession = createAuthEndpoint.serverOnly(
  {
    method: 'POST',
    body: z.object({
      personId: z.string(),
      method: z.enum(signInMethods),
      secondFactor: z.enum(secondFactors).nullable(),
      provenAt: z.union([z.literal('now'), z.iso.datetime()]).nullable(),
      epoch: z.number().int(),
    }),
  },
  async (ctx) => {
    const { personId, ...proof } = ctx.body;
    const user = await ctx.context.internalAdapter.findUserById(personId);
    if (user === null) throw new Error('a session for nobody');
    const session = await ctx.context.internalAdapter.createSession(personId, false, {
      ...proof,
      provenAt:
        proof.provenAt === null ? null : proof.provenAt === 'now' ? new Date() : new Date(proof.provenAt),
    });
    await setSessionCookie(ctx, { session, user });
    return {};
  },
);

/** Sessions by better-auth, over Reprise's own tables. They are read anew for every request: nothing is cached. */
export function openSessions({ pool, secret, origin, report }: SessionOptions): Sessions {
  const secure = origin?.startsWith('https:') ?? false;
  const auth = betterAuth({
    appName: 'Reprise',
    secret,
    basePath: '/api/auth',
    ...(origin === null ? {} : { baseURL: origin }),
    database: pool,
    telemetry: { enabled: false },
    logger: {
      level: 'error',
      log: (level, sentence) => report(level === 'error' ? 'error' : 'warn', sentence),
    },
    plugins: [{ id: 'reprise', endpoints: { startSession } }],
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
      additionalFields: {
        method: { type: 'string', required: false, input: false },
        secondFactor: { type: 'string', required: false, input: false, fieldName: 'second_factor' },
        provenAt: { type: 'date', required: false, input: false, fieldName: 'proven_at' },
        epoch: { type: 'number', required: false, input: false },
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

  /** The library is told where a request came from by us alone. */
  const from = (given: Headers, address: string) => {
    const headers = new Headers(given);
    headers.set(ADDRESS_HEADER, isIP(address) === 0 ? '127.0.0.1' : address);
    headers.delete('content-length');
    return headers;
  };

  return {
    async start(proven, headers, address) {
      const earlier = await auth.api.getSession({ headers, query: { disableRefresh: true } });
      const response = await auth.api
        .startSession({ body: { ...proven }, headers: from(headers, address), asResponse: true })
        .catch(async (error: unknown) => {
          if (await isOvertaken(pool, proven)) return null;
          throw error;
        });
      if (response === null) return null;
      // The library repeats the session's token in its answers, where a script could read it: only the cookie holds it.
      if (!response.ok) throw new Error(`a session could not be made: ${response.status}`);
      // Nobody holds its cookie any more: left alone, it would be good for hours to whoever had copied it.
      if (earlier !== null)
        await pool.query('DELETE FROM person_session WHERE id = $1', [earlier.session.id]);
      return response.headers.getSetCookie();
    },

    async end(request, address) {
      // The address that was asked for: a server behind others may have been handed one under its own name.
      const base = origin ?? `http://${request.headers.get('host') ?? ''}`;
      const ending = await auth.api.getSession({
        headers: request.headers,
        query: { disableRefresh: true },
      });
      const response = await auth.handler(
        new Request(new URL('/api/auth/sign-out', base), {
          method: 'POST',
          headers: from(request.headers, address),
          body: '{}',
        }),
      );
      if (!response.ok) return response;
      const headers = new Headers({ 'content-type': 'application/json', 'cache-control': 'no-store' });
      // The library says done also where the database refused it, as it does when the end can't be put on record.
      const left = 'SELECT FROM person_session WHERE id = $1';
      if (ending !== null && (await pool.query(left, [ending.session.id])).rowCount !== 0)
        return new Response(JSON.stringify({ message: 'The session could not be ended.' }), {
          status: 500,
          headers,
        });
      for (const cookie of response.headers.getSetCookie()) headers.append('set-cookie', cookie);
      return new Response('{}', { status: response.status, headers });
    },

    async bearerOf(headers) {
      const found = await auth.api.getSession({ headers, query: { disableRefresh: true } });
      return found === null ? null : bearerOfSession(pool, found.session.id);
    },
  };
}

/** What the database has refused a session for, where it is that. */
async function isOvertaken(pool: pg.Pool, { personId, epoch }: Proven): Promise<boolean> {
  const { rows } = await pool.query(
    'SELECT FROM person WHERE id = $1 AND (session_epoch <> $2 OR disabled_at IS NOT NULL)',
    [personId, epoch],
  );
  return rows.length > 0;
}

/** Roles and expiry as they stand now, by the database's clock. */
async function bearerOfSession(pool: pg.Pool, sessionId: string): Promise<Bearer | null> {
  const { rows } = await pool.query<{
    id: string;
    name: string;
    email: string;
    roles: string[];
    proven_at: Date | null;
    method: string;
  }>(
    `SELECT p.id, p.name, p.email, p.roles, s.proven_at, s.method FROM person_session s JOIN person p ON p.id = s.person_id
     WHERE s.id = $1 AND s.expires_at > now() AND p.disabled_at IS NULL`,
    [sessionId],
  );
  const [row] = rows;
  if (row === undefined) return null;
  const { proven_at, method, roles, ...who } = row;
  return {
    person: { ...who, roles: roles.filter(isRole) },
    scopes: null,
    sessionId,
    provenAt: proven_at?.toISOString() ?? null,
    method: signInMethods.find((each) => each === method) ?? null,
  };
}
