import { passwordProblem, type Right } from '../../domain/access/index.ts';
import { RepriseError } from '../../domain/shared/errors.ts';
import type { Bearer, TokenRow } from '../ports/people.ts';
import type { Transaction } from '../ports/unit-of-work.ts';
import type { PeopleDeps } from './deps.ts';

/** Who may sign in again is asked for the old password, so that an unlocked screen is not enough. */
export async function changePassword(
  deps: PeopleDeps,
  request: {
    readonly personId: string;
    readonly sessionId: string | null;
    readonly old: string;
    readonly next: string;
  },
): Promise<void> {
  const { person, hash } = await deps.unitOfWork.run(async (tx) => ({
    person: await deps.people.find(tx, request.personId),
    hash: await deps.people.passwordHash(tx, request.personId),
  }));
  if (person === null || hash === null)
    throw new RepriseError('person-not-found', 'You sign in without a password, so there is none to change.');
  if (!(await deps.passwords.verify(hash, request.old)))
    throw new RepriseError('input-invalid', 'The present password is another one.', { where: 'old' });
  const problem = passwordProblem(request.next, person);
  if (problem !== null) throw new RepriseError('input-invalid', problem, { where: 'next' });
  const nextHash = await deps.passwords.hash(request.next);
  await deps.unitOfWork.run(async (tx) => {
    await deps.people.lockAll(tx);
    // While it was hashed an issuer may have taken the password's place, or somebody else may have set another.
    if ((await deps.people.passwordHash(tx, person.id)) !== hash)
      throw new RepriseError('person-conflict', 'Your password has changed meanwhile. Start again.');
    await refuseEnded(deps, tx, person.id, request.sessionId);
    await deps.people.setPassword(tx, person.id, nextHash);
    const ended = await deps.people.endSessions(tx, person.id, request.sessionId);
    const tokens = await deps.people.revokeTokens(tx, person.id);
    await deps.people.withdrawInvitations(tx, person.id);
    await deps.audit.append(tx, {
      actor: person.id,
      action: 'person.password-changed',
      subject: `person:${person.id}`,
      outcome: 'done',
      detail: { sessionsEnded: ended, tokensRevoked: tokens },
    });
  });
}

/** What somebody does about their own account from a session that has ended since, they do not do any more. */
export async function refuseEnded(
  deps: PeopleDeps,
  tx: Transaction,
  personId: string,
  sessionId: string | null,
): Promise<void> {
  const open = await deps.people.sessions(tx, personId);
  if (!open.some(({ id }) => id === sessionId))
    throw new RepriseError('session-not-found', 'Your session has ended. Sign in again, then do this.');
}

/** A key that acts for its person. The secret is answered once, and only its digest is kept. */
export function makeToken(
  deps: PeopleDeps,
  request: {
    readonly personId: string;
    /** Of whoever makes it for themselves; without one a process makes it for somebody, as the demo does. */
    readonly sessionId?: string | null;
    readonly name: string;
    readonly scopes: readonly Right[];
    readonly days: number;
  },
): Promise<{ readonly tokenId: string; readonly token: string }> {
  const { sessionId, ...made } = request;
  return deps.unitOfWork.run(async (tx) => {
    await deps.people.lockAll(tx);
    if (sessionId !== undefined) await refuseEnded(deps, tx, request.personId, sessionId);
    const tokenId = deps.newId();
    const token = `rpr_${deps.newSecret()}`;
    await deps.people.insertToken(tx, { ...made, id: tokenId, tokenHash: deps.sha256(token) });
    await deps.audit.append(tx, {
      actor: request.personId,
      action: 'token.made',
      subject: `person:${request.personId}`,
      outcome: 'done',
      detail: { token: tokenId, scopes: request.scopes, days: request.days },
    });
    return { tokenId, token };
  });
}

export function listTokens(deps: PeopleDeps, personId: string): Promise<readonly TokenRow[]> {
  return deps.unitOfWork.run((tx) => deps.people.tokens(tx, personId, deps.issuer));
}

export function revokeToken(
  deps: PeopleDeps,
  request: { readonly personId: string; readonly tokenId: string },
): Promise<void> {
  return deps.unitOfWork.run(async (tx) => {
    if (!(await deps.people.revokeToken(tx, request.personId, request.tokenId)))
      throw new RepriseError('token-not-found', 'This token is revoked already, or is none of yours.');
    await deps.audit.append(tx, {
      actor: request.personId,
      action: 'token.revoked',
      subject: `person:${request.personId}`,
      outcome: 'done',
      detail: { token: request.tokenId },
    });
  });
}

/**
 * Whom a token acts for; null where it is unknown, over or revoked, its person may not sign in, or their issuer has not
 * vouched for them of late.
 */
export function bearerOfToken(deps: PeopleDeps, token: string): Promise<Bearer | null> {
  return deps.unitOfWork.run((tx) => deps.people.bearerOfToken(tx, deps.sha256(token), deps.issuer));
}
