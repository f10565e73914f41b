import { canComeIn, passwordProblem, type Role } from '../../domain/access/index.ts';
import { RepriseError } from '../../domain/shared/errors.ts';
import { type Governor, refuseUngoverning } from '../approval/refuse-stale.ts';
import type { Person } from '../ports/people.ts';
import type { Transaction } from '../ports/unit-of-work.ts';
import type { PeopleDeps } from './deps.ts';

const INVITATION_HOURS = 72;
const FIRST_HOURS = 1;

/** The secret part of a link. It is shown once, and only its digest is kept. */
export type InvitationLink = {
  readonly token: string;
  readonly personId: string | null;
  readonly hours: number;
};

/** Makes a person and the link with which they set their password. */
export function invitePerson(
  deps: PeopleDeps,
  request: Governor & {
    readonly name: string;
    readonly email: string;
    readonly roles: readonly Role[];
  },
): Promise<InvitationLink> {
  const email = request.email.trim().toLowerCase();
  return deps.unitOfWork.run(async (tx) => {
    await deps.people.lockAll(tx);
    await refuseUngoverning(deps, tx, request);
    if ((await deps.people.findByEmail(tx, email)) !== null) {
      throw new RepriseError('person-conflict', `There is somebody with the address ${email} already.`);
    }
    const id = deps.newId();
    await deps.people.insert(tx, { id, name: request.name.trim(), email, roles: request.roles });
    await deps.audit.append(tx, {
      actor: request.actor,
      action: 'person.invited',
      subject: `person:${id}`,
      outcome: 'done',
      detail: { roles: request.roles },
    });
    return link(deps, tx, id, request.actor, INVITATION_HOURS);
  });
}

/** A new link for somebody who lost theirs, or their password. The old ones open nothing any more. */
export function inviteAgain(
  deps: PeopleDeps,
  personId: string,
  actor: string,
  sessionId: string | null = null,
): Promise<InvitationLink> {
  return deps.unitOfWork.run(async (tx) => {
    await deps.people.lockAll(tx);
    await refuseUngoverning(deps, tx, { actor, sessionId });
    const person = await deps.people.find(tx, personId);
    if (person === null)
      throw new RepriseError('person-not-found', `There is nobody with the id ${personId}.`);
    if (person.disabled)
      throw new RepriseError('person-conflict', `${person.name} may not sign in: enable them first.`);
    if (person.issuer !== null && person.issuer === deps.issuer)
      throw new RepriseError(
        'person-conflict',
        `${person.name} signs in through ${person.issuer} and has no password here.`,
      );
    await deps.people.withdrawInvitations(tx, personId);
    await deps.audit.append(tx, {
      actor,
      action: 'person.invited-again',
      subject: `person:${personId}`,
      outcome: 'done',
      detail: {},
    });
    return link(deps, tx, personId, actor, INVITATION_HOURS);
  });
}

/** The link that makes the first administrator; null where somebody administers already. Earlier ones are void. */
export function inviteFirstAdministrator(deps: PeopleDeps, actor: string): Promise<InvitationLink | null> {
  return deps.unitOfWork.run(async (tx) => {
    await deps.people.lockAll(tx);
    if (await isAdministered(deps, tx)) return null;
    await deps.people.withdrawInvitations(tx, null);
    await deps.audit.append(tx, {
      actor,
      action: 'person.first-administrator-invited',
      subject: 'people',
      outcome: 'done',
      detail: {},
    });
    return link(deps, tx, null, actor, FIRST_HOURS);
  });
}

async function isAdministered(deps: PeopleDeps, tx: Transaction): Promise<boolean> {
  const people = await deps.people.list(tx);
  return people.some((person) => canComeIn(person, deps.issuer) && person.roles.includes('admin'));
}

async function link(
  deps: PeopleDeps,
  tx: Transaction,
  personId: string | null,
  createdBy: string,
  hours: number,
): Promise<InvitationLink> {
  const token = deps.newSecret();
  const tokenHash = deps.sha256(token);
  await deps.people.insertInvitation(tx, { id: deps.newId(), tokenHash, personId, createdBy, hours });
  return { token, personId, hours };
}

/** What the page behind a link has to ask for. */
export type InvitationView =
  | { readonly kind: 'first-administrator' }
  | {
      readonly kind: 'person';
      readonly name: string;
      readonly email: string;
      /** They stay beside a new password: whoever has one comes in without it. */
      readonly passkeys: readonly { readonly name: string; readonly createdAt: string }[];
    };

export function readInvitation(deps: PeopleDeps, token: string): Promise<InvitationView> {
  return deps.unitOfWork.run(async (tx) => {
    const invited = await deps.people.openInvitation(tx, deps.sha256(token));
    if (invited === null) throw notOpen();
    if (invited.personId === null) return { kind: 'first-administrator' };
    const person = await deps.people.find(tx, invited.personId);
    if (person === null || person.disabled) throw notOpen();
    const passkeys = await deps.passkeys.of(tx, person.id);
    return {
      kind: 'person',
      name: person.name,
      email: person.email,
      passkeys: passkeys.map(({ name, createdAt }) => ({ name, createdAt })),
    };
  });
}

/** Sets the password of whoever holds the link, and ends what was signed in as them before. */
export async function acceptInvitation(
  deps: PeopleDeps,
  request: {
    readonly token: string;
    readonly password: string;
    /** Of the first administrator; others have theirs from who invited them. */
    readonly name?: string | undefined;
    readonly email?: string | undefined;
  },
): Promise<{ readonly email: string }> {
  // Hashing is slow on purpose: not inside the transaction, and for nobody who holds no link.
  await readInvitation(deps, request.token);
  const hash = await deps.passwords.hash(request.password);
  return deps.unitOfWork.run(async (tx) => {
    await deps.people.lockAll(tx);
    const invited = await deps.people.useInvitation(tx, deps.sha256(request.token));
    if (invited === null) throw notOpen();
    const person = await whoAccepts(deps, tx, invited.personId, request);
    const problem = passwordProblem(request.password, person);
    if (problem !== null) throw new RepriseError('input-invalid', problem, { where: 'password' });
    await deps.people.setPassword(tx, person.id, hash);
    const sessions = await deps.people.endSessions(tx, person.id, null);
    const tokens = await deps.people.revokeTokens(tx, person.id);
    await deps.people.withdrawInvitations(tx, person.id);
    await deps.audit.append(tx, {
      actor: person.id,
      action: 'person.password-set',
      subject: `person:${person.id}`,
      outcome: 'done',
      detail: {
        invitation: invited.invitationId,
        invitedBy: invited.createdBy,
        sessionsEnded: sessions,
        tokensRevoked: tokens,
      },
    });
    return { email: person.email };
  });
}

type WhoAccepts = Pick<Person, 'id' | 'name' | 'email'>;

async function whoAccepts(
  deps: PeopleDeps,
  tx: Transaction,
  personId: string | null,
  given: { readonly name?: string | undefined; readonly email?: string | undefined },
): Promise<WhoAccepts> {
  if (personId !== null) {
    const person = await deps.people.find(tx, personId);
    if (person === null || person.disabled) throw notOpen();
    return person;
  }
  if (await isAdministered(deps, tx)) throw notOpen();
  const name = given.name?.trim() ?? '';
  const email = given.email?.trim().toLowerCase() ?? '';
  if (name === '' || email === '') {
    throw new RepriseError('input-invalid', 'The first administrator gives a name and an e-mail address.');
  }
  if ((await deps.people.findByEmail(tx, email)) !== null)
    throw new RepriseError('person-conflict', `There is somebody with the address ${email} already.`);
  const id = deps.newId();
  await deps.people.insert(tx, { id, name, email, roles: ['admin'] });
  return { id, name, email };
}

function notOpen(): RepriseError {
  return new RepriseError(
    'invitation-not-open',
    'This link opens nothing: it was used, is over, or was replaced by a newer one. Ask for a new one.',
  );
}
