import type pg from 'pg';
import type { Bearer, RequestRates } from '../../application/ports/people.ts';
import type { Proven, SecondFactorDesk } from '../../application/ports/second-factor.ts';
import { tryIn, tryPassword } from './password-step.ts';
import { openSessions, type SessionOptions } from './sessions.ts';
import { stepCookie } from './step-cookie.ts';

export type SignInOptions = SessionOptions & {
  readonly pool: pg.Pool;
  readonly rates: RequestRates;
  /** The rules of the second factor, for a request from this address. */
  readonly desk: (address: string) => SecondFactorDesk;
};

export type SignIn = {
  /** Answers a request to one of the doors below; everything else is a 404. */
  handle(request: Request, address: string): Promise<Response>;
  bearerOf(headers: Headers): Promise<Bearer | null>;
};

/** Tries of one address in a minute, whoever is tried. */
const TRIES_A_MINUTE = 20;
const LONGEST_BODY = 4_096;

/** The door: a password, then what else is asked for, and only then a session. */
export function openSignIn(options: SignInOptions): SignIn {
  const { rates, desk, origin } = options;
  const sessions = openSessions(options);
  const cookie = stepCookie(origin?.startsWith('https:') ?? false);

  const enter = async (proven: Proven, request: Request, address: string) =>
    answer(200, {}, [...(await sessions.start(proven, request.headers, address)), cookie.clear()]);

  async function byPassword(request: Request, body: unknown, address: string): Promise<Response> {
    const given = tryIn(body);
    if (given === null) return refusal(400, 'A sign-in has an e-mail address and a password.');
    const tried = await tryPassword(options, given, address);
    if (tried.kind === 'refused') return refusal(tried.status, tried.sentence);
    const token = await desk(address).ask(tried.personId, 'password');
    // Not forgotten here where a second step follows: who knows the password alone gets no further tries by it.
    if (token !== null) return answer(200, { next: 'second-factor' }, [cookie.write(token)]);
    await tried.forget();
    return enter({ personId: tried.personId, method: 'password', secondFactor: null }, request, address);
  }

  async function byCode(request: Request, body: unknown, address: string): Promise<Response> {
    const code = codeIn(body);
    if (code === null) return refusal(400, 'This step takes a code.');
    const token = cookie.read(request.headers) ?? '';
    const passed = await desk(address).pass({ token, code, address });
    if ('personId' in passed) return enter(passed, request, address);
    if (passed.why === 'over')
      return answer(410, { message: passed.sentence, next: 'start' }, [cookie.clear()]);
    return refusal(passed.why === 'wrong' ? 401 : 429, passed.sentence);
  }

  const doors: Readonly<
    Record<string, (request: Request, body: unknown, address: string) => Promise<Response>>
  > = { '/api/auth/sign-in/email': byPassword, '/api/auth/sign-in/code': byCode };

  return {
    async handle(request, address) {
      const { pathname } = new URL(request.url);
      if (request.method !== 'POST') return refusal(404, 'There is no such door.');
      if (pathname === '/api/auth/sign-out') return sessions.end(request, address);
      const door = Object.hasOwn(doors, pathname) ? doors[pathname] : undefined;
      if (door === undefined) return refusal(404, 'There is no such door.');
      const body = await request.text();
      if (body.length > LONGEST_BODY) return refusal(413, 'This is too long to be a sign-in.');
      if (!(await rates.take(`door:${address}`, TRIES_A_MINUTE)))
        return refusal(429, 'Too many tries of late. Wait a minute, then try again.');
      return door(request, jsonIn(body), address);
    },
    bearerOf: sessions.bearerOf,
  };
}

function jsonIn(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return null;
  }
}

function codeIn(body: unknown): string | null {
  if (typeof body !== 'object' || body === null || !('code' in body)) return null;
  return typeof body.code === 'string' && body.code.length <= 100 ? body.code : null;
}

function refusal(status: number, message: string): Response {
  return answer(status, { message });
}

function answer(
  status: number,
  body: Readonly<Record<string, string>>,
  cookies: readonly string[] = [],
): Response {
  const headers = new Headers({ 'content-type': 'application/json', 'cache-control': 'no-store' });
  for (const each of cookies) headers.append('set-cookie', each);
  return new Response(JSON.stringify(body), { status, headers });
}
