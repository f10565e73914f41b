import { RECOVERY_CODES, readCode, type SecondFactor, writeRecoveryCode } from '../../domain/access/index.ts';
import { RepriseError } from '../../domain/shared/errors.ts';
import { type Governor, refuseUngoverning } from '../approval/refuse-stale.ts';
import type { WrongCodes } from '../ports/door.ts';
import type { Transaction } from '../ports/unit-of-work.ts';
import { refuseEnded } from './account.ts';
import type { PeopleDeps } from './deps.ts';

export type SecondFactorView = {
  /** Since when it is asked for, ISO 8601; null: it is not. */
  readonly since: string | null;
  readonly recoveryCodesLeft: number;
  /** Of the last thirty days: each was tried by somebody who had the password. */
  readonly wrongCodes: WrongCodes;
};

const WRONG_CODES_DAYS = 30;

export function readSecondFactor(deps: PeopleDeps, personId: string): Promise<SecondFactorView> {
  return deps.unitOfWork.run(async (tx) => ({
    since: (await deps.factors.authenticator(tx, personId))?.confirmedAt ?? null,
    recoveryCodesLeft: await deps.factors.recoveryCodesLeft(tx, personId),
    wrongCodes: await deps.factors.wrongCodes(tx, personId, WRONG_CODES_DAYS),
  }));
}

/** What an app needs to make codes. It counts only once a right code shows that the app has it. */
export type NewAuthenticator = {
  readonly secret: string;
  readonly address: string;
  readonly picture: { readonly side: number; readonly path: string };
};

export function beginAuthenticator(
  deps: PeopleDeps,
  { personId, sessionId }: { readonly personId: string; readonly sessionId: string | null },
): Promise<NewAuthenticator> {
  return deps.unitOfWork.run(async (tx) => {
    await deps.people.lockAll(tx);
    await refuseEnded(deps, tx, personId, sessionId);
    const person = await deps.people.find(tx, personId);
    if (person === null) throw new RepriseError('person-not-found', 'There is no account of yours here.');
    const earlier = await deps.factors.authenticator(tx, personId);
    if (earlier !== null && earlier.confirmedAt !== null) throw isOn();
    const secret = deps.codes.newSecret();
    await deps.factors.putAuthenticator(tx, personId, deps.seal.seal(secret, personId));
    await deps.audit.append(tx, {
      actor: personId,
      action: 'second-factor.begun',
      subject: `person:${personId}`,
      outcome: 'done',
      detail: {},
    });
    const address = deps.codes.address(secret, person.email);
    return { secret, address, picture: deps.codes.picture(address) };
  });
}

/** The first right code turns it on. Whoever is signed in elsewhere came in without it, and is signed out. */
export function confirmAuthenticator(
  deps: PeopleDeps,
  request: { readonly personId: string; readonly sessionId: string | null; readonly code: string },
): Promise<{ readonly recoveryCodes: readonly string[] }> {
  const { personId } = request;
  return deps.unitOfWork.run(async (tx) => {
    await deps.people.lockAll(tx);
    await refuseEnded(deps, tx, personId, request.sessionId);
    const begun = await deps.factors.authenticator(tx, personId);
    if (begun === null)
      throw new RepriseError('person-conflict', 'There is nothing to confirm: set it up first.');
    if (begun.confirmedAt !== null) throw isOn();
    const given = readCode(request.code);
    const secret = deps.seal.open(begun.sealed, personId);
    const step =
      given?.kind === 'digits' && secret !== null ? deps.codes.stepOf(secret, given.code, begun.nowMs) : null;
    if (step === null)
      throw new RepriseError(
        'input-invalid',
        'This is not the code that the app should show now. Is the clock of its device right?',
        { where: 'code' },
      );
    await deps.factors.takeStep(tx, personId, step);
    await deps.factors.confirmAuthenticator(tx, personId);
    const codes = Array.from({ length: RECOVERY_CODES }, () => deps.codes.newRecoveryCode());
    await deps.factors.putRecoveryCodes(
      tx,
      personId,
      codes.map((code) => deps.seal.digest(code, personId)),
    );
    const ended = await deps.people.endSessions(tx, personId, request.sessionId);
    await deps.audit.append(tx, {
      actor: personId,
      action: 'second-factor.turned-on',
      subject: `person:${personId}`,
      outcome: 'done',
      detail: { recoveryCodes: codes.length, sessionsEnded: ended },
    });
    return { recoveryCodes: codes.map(writeRecoveryCode) };
  });
}

/** Turning it off takes what it protects from: a code, or a recovery code. */
export function turnOffAuthenticator(
  deps: PeopleDeps,
  request: { readonly personId: string; readonly sessionId: string | null; readonly code: string },
): Promise<void> {
  const { personId } = request;
  return deps.unitOfWork.run(async (tx) => {
    await deps.people.lockAll(tx);
    await refuseEnded(deps, tx, personId, request.sessionId);
    const by = await spendCode(deps, tx, personId, request.code);
    if (by.kind === 'refused') throw new RepriseError('input-invalid', by.sentence, { where: 'code' });
    await deps.factors.removeAuthenticator(tx, personId);
    await deps.audit.append(tx, {
      actor: personId,
      action: 'second-factor.turned-off',
      subject: `person:${personId}`,
      outcome: 'done',
      detail: { by: by.factor },
    });
  });
}

/** For somebody who lost the device: the app on it, and every passkey. Their sessions end: whoever found the device has them too. */
export async function takeAuthenticatorAway(
  deps: PeopleDeps,
  request: Governor & { readonly personId: string },
): Promise<void> {
  const { personId, actor } = request;
  if (personId === actor)
    throw new RepriseError(
      'forbidden',
      'Your own you turn off on "Your account", with a code. Where the device is lost, another administrator does this.',
    );
  return deps.unitOfWork.run(async (tx) => {
    await deps.people.lockAll(tx);
    await refuseUngoverning(deps, tx, request);
    const person = await deps.people.find(tx, personId);
    if (person === null)
      throw new RepriseError('person-not-found', `There is nobody with the id ${personId}.`);
    const ended = await deps.people.endSessions(tx, personId, null);
    const passkeys = await deps.passkeys.removeAll(tx, personId);
    if (!(await deps.factors.removeAuthenticator(tx, personId)) && passkeys === 0)
      throw new RepriseError('person-conflict', `${person.name} has nothing of this kind to take away.`);
    await deps.audit.append(tx, {
      actor,
      action: 'second-factor.taken-away',
      subject: `person:${personId}`,
      outcome: 'done',
      detail: { passkeysRemoved: passkeys, sessionsEnded: ended },
    });
  });
}

export type SpentCode =
  | { readonly kind: 'right'; readonly factor: SecondFactor }
  | { readonly kind: 'refused'; readonly why: string; readonly sentence: string };

/** Looks at a code and uses it up. What is refused changes nothing. */
export async function spendCode(
  deps: PeopleDeps,
  tx: Transaction,
  personId: string,
  typed: string,
): Promise<SpentCode> {
  const given = readCode(typed);
  const row = await deps.factors.authenticator(tx, personId);
  if (row === null || row.confirmedAt === null)
    return refused('no second factor', 'There is no second factor to show: sign in again.');
  if (given === null)
    return refused('no code', 'A code is six digits from the app, or one of your recovery codes.');
  if (given.kind === 'recovery') {
    const digest = deps.seal.digest(given.code, personId);
    if (await deps.factors.spendRecoveryCode(tx, personId, digest))
      return { kind: 'right', factor: 'recovery-code' };
    return refused('wrong recovery code', 'This is none of your recovery codes, or it was used already.');
  }
  const secret = deps.seal.open(row.sealed, personId);
  if (secret === null)
    return refused(
      'secret changed',
      'REPRISE_SECRET is another one than when you set up the app, so its codes can’t be checked. Whoever administers Reprise here can take it away.',
    );
  const step = deps.codes.stepOf(secret, given.code, row.nowMs);
  if (step === null) return refused('wrong code', 'This is not the code that the app shows now.');
  if (!(await deps.factors.takeStep(tx, personId, step)))
    return refused('code used already', 'This code was used already. Wait for the next one.');
  return { kind: 'right', factor: 'authenticator' };
}

function refused(why: string, sentence: string): SpentCode {
  return { kind: 'refused', why, sentence };
}

function isOn(): RepriseError {
  return new RepriseError(
    'person-conflict',
    'Your second factor is on already. Turn it off to set up another.',
  );
}
