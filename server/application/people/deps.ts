import type { Sha256 } from '../../domain/shared/digests.ts';
import type { AuditLog } from '../ports/audit.ts';
import type { NewId } from '../ports/clock.ts';
import type { NewSecret, Passwords, PeopleStore } from '../ports/people.ts';
import type { UnitOfWork } from '../ports/unit-of-work.ts';

export type PeopleDeps = {
  readonly unitOfWork: UnitOfWork;
  readonly people: PeopleStore;
  readonly passwords: Passwords;
  readonly audit: AuditLog;
  readonly newId: NewId;
  readonly newSecret: NewSecret;
  readonly sha256: Sha256;
};
