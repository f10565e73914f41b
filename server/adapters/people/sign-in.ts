import type pg from 'pg';
import type { DoorDesk, Proven } from '../../application/ports/door.ts';
import type { Bearer, RequestRates } from '../../application/ports/people.ts';
import { answer, jsonIn, localPath, redirection, refusal, textIn } from './door-answers.ts';
import type { Issuer } from './issuer.ts';
import { forgetPasswords, tryIn, tryPassword } from './password-step.ts';
import { openSessions, type SessionOptions } from './sessions.ts';
import { siteOf } from './site.ts';
import { stepCookie } from './step-cookie.ts';

export type SignInOptions = SessionOptions & {
  readonly pool: pg.Pool;
  readonly rates: RequestRates;
  /** The rules behind the door, for a request from this address. */
  readonly desk: (address: string) => DoorDesk;
  /** A company's own sign-in; null: there is none. */
  readonly issuer: Issuer | null;
};

export type SignIn = {
  /** Answers a request to one of the doors below; everything else is a 404. */
  handle(request: Request, address: string): Promise<Response>;
  bearerOf(headers: Headers): Promise<Bearer | null>;
};

/** Where an issuer sends people back to. */
export const ISSUER_CALLBACK = '/api/auth/issuer/callback';

/** Tries of one address at one door in a minute, whoever is tried. */
const TRIES_A_MINUTE = 20;
const LONGEST_BODY = 4_096;
const OVERTAKEN = 'Your sessions were ended while you signed in. Start again.';

type Door = (request: Request, body: unknown, address: string) => Promise<Response>;

/** The door: a first proof, then what else is asked for, and only then a session. */
export function openSignIn(options: SignInOptions): SignIn {
  const { rates, desk, origin, issuer, report } = options;
  const sessions = openSessions(options);
  const cookie = stepCookie(origin?.startsWith('https:') ?? false);

  /** The cookies of a session, and none of the steps that led to it; null where what it rests on is over. */
  const enter = async (proven: Proven, request: Request, address: string) => {
    const started = await sessions.start(proven, request.headers, address);
    return started === null ? null : [...started, cookie.clear()];
  };
  const letIn = async (proven: Proven, request: Request, address: string) => {
    const cookies = await enter(proven, request, address);
    return cookies === null
      ? answer(410, { message: OVERTAKEN, next: 'start' }, [cookie.clear()])
      : answer(200, {}, cookies);
  };

  const byPassword: Door = async (request, body, address) => {
    const given = tryIn(body);
    if (given === null) return refusal(400, 'A sign-in has an e-mail address and a password.');
    const tried = await tryPassword(options, given, address);
    if (tried.kind === 'refused') return refusal(tried.status, tried.sentence);
    const { personId, epoch } = tried;
    const proven = { personId, method: 'password', provenAt: 'now', epoch } as const;
    const token = await desk(address).ask(personId, 'password', epoch);
    // Not forgotten here where a second step follows: who knows the password alone gets no further tries by it.
    if (token !== null) return answer(200, { next: 'second-factor' }, [cookie.write(token)]);
    await forgetPasswords(options, tried.personId, address);
    return letIn({ ...proven, secondFactor: null }, request, address);
  };

  const byCode: Door = async (request, body, address) => {
    const code = textIn(body, 'code', 100);
    if (code === null) return refusal(400, 'This step takes a code.');
    const token = cookie.read(request.headers) ?? '';
    const passed = await desk(address).pass({ token, code, address });
    if ('personId' in passed) {
      if (passed.method === 'password') await forgetPasswords(options, passed.personId, address);
      return letIn(passed, request, address);
    }
    if (passed.why === 'over')
      return answer(410, { message: passed.sentence, next: 'start' }, [cookie.clear()]);
    return refusal(passed.why === 'wrong' ? 401 : 429, passed.sentence);
  };

  const askForPasskey: Door = async (request, _body, address) => {
    const site = siteOf(request.headers, origin);
    if (site === null) return refusal(404, 'Browsers bind no passkey to an IP address.');
    const { token, options } = await desk(address).askForPasskey(site);
    return answer(200, { options }, [cookie.write(token)]);
  };

  const byPasskey: Door = async (request, body, address) => {
    const site = siteOf(request.headers, origin);
    if (site === null) return refusal(404, 'Browsers bind no passkey to an IP address.');
    const token = cookie.read(request.headers) ?? '';
    const passed = await desk(address).enterByPasskey({ token, answer: body, site });
    if ('personId' in passed) return letIn(passed, request, address);
    return answer(passed.why === 'over' ? 410 : 401, { message: passed.sentence }, [cookie.clear()]);
  };

  const toIssuer: Door = async (_request, body, address) => {
    if (issuer === null) return refusal(404, 'No issuer is set up here.');
    const next = localPath(textIn(body, 'next', 2_000));
    const anew = typeof body === 'object' && body !== null && 'anew' in body && body.anew === true;
    const begun = await issuer.begin(anew);
    if ('problem' in begun) {
      await desk(address).noteIssuerProblem(begun.problem, begun.code);
      return answer(503, { problem: begun.problem });
    }
    const token = await desk(address).keep('issuer', { ...begun.kept, next });
    return answer(200, { location: begun.location }, [cookie.write(token)]);
  };

  async function fromIssuer(request: Request, address: string): Promise<Response> {
    let next = '/';
    const back = (problem: string) =>
      redirection(`/sign-in?problem=${problem}&next=${encodeURIComponent(next)}`, [cookie.clear()]);
    if (issuer === null) return back('failed');
    try {
      const step = await desk(address).take('issuer', cookie.read(request.headers) ?? '');
      next = localPath(textIn(step, 'next', 2_000));
      const word = await issuer.finish(new URL(request.url).search, step);
      if ('problem' in word) {
        await desk(address).noteIssuerProblem(word.problem, word.code);
        return back(word.problem);
      }
      const entered = await desk(address).enterByIssuer(word);
      if ('problem' in entered) return back(entered.problem);
      // Without a role every page says no; this one says whom to ask.
      if (entered.roles.length === 0) next = '/account';
      const { personId, epoch } = entered;
      const token = word.secondFactor ? null : await desk(address).ask(personId, 'issuer', epoch);
      if (token !== null)
        return redirection(`/sign-in?step=code&next=${encodeURIComponent(next)}`, [cookie.write(token)]);
      const secondFactor = word.secondFactor ? 'issuer' : null;
      const proven: Proven = { personId, method: 'issuer', secondFactor, provenAt: word.provenAt, epoch };
      const cookies = await enter(proven, request, address);
      return cookies === null ? back('over') : redirection(next, cookies);
    } catch (error) {
      report(
        'error',
        `a sign-in through the issuer failed: ${error instanceof Error ? error.message : error}`,
      );
      return back('failed');
    }
  }

  const doors: Readonly<Record<string, Door>> = {
    '/api/auth/sign-in/email': byPassword,
    '/api/auth/sign-in/code': byCode,
    '/api/auth/issuer': toIssuer,
    '/api/auth/passkey/options': askForPasskey,
    '/api/auth/passkey': byPasskey,
  };

  return {
    async handle(request, address) {
      const { pathname } = new URL(request.url);
      const isCallback = request.method === 'GET' && pathname === ISSUER_CALLBACK;
      if (request.method === 'POST' && pathname === '/api/auth/sign-out')
        return sessions.end(request, address);
      const door = request.method === 'POST' && Object.hasOwn(doors, pathname) ? doors[pathname] : undefined;
      if (door === undefined && !isCallback) return refusal(404, 'There is no such door.');
      const body = isCallback ? '' : await request.text();
      if (body.length > LONGEST_BODY) return refusal(413, 'This is too long to be a sign-in.');
      if (!(await rates.take(`door:${pathname}:${address}`, TRIES_A_MINUTE)))
        return isCallback
          ? redirection('/sign-in?problem=too-many')
          : refusal(429, 'Too many tries of late. Wait a minute, then try again.');
      return door === undefined ? fromIssuer(request, address) : door(request, jsonIn(body), address);
    },
    bearerOf: sessions.bearerOf,
  };
}
