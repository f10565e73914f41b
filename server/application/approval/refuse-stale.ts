import { FRESH_MINUTES, mayDo, type Right } from '../../domain/access/index.ts';
import { RepriseError } from '../../domain/shared/errors.ts';
import type { PeopleStore } from '../ports/people.ts';
import type { Transaction } from '../ports/unit-of-work.ts';

type Deps = { readonly people: PeopleStore };

/** What somebody answers for is done by somebody who is there: signed in of late, and never with a token. */
export async function refuseStale(deps: Deps, tx: Transaction, sessionId: string | null): Promise<void> {
  refuseToken(sessionId);
  if (await deps.people.isFresh(tx, sessionId, FRESH_MINUTES)) return;
  const again = (await deps.people.isUnsaid(tx, sessionId))
    ? 'Your company’s sign-in does not say when it asked you, so that only your own authenticator app can: where you have set one up, sign in again. Whoever looks after that sign-in can have it send auth_time.'
    : 'Sign in again, then do this.';
  throw new RepriseError(
    'sign-in-not-fresh',
    `This asks for a sign-in of the last ${FRESH_MINUTES} minutes, with your second factor where you have one. ${again}`,
  );
}

/** A token that was stolen must not make itself a longer life, and nobody sits before it. */
export function refuseToken(sessionId: string | null): asserts sessionId is string {
  if (sessionId === null)
    throw new RepriseError('forbidden', 'This is done by somebody who has signed in, and not with a token.');
}

/**
 * What a request may do was read when it came in, and it may have waited since, for a lock or a broker. So the
 * transaction of an act looks again, and holds what it has seen until it ends. Who is no person, as the command line
 * of whoever owns the database is not, holds no right that could be lost.
 */
export async function refuseLost(deps: Deps, tx: Transaction, actor: string, right: Right): Promise<void> {
  const standing = await deps.people.standing(tx, actor);
  if (standing === null || (!standing.disabled && mayDo(standing.roles, right))) return;
  throw new RepriseError('forbidden', `This needs the right "${right}", which you don't hold any more.`);
}

/** Who does something to people, and from which session; a person has one, a process has none. */
export type Governor = { readonly actor: string; readonly sessionId?: string | null };

/** The same for what gives others their rights. Called under the lock over all people, behind which it may have waited. */
export async function refuseUngoverning(
  deps: Deps,
  tx: Transaction,
  { actor, sessionId = null }: Governor,
): Promise<void> {
  if ((await deps.people.standing(tx, actor)) === null) return;
  await refuseLost(deps, tx, actor, 'people');
  await refuseStale(deps, tx, sessionId);
}
