import { RepriseError } from '../../domain/shared/errors.ts';
import { FRESH_MINUTES } from '../people/govern.ts';
import type { PeopleStore } from '../ports/people.ts';
import type { Transaction } from '../ports/unit-of-work.ts';

/** What somebody answers for is done by somebody who is there: signed in of late, and never with a token. */
export async function refuseStale(
  deps: { readonly people: PeopleStore },
  tx: Transaction,
  sessionId: string | null,
): Promise<void> {
  if (sessionId === null)
    throw new RepriseError('forbidden', 'This is done by somebody who has signed in, and not with a token.');
  if (await deps.people.isFresh(tx, sessionId, FRESH_MINUTES)) return;
  throw new RepriseError(
    'sign-in-not-fresh',
    `This asks for a sign-in of the last ${FRESH_MINUTES} minutes, with your second factor where you have one. Sign in again, then do this.`,
  );
}
