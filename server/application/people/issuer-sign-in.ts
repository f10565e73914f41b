import { closesTheDoor, type Role, readAddress, roles } from '../../domain/access/index.ts';
import type { IssuerProblem, IssuerWord } from '../ports/door.ts';
import type { Person } from '../ports/people.ts';
import type { Transaction } from '../ports/unit-of-work.ts';
import type { PeopleDeps } from './deps.ts';

export type EnteredByIssuer =
  | { readonly personId: string; readonly roles: readonly Role[]; readonly epoch: number }
  | { readonly problem: IssuerProblem };

/**
 * Who somebody is, by the word of an issuer: its own name for them (the subject), and never their address. A subject
 * that is new becomes a new person, or is linked once to somebody who is here already: where the issuer has verified
 * the address, the person has that address, may sign in, and is nobody's at an issuer yet. From then on they have no
 * password. Roles are those that the issuer gives now.
 */
export function enterByIssuer(deps: PeopleDeps, word: IssuerWord): Promise<EnteredByIssuer> {
  return deps.unitOfWork.run(async (tx) => {
    await deps.people.lockAll(tx);
    const known = await deps.people.findBySubject(tx, word.issuer, word.subject);
    const found = known ?? (await firstTime(deps, tx, word));
    if ('problem' in found) return found;
    if (found.disabled) return refuse(deps, tx, word, 'shut-out', found.id);
    await deps.people.vouch(tx, found.id, word.issuer);
    const roles = await takeRoles(deps, tx, found, word);
    return { personId: found.id, roles, epoch: await deps.people.sessionEpoch(tx, found.id) };
  });
}

async function firstTime(
  deps: PeopleDeps,
  tx: Transaction,
  word: IssuerWord,
): Promise<Person | { readonly problem: IssuerProblem }> {
  const email = readAddress(word.email ?? '');
  if (!word.emailVerified || email === null) return refuse(deps, tx, word, 'no-verified-email', null);
  const here = await deps.people.findByEmail(tx, email);
  if (here === null) return make(deps, tx, word, email);
  if (here.disabled) return refuse(deps, tx, word, 'shut-out', here.id);
  if (here.issuer !== null) return refuse(deps, tx, word, 'address-taken', here.id);
  return link(deps, tx, word, here);
}

async function make(deps: PeopleDeps, tx: Transaction, word: IssuerWord, email: string): Promise<Person> {
  const id = deps.newId();
  const [local = email] = email.split('@');
  const name = (word.name ?? '')
    .replaceAll(/\p{Cc}/gu, ' ')
    .trim()
    .slice(0, 100);
  // Without a role: those that the issuer gives are taken in one place, for whoever it is.
  await deps.people.insert(tx, { id, name: name === '' ? local : name, email, roles: [] });
  await deps.people.linkSubject(tx, id, word.issuer, word.subject);
  await deps.audit.append(tx, {
    actor: 'issuer',
    action: 'person.made-by-issuer',
    subject: `person:${id}`,
    outcome: 'done',
    detail: { issuer: word.issuer, issuerSubject: word.subject },
  });
  return again(deps, tx, id);
}

/** What somebody had here before is not what lets them in any more: the password, passkeys, and what was opened with them. */
async function link(deps: PeopleDeps, tx: Transaction, word: IssuerWord, here: Person): Promise<Person> {
  // Their roles may change in this transaction, and what waits on those is held before any person is.
  await deps.people.holdWhatWaits(tx);
  await deps.people.linkSubject(tx, here.id, word.issuer, word.subject);
  await deps.people.removePassword(tx, here.id);
  const sessions = await deps.people.endSessions(tx, here.id, null);
  const tokens = await deps.people.revokeTokens(tx, here.id);
  const passkeys = await deps.passkeys.removeAll(tx, here.id);
  await deps.people.withdrawInvitations(tx, here.id);
  await deps.audit.append(tx, {
    actor: 'issuer',
    action: 'person.linked-to-issuer',
    subject: `person:${here.id}`,
    outcome: 'done',
    detail: {
      issuer: word.issuer,
      issuerSubject: word.subject,
      passwordRemoved: here.hasPassword,
      sessionsEnded: sessions,
      tokensRevoked: tokens,
      passkeysRemoved: passkeys,
    },
  });
  return again(deps, tx, here.id);
}

async function again(deps: PeopleDeps, tx: Transaction, id: string): Promise<Person> {
  const person = await deps.people.find(tx, id);
  if (person === null) throw new Error('a person who was just made is not there');
  return person;
}

/** What the issuer does not give any more is gone, for open sessions too; but somebody has to be left who gives roles. */
async function takeRoles(
  deps: PeopleDeps,
  tx: Transaction,
  person: Person,
  word: IssuerWord,
): Promise<readonly Role[]> {
  const everybody = await deps.people.list(tx);
  const isLast = closesTheDoor(everybody, { ...person, roles: word.roles }, deps.issuer);
  const after: readonly Role[] = roles.filter(
    (role) => word.roles.includes(role) || (isLast && role === 'admin'),
  );
  if (after.join() === person.roles.join()) return after;
  await deps.people.change(tx, person.id, { roles: after });
  await deps.audit.append(tx, {
    actor: 'issuer',
    action: 'person.roles-changed',
    subject: `person:${person.id}`,
    outcome: 'done',
    detail: { before: person.roles, after, issuer: word.issuer, keptAsLastAdministrator: isLast },
  });
  return after;
}

async function refuse(
  deps: PeopleDeps,
  tx: Transaction,
  word: IssuerWord,
  problem: IssuerProblem,
  personId: string | null,
): Promise<{ readonly problem: IssuerProblem }> {
  await deps.audit.append(tx, {
    actor: 'nobody',
    action: 'session.started',
    subject: personId === null ? 'people' : `person:${personId}`,
    outcome: 'refused',
    detail: { why: problem, issuer: word.issuer, issuerSubject: word.subject },
  });
  return { problem };
}

/** What went wrong before it was known who it is. `detail` is a code, and none of the issuer's words. */
export function noteIssuerProblem(deps: PeopleDeps, problem: IssuerProblem, detail: string): Promise<void> {
  return deps.unitOfWork.run((tx) =>
    deps.audit.append(tx, {
      actor: 'nobody',
      action: 'session.started',
      subject: 'people',
      outcome: 'refused',
      detail: { why: problem, issuer: deps.issuer, code: detail },
    }),
  );
}
