import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import { sha256 } from '../../server/adapters/digests.ts';
import { factorStore, signInStepStore } from '../../server/adapters/people/factor-store.ts';
import { passkeyCeremonies } from '../../server/adapters/people/passkey-ceremonies.ts';
import { passkeyStore } from '../../server/adapters/people/passkey-store.ts';
import { newSecret, passwords } from '../../server/adapters/people/passwords.ts';
import { peopleStore } from '../../server/adapters/people/people-store.ts';
import { createRequestRates } from '../../server/adapters/people/request-rates.ts';
import { createSeal } from '../../server/adapters/people/seal.ts';
import { timedCodes } from '../../server/adapters/people/timed-codes.ts';
import { auditFrom } from '../../server/adapters/postgres/audit.ts';
import { createUnitOfWork } from '../../server/adapters/postgres/unit-of-work.ts';
import { createPeopleDesk, type PeopleDesk } from '../../server/application/people/people-desk.ts';

/** The desk over a database of a test, with every adapter as in production. */
export function peopleDeskOver(
  pool: pg.Pool,
  options: { readonly secret: string; readonly address: string; readonly issuer?: string },
): PeopleDesk {
  return createPeopleDesk({
    unitOfWork: createUnitOfWork(pool),
    people: peopleStore,
    passwords,
    audit: auditFrom(options.address),
    newId: randomUUID,
    newSecret,
    sha256,
    factors: factorStore,
    steps: signInStepStore,
    codes: timedCodes,
    seal: createSeal(options.secret),
    passkeys: passkeyStore,
    ceremonies: passkeyCeremonies,
    rates: createRequestRates(pool),
    issuer: options.issuer ?? null,
  });
}
