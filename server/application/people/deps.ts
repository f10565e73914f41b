import type { Sha256 } from '../../domain/shared/digests.ts';
import type { AuditLog } from '../ports/audit.ts';
import type { NewId } from '../ports/clock.ts';
import type { FactorStore, Seal, SignInStepStore, TimedCodes } from '../ports/door.ts';
import type { PasskeyCeremonies, PasskeyStore } from '../ports/passkeys.ts';
import type { NewSecret, Passwords, PeopleStore, RequestRates } from '../ports/people.ts';
import type { UnitOfWork } from '../ports/unit-of-work.ts';

export type PeopleDeps = {
  readonly unitOfWork: UnitOfWork;
  readonly people: PeopleStore;
  readonly passwords: Passwords;
  readonly audit: AuditLog;
  readonly newId: NewId;
  readonly newSecret: NewSecret;
  readonly sha256: Sha256;
  readonly factors: FactorStore;
  readonly steps: SignInStepStore;
  readonly codes: TimedCodes;
  readonly seal: Seal;
  readonly passkeys: PasskeyStore;
  readonly ceremonies: PasskeyCeremonies;
  readonly rates: RequestRates;
  /** The issuer whose word lets people in; null: there is none. */
  readonly issuer: string | null;
};
