import {
  type SignInMethod,
  type SignInStepKind,
  STEP_SECONDS,
  signInMethods,
} from '../../domain/access/index.ts';
import type { CodeRefused, Proven, SignInStep } from '../ports/door.ts';
import type { Transaction } from '../ports/unit-of-work.ts';
import type { PeopleDeps } from './deps.ts';
import { spendCode } from './second-factor.ts';

/** Tries of a quarter of an hour: for one person from one address, and for one person from wherever they come. */
export const CODE_WINDOW_MINUTES = 15;
export const CODES_FROM_ONE_ADDRESS = 10;
const CODES_FROM_EVERYWHERE = 30;
/**
 * And of a day: whoever has the password and many addresses would else have thousands, of which one in a hundred
 * thousand or so is right. Somebody who is kept out by it has passkeys, or an administrator.
 */
const CODES_A_DAY = 60;
const DAY_MINUTES = 24 * 60;

const OVER = 'This took longer than five minutes, or was begun in another browser. Start again.';

/**
 * After the first proof: begins the step in which the second factor is asked for, and answers the secret that binds it
 * to this browser; null where the person has none. Nobody is signed in by it.
 */
export function askSecondFactor(
  deps: PeopleDeps,
  personId: string,
  method: SignInMethod,
  epoch: number,
): Promise<string | null> {
  return deps.unitOfWork.run(async (tx) => {
    const row = await deps.factors.authenticator(tx, personId);
    if (row === null || row.confirmedAt === null) return null;
    const token = deps.newSecret();
    await deps.steps.put(tx, {
      kind: 'second-factor',
      tokenHash: deps.sha256(token),
      personId,
      detail: { method, epoch },
      seconds: STEP_SECONDS,
    });
    await deps.audit.append(tx, {
      actor: 'nobody',
      action: 'sign-in.second-factor-asked',
      subject: `person:${personId}`,
      outcome: 'done',
      detail: { method },
    });
    return token;
  });
}

/** Keeps what a later step of a sign-in needs, for whoever holds the secret that is answered. */
export function keepStep(
  deps: PeopleDeps,
  kind: SignInStepKind,
  detail: SignInStep['detail'],
): Promise<string> {
  return deps.unitOfWork.run(async (tx) => {
    const token = deps.newSecret();
    const tokenHash = deps.sha256(token);
    await deps.steps.put(tx, { kind, tokenHash, personId: null, detail, seconds: STEP_SECONDS });
    return token;
  });
}

/** Hands it out once; null where there is none, or its time is over. */
export function takeStep(
  deps: PeopleDeps,
  kind: SignInStepKind,
  token: string,
): Promise<SignInStep['detail'] | null> {
  return deps.unitOfWork.run(
    async (tx) => (await deps.steps.take(tx, kind, deps.sha256(token)))?.detail ?? null,
  );
}

/** One try at the second step. A wrong code leaves the step open; a right one ends it. */
export async function passSecondFactor(
  deps: PeopleDeps,
  request: { readonly token: string; readonly code: string; readonly address: string },
): Promise<Proven | CodeRefused> {
  const tokenHash = deps.sha256(request.token);
  const step = await deps.unitOfWork.run((tx) => deps.steps.read(tx, 'second-factor', tokenHash));
  const personId = step?.personId ?? null;
  if (personId === null) {
    await deps.unitOfWork.run((tx) => note(deps, tx, null, 'the step is over'));
    return { why: 'over', sentence: OVER };
  }
  const key = `second-factor:${personId}`;
  // Counted before the code is looked at: a hundred tries at once are a hundred tries. What one address has tried too
  // often was no guess, and takes nothing from what the person may try elsewhere.
  const mayTry =
    (await deps.rates.take(`${key}:${request.address}`, CODES_FROM_ONE_ADDRESS, CODE_WINDOW_MINUTES)) &&
    (await deps.rates.take(key, CODES_FROM_EVERYWHERE, CODE_WINDOW_MINUTES));
  const isOfToday = mayTry && (await deps.rates.take(`${key}:day`, CODES_A_DAY, DAY_MINUTES));
  if (!isOfToday) {
    await deps.unitOfWork.run((tx) => noteCode(deps, tx, personId, 'too many wrong codes'));
    return {
      why: 'too-many',
      sentence: mayTry
        ? 'Too many wrong codes for one day. Sign in with a passkey, or try again tomorrow. Whoever administers Reprise here can take the app away.'
        : 'Too many wrong codes. Try again in a quarter of an hour.',
    };
  }
  const answer = await deps.unitOfWork.run(async (tx): Promise<Proven | CodeRefused> => {
    // Of two at once the first holds the step, and the second finds none.
    const held = await deps.steps.read(tx, 'second-factor', tokenHash);
    if (held === null) {
      await note(deps, tx, personId, 'the step is over');
      return { why: 'over', sentence: OVER };
    }
    const person = await deps.people.find(tx, personId);
    if (person === null || person.disabled) {
      await note(deps, tx, personId, 'disabled');
      return { why: 'over', sentence: OVER };
    }
    const used = await spendCode(deps, tx, personId, request.code);
    if (used.kind === 'refused') {
      await noteCode(deps, tx, personId, used.why);
      return { why: 'wrong', sentence: used.sentence };
    }
    await deps.steps.take(tx, 'second-factor', tokenHash);
    // Whoever gives a code is there now, however long ago an issuer asked them the rest.
    const { epoch } = held.detail;
    return {
      personId,
      method: methodOf(held.detail),
      secondFactor: used.factor,
      provenAt: 'now',
      epoch: typeof epoch === 'number' ? epoch : -1,
    };
  });
  if ('personId' in answer) {
    await deps.rates.forget(`${key}:${request.address}`, CODE_WINDOW_MINUTES);
    await deps.rates.forget(`${key}:day`, DAY_MINUTES);
  }
  return answer;
}

function methodOf(detail: Readonly<Record<string, unknown>>): SignInMethod {
  return signInMethods.find((method) => method === detail.method) ?? 'password';
}

/** By somebody who has shown the password: the person is told of these on their account. */
function noteCode(deps: PeopleDeps, tx: Transaction, personId: string, why: string): Promise<void> {
  return note(deps, tx, personId, why, { step: 'second-factor' });
}

function note(
  deps: PeopleDeps,
  tx: Transaction,
  personId: string | null,
  why: string,
  more: { readonly step?: 'second-factor' } = {},
): Promise<void> {
  return deps.audit.append(tx, {
    actor: 'nobody',
    action: 'session.started',
    subject: personId === null ? 'people' : `person:${personId}`,
    outcome: 'refused',
    detail: { why, ...more },
  });
}
