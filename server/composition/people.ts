import { sha256 } from '../adapters/digests.ts';
import { factorStore, signInStepStore } from '../adapters/people/factor-store.ts';
import { passkeyCeremonies } from '../adapters/people/passkey-ceremonies.ts';
import { passkeyStore } from '../adapters/people/passkey-store.ts';
import { newSecret, passwords } from '../adapters/people/passwords.ts';
import { peopleStore } from '../adapters/people/people-store.ts';
import { createRequestRates } from '../adapters/people/request-rates.ts';
import { createSeal } from '../adapters/people/seal.ts';
import { timedCodes } from '../adapters/people/timed-codes.ts';
import type { PeopleDeps } from '../application/people/deps.ts';
import { createPeopleDesk, type PeopleDesk } from '../application/people/people-desk.ts';
import type { Settings } from '../env.ts';
import { type Composed, compose, type Named } from './compose.ts';

export function composePeople(
  settings: Settings,
  { name }: Named,
): { readonly people: PeopleDesk; close(): Promise<void> } {
  const composed = compose(settings, name, 2);
  return { people: createPeopleDesk(peopleDeps(settings, composed)), close: composed.close };
}

export function peopleDeps({ secret, issuer }: Settings, { pool, replayDeps }: Composed): PeopleDeps {
  const { unitOfWork, audit, newId } = replayDeps;
  return {
    unitOfWork,
    people: peopleStore,
    passwords,
    audit,
    newId,
    newSecret,
    sha256,
    factors: factorStore,
    steps: signInStepStore,
    codes: timedCodes,
    seal: createSeal(secret),
    passkeys: passkeyStore,
    ceremonies: passkeyCeremonies,
    rates: createRequestRates(pool),
    issuer: issuer?.issuer ?? null,
  };
}
