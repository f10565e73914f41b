import { closesTheDoor, FRESH_MINUTES, type Role } from '../../domain/access/index.ts';
import { RepriseError } from '../../domain/shared/errors.ts';
import { type Governor, refuseStale, refuseUngoverning } from '../approval/refuse-stale.ts';
import type { Person, SessionRow } from '../ports/people.ts';
import type { Transaction } from '../ports/unit-of-work.ts';
import type { PeopleDeps } from './deps.ts';

export function isFresh(deps: PeopleDeps, sessionId: string): Promise<boolean> {
  return deps.unitOfWork.run((tx) => deps.people.isFresh(tx, sessionId, FRESH_MINUTES));
}

/** Throws where the session is none of late, with what to do about it. */
export function demandFresh(deps: PeopleDeps, sessionId: string | null): Promise<void> {
  return deps.unitOfWork.run((tx) => refuseStale(deps, tx, sessionId));
}

export function listPeople(deps: PeopleDeps): Promise<readonly Person[]> {
  return deps.unitOfWork.run((tx) => deps.people.list(tx));
}

/** Gives a person exactly these roles. Counts at once: rights are read anew for every request. */
export async function changeRoles(
  deps: PeopleDeps,
  request: Governor & { readonly personId: string; readonly roles: readonly Role[] },
): Promise<void> {
  if (request.personId === request.actor)
    throw new RepriseError('forbidden', 'Nobody gives roles to themselves: another administrator does.');
  return govern(deps, request, async (tx, person, everybody) => {
    if (person.issuer !== null && person.issuer === deps.issuer)
      throw new RepriseError(
        'person-conflict',
        `The roles of ${person.name} come from ${person.issuer}, anew with each sign-in: they are changed there.`,
      );
    if (closesTheDoor(everybody, { ...person, roles: request.roles }, deps.issuer))
      throw lastAdministrator(person);
    await deps.people.change(tx, person.id, { roles: request.roles });
    await deps.audit.append(tx, {
      actor: request.actor,
      action: 'person.roles-changed',
      subject: `person:${person.id}`,
      outcome: 'done',
      detail: { before: person.roles, after: request.roles },
    });
  });
}

/** Lets a person sign in or not. Whoever is disabled loses sessions, tokens and open invitations at once. */
export function setDisabled(
  deps: PeopleDeps,
  request: Governor & { readonly personId: string; readonly disabled: boolean },
): Promise<void> {
  return govern(deps, request, async (tx, person, everybody) => {
    if (closesTheDoor(everybody, { ...person, disabled: request.disabled }, deps.issuer))
      throw lastAdministrator(person);
    await disable(deps, tx, person, request.disabled, request.actor);
  });
}

/** The same to whoever it is, the last administrator too: for those who should never have been let in. */
export function shutOut(deps: PeopleDeps, personId: string, actor: string): Promise<void> {
  return govern(deps, { personId, actor }, (tx, person) => disable(deps, tx, person, true, actor));
}

async function disable(
  deps: PeopleDeps,
  tx: Transaction,
  person: Person,
  disabled: boolean,
  actor: string,
): Promise<void> {
  if (person.disabled === disabled) return;
  await deps.people.change(tx, person.id, { disabled });
  const sessions = disabled ? await deps.people.endSessions(tx, person.id, null) : 0;
  const tokens = disabled ? await deps.people.revokeTokens(tx, person.id) : 0;
  if (disabled) await deps.people.withdrawInvitations(tx, person.id);
  await deps.audit.append(tx, {
    actor,
    action: disabled ? 'person.disabled' : 'person.enabled',
    subject: `person:${person.id}`,
    outcome: 'done',
    detail: { sessionsEnded: sessions, tokensRevoked: tokens },
  });
}

export function listSessions(deps: PeopleDeps, personId: string): Promise<readonly SessionRow[]> {
  return deps.unitOfWork.run((tx) => deps.people.sessions(tx, personId));
}

/** Ends one session of a person: their own, or anybody's for whoever governs people. */
export function endSession(
  deps: PeopleDeps,
  request: { readonly personId: string; readonly sessionId: string; readonly actor: string },
): Promise<void> {
  return deps.unitOfWork.run(async (tx) => {
    if (!(await deps.people.endSession(tx, request.personId, request.sessionId)))
      throw new RepriseError('session-not-found', 'This session has ended already.');
    await deps.audit.append(tx, {
      actor: request.actor,
      action: 'session.revoked',
      subject: `person:${request.personId}`,
      outcome: 'done',
      detail: { session: request.sessionId },
    });
  });
}

/** Ends every session of a person but the one that is named. Answers how many. */
export function endOtherSessions(
  deps: PeopleDeps,
  request: { readonly personId: string; readonly except: string | null; readonly actor: string },
): Promise<number> {
  return deps.unitOfWork.run(async (tx) => {
    const ended = await deps.people.endSessions(tx, request.personId, request.except);
    await deps.audit.append(tx, {
      actor: request.actor,
      action: 'session.revoked',
      subject: `person:${request.personId}`,
      outcome: 'done',
      detail: { sessions: ended, kept: request.except },
    });
    return ended;
  });
}

async function govern(
  deps: PeopleDeps,
  { personId, ...by }: Governor & { readonly personId: string },
  work: (tx: Transaction, person: Person, everybody: readonly Person[]) => Promise<void>,
): Promise<void> {
  await deps.unitOfWork.run(async (tx) => {
    await deps.people.lockAll(tx);
    await refuseUngoverning(deps, tx, by);
    const everybody = await deps.people.list(tx);
    const person = everybody.find(({ id }) => id === personId);
    if (person === undefined)
      throw new RepriseError('person-not-found', `There is nobody with the id ${personId}.`);
    await work(tx, person, everybody);
  });
}

function lastAdministrator(person: Person): RepriseError {
  return new RepriseError(
    'person-conflict',
    `${person.name} is the last who can give out roles. Make somebody else an administrator first.`,
  );
}
