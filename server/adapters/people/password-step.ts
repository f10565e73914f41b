import { createHash } from 'node:crypto';
import { hashPassword, verifyPassword } from 'better-auth/crypto';
import type pg from 'pg';
import type { RequestRates } from '../../application/ports/people.ts';
import { readAddress } from '../../domain/access/index.ts';
import type { Issuer } from './issuer.ts';

const WRONG = 'This address and password do not go together.';
/** Tries of a quarter of an hour: for one person from one address, and for one person from wherever they come. */
const WINDOW_MINUTES = 15;
const FROM_ONE_ADDRESS = 10;
const FROM_EVERYWHERE = 100;
/** Checking a password is slow on purpose; more than so many at once would keep everybody else waiting. */
const CHECKS_AT_ONCE = 4;
let checks = 0;

export type Try = { readonly email: string; readonly password: string };
export type PasswordAnswer =
  | { readonly kind: 'right'; readonly personId: string; readonly epoch: number }
  | { readonly kind: 'refused'; readonly status: 401 | 429 | 503; readonly sentence: string };

/**
 * One try. Whether there is such a person shows neither in the answer nor in how long it takes nor in when tries are
 * refused; each wrong one is audited.
 */
export async function tryPassword(
  {
    pool,
    rates,
    issuer,
  }: { readonly pool: pg.Pool; readonly rates: RequestRates; readonly issuer: Issuer | null },
  given: Try,
  address: string,
): Promise<PasswordAnswer> {
  // Before anything is counted: who is asked to wait has not tried.
  if (checks >= CHECKS_AT_ONCE) return refused(503, 'Many are signing in just now. Try again in a moment.');
  checks += 1;
  try {
    const { here, everywhere } = keysOf(given.email, address);
    // Counted before the password is looked at: a hundred tries at once are a hundred tries.
    // What one address tries beyond its own is not counted against the person: else it alone could lock them out.
    const few = await rates.take(here, FROM_ONE_ADDRESS, WINDOW_MINUTES);
    const notMany = few && (await rates.take(everywhere, FROM_EVERYWHERE, WINDOW_MINUTES));
    const person = await personOf(pool, given.email, issuer?.url ?? null);
    if (!notMany) {
      await noteRefused(pool, person, address, 'too many wrong passwords');
      return refused(429, 'Too many wrong passwords. Try again in a quarter of an hour.');
    }
    if (await isRight(person, given.password))
      return { kind: 'right', personId: person?.id ?? '', epoch: person?.session_epoch ?? -1 };
    await noteRefused(pool, person, address, whyNot(person));
    return refused(401, WRONG);
  } finally {
    checks -= 1;
  }
}

function keysOf(email: string, address: string) {
  const everywhere = `sign-in:${createHash('sha256').update(email).digest('hex')}`;
  return { here: `${everywhere}:${address}`, everywhere };
}

/** Once somebody is in, with all that was asked for: their own tries from this address are none against them. */
export async function forgetPasswords(
  { pool, rates }: { readonly pool: pg.Pool; readonly rates: RequestRates },
  personId: string,
  address: string,
): Promise<void> {
  const { rows } = await pool.query<{ email: string }>('SELECT email FROM person WHERE id = $1', [personId]);
  const [person] = rows;
  if (person !== undefined) await rates.forget(keysOf(person.email, address).here, WINDOW_MINUTES);
}

type Known = {
  readonly id: string;
  readonly disabled: boolean;
  /** The issuer that is asked alone lets them in, whatever password they got while it was not. */
  readonly by_issuer: boolean;
  readonly password: string | null;
  readonly session_epoch: number;
};

async function personOf(pool: pg.Pool, email: string, issuer: string | null): Promise<Known | undefined> {
  const { rows } = await pool.query<Known>(
    `SELECT p.id, p.disabled_at IS NOT NULL AS disabled, p.session_epoch, a.password, EXISTS (SELECT FROM sign_in_account i
       WHERE i.person_id = p.id AND i.provider_id = 'oidc:' || $2::text) AS by_issuer FROM person p
     LEFT JOIN sign_in_account a ON a.person_id = p.id AND a.provider_id = 'credential' WHERE p.email = $1`,
    [email, issuer],
  );
  return rows[0];
}

/** For somebody who may not sign in it takes as long as for everybody else. */
async function isRight(person: Known | undefined, password: string): Promise<boolean> {
  if (person !== undefined && !person.disabled && !person.by_issuer && person.password !== null)
    return verifyPassword({ hash: person.password, password });
  await hashPassword(password);
  return false;
}

async function noteRefused(
  pool: pg.Pool,
  person: Known | undefined,
  address: string,
  why: string,
): Promise<void> {
  await pool.query(
    `INSERT INTO audit_entry (actor, action, subject, outcome, detail, origin)
     VALUES ('nobody', 'session.started', $1, 'refused', $2, $3)`,
    [person === undefined ? 'people' : `person:${person.id}`, JSON.stringify({ why }), address],
  );
}

function whyNot(person: Known | undefined): string {
  if (person?.disabled === true) return 'disabled';
  return person?.by_issuer === true ? 'signs in through the issuer' : 'wrong address or password';
}

function refused(status: 401 | 429 | 503, sentence: string): PasswordAnswer {
  return { kind: 'refused', status, sentence };
}

/** Nothing of a request but these two is looked at. */
export function tryIn(body: unknown): Try | null {
  if (typeof body !== 'object' || body === null || !('email' in body) || !('password' in body)) return null;
  const { email, password } = body;
  if (typeof email !== 'string' || typeof password !== 'string' || password === '' || password.length > 512)
    return null;
  const address = readAddress(email);
  return address === null ? null : { email: address, password };
}
