import { STEP_SECONDS } from '../../domain/access/index.ts';
import { RepriseError } from '../../domain/shared/errors.ts';
import type { CodeRefused, Proven } from '../ports/door.ts';
import type { MakingOptions, PasskeyRow, ShowingOptions, Site } from '../ports/passkeys.ts';
import type { Transaction } from '../ports/unit-of-work.ts';
import { refuseEnded } from './account.ts';
import type { PeopleDeps } from './deps.ts';

const MOST = 20;

export function listPasskeys(deps: PeopleDeps, personId: string): Promise<readonly PasskeyRow[]> {
  return deps.unitOfWork.run((tx) => deps.passkeys.of(tx, personId));
}

type Asker = { readonly personId: string; readonly sessionId: string; readonly site: Site };

/** Asks the browser for a new passkey. What comes back is taken once, within five minutes, from the same session. */
export function beginPasskey(
  deps: PeopleDeps,
  { personId, sessionId, site }: Asker,
): Promise<{ readonly step: string; readonly options: MakingOptions }> {
  return deps.unitOfWork.run(async (tx) => {
    const { person, known } = await whoMakes(deps, tx, personId);
    const options = await deps.ceremonies.askToMake(
      site,
      person,
      known.map(({ id }) => id),
    );
    const step = deps.newSecret();
    await deps.steps.put(tx, {
      kind: 'passkey',
      tokenHash: deps.sha256(step),
      personId,
      detail: { challenge: options.challenge, sessionId },
      seconds: STEP_SECONDS,
    });
    return { step, options };
  });
}

/** Whoever may have one more. */
async function whoMakes(deps: PeopleDeps, tx: Transaction, personId: string) {
  const person = await deps.people.find(tx, personId);
  if (person === null) throw new RepriseError('person-not-found', 'There is no account of yours here.');
  if (person.issuer !== null && person.issuer === deps.issuer)
    throw new RepriseError(
      'person-conflict',
      `You sign in through ${person.issuer}, which alone lets you in: make a passkey there.`,
    );
  const known = await deps.passkeys.of(tx, personId);
  if (known.length >= MOST)
    throw new RepriseError('person-conflict', `You have ${MOST} passkeys: remove one first.`);
  return { person, known };
}

export async function addPasskey(
  deps: PeopleDeps,
  request: Asker & { readonly step: string; readonly name: string; readonly answer: unknown },
): Promise<void> {
  const { personId, site } = request;
  // In a transaction of its own: the challenge is used up, whatever comes of it.
  const begun = await deps.unitOfWork.run((tx) => deps.steps.take(tx, 'passkey', deps.sha256(request.step)));
  if (begun?.personId !== personId || begun.detail.sessionId !== request.sessionId)
    throw new RepriseError('input-invalid', 'This took longer than five minutes. Start again.');
  const made = await deps.ceremonies.readMade(site, challengeOf(begun.detail), request.answer);
  if (made === null)
    throw new RepriseError('input-invalid', 'What the browser made is no passkey for this site. Try again.');
  await deps.unitOfWork.run(async (tx) => {
    await deps.people.lockAll(tx);
    // Since it was asked for, the session may have ended, and an issuer or an administrator may have taken passkeys away.
    await refuseEnded(deps, tx, personId, request.sessionId);
    await whoMakes(deps, tx, personId);
    if (!(await deps.passkeys.insert(tx, { ...made, personId, name: request.name })))
      throw new RepriseError('person-conflict', 'This passkey is known already.');
    await deps.audit.append(tx, {
      actor: personId,
      action: 'passkey.added',
      subject: `person:${personId}`,
      outcome: 'done',
      detail: { passkey: made.id, backedUp: made.backedUp },
    });
  });
}

export function renamePasskey(
  deps: PeopleDeps,
  request: { readonly personId: string; readonly passkeyId: string; readonly name: string },
): Promise<void> {
  return change(deps, request, 'passkey.renamed', (tx) =>
    deps.passkeys.rename(tx, request.personId, request.passkeyId, request.name),
  );
}

export function removePasskey(
  deps: PeopleDeps,
  request: { readonly personId: string; readonly sessionId: string | null; readonly passkeyId: string },
): Promise<void> {
  return change(deps, request, 'passkey.removed', async (tx) => {
    await deps.people.lockAll(tx);
    await refuseEnded(deps, tx, request.personId, request.sessionId);
    return deps.passkeys.remove(tx, request.personId, request.passkeyId);
  });
}

function change(
  deps: PeopleDeps,
  { personId, passkeyId }: { readonly personId: string; readonly passkeyId: string },
  action: string,
  act: (tx: Transaction) => Promise<boolean>,
): Promise<void> {
  return deps.unitOfWork.run(async (tx) => {
    if (!(await act(tx)))
      throw new RepriseError('input-invalid', 'This passkey is removed already, or is none of yours.');
    await deps.audit.append(tx, {
      actor: personId,
      action,
      subject: `person:${personId}`,
      outcome: 'done',
      detail: { passkey: passkeyId },
    });
  });
}

/** Asks a browser, of which nothing is known yet, for a passkey. */
export async function askForPasskey(
  deps: PeopleDeps,
  site: Site,
): Promise<{ readonly token: string; readonly options: ShowingOptions }> {
  const options = await deps.ceremonies.askToShow(site);
  const token = deps.newSecret();
  await deps.unitOfWork.run((tx) =>
    deps.steps.put(tx, {
      kind: 'passkey',
      tokenHash: deps.sha256(token),
      personId: null,
      detail: { challenge: options.challenge },
      seconds: STEP_SECONDS,
    }),
  );
  return { token, options };
}

/** One answer to one question. It is both factors: the device has it, and has looked at who holds it. */
export async function enterByPasskey(
  deps: PeopleDeps,
  request: { readonly token: string; readonly answer: unknown; readonly site: Site },
): Promise<Proven | CodeRefused> {
  const asked = await deps.unitOfWork.run((tx) => deps.steps.take(tx, 'passkey', deps.sha256(request.token)));
  const id = deps.ceremonies.idIn(request.answer);
  // A challenge that was made for somebody who adds a passkey is none to sign in with.
  if (asked === null || asked.personId !== null)
    return refuse(deps, null, 'the step is over', {
      why: 'over',
      sentence: 'This took longer than five minutes, or was begun in another browser. Start again.',
    });
  const known = id === null ? null : await deps.unitOfWork.run((tx) => deps.passkeys.find(tx, id));
  if (known === null)
    return refuse(deps, null, 'passkey not known', {
      why: 'wrong',
      sentence: 'This passkey is not known here, or was removed. Sign in another way.',
    });
  const shown = await deps.ceremonies.readShown(
    request.site,
    challengeOf(asked.detail),
    request.answer,
    known,
  );
  if (shown === null)
    return refuse(deps, known.personId, 'passkey does not hold', {
      why: 'wrong',
      sentence: 'This passkey did not stand up to being checked. Try again, or sign in another way.',
    });
  return deps.unitOfWork.run(async (tx): Promise<Proven | CodeRefused> => {
    // Before the passkey is looked for: one that is taken away meanwhile is either not found, or its epoch is over.
    const epoch = await deps.people.sessionEpoch(tx, known.personId);
    const person = await deps.people.find(tx, known.personId);
    if (person === null || person.disabled) {
      await note(deps, tx, known.personId, 'disabled');
      return {
        why: 'wrong',
        sentence: 'This passkey is not known here, or was removed. Sign in another way.',
      };
    }
    if (person.issuer !== null && person.issuer === deps.issuer) {
      await note(deps, tx, known.personId, 'signs in through the issuer');
      return {
        why: 'wrong',
        sentence: 'Your company’s sign-in alone lets you in here: use its button.',
      };
    }
    if (!(await deps.passkeys.used(tx, known.id, shown))) {
      await note(deps, tx, known.personId, 'passkey counter went back');
      return {
        why: 'wrong',
        sentence:
          'This passkey may have been copied: its counter went back. Sign in another way, and remove it.',
      };
    }
    return { personId: person.id, method: 'passkey', secondFactor: 'passkey', provenAt: 'now', epoch };
  });
}

function challengeOf(detail: Readonly<Record<string, unknown>>): string {
  return typeof detail.challenge === 'string' ? detail.challenge : '';
}

async function refuse(
  deps: PeopleDeps,
  personId: string | null,
  why: string,
  answer: CodeRefused,
): Promise<CodeRefused> {
  await deps.unitOfWork.run((tx) => note(deps, tx, personId, why));
  return answer;
}

function note(deps: PeopleDeps, tx: Transaction, personId: string | null, why: string): Promise<void> {
  return deps.audit.append(tx, {
    actor: 'nobody',
    action: 'session.started',
    subject: personId === null ? 'people' : `person:${personId}`,
    outcome: 'refused',
    detail: { why, method: 'passkey' },
  });
}
