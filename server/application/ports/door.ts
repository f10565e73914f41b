import type { Role, SecondFactor, SignInMethod, SignInStepKind } from '../../domain/access/index.ts';
import type { ShowingOptions, Site } from './passkeys.ts';
import type { Transaction } from './unit-of-work.ts';

/** Codes of six digits by time (RFC 6238: SHA-1, 30 seconds), as every authenticator app makes them. */
export interface TimedCodes {
  /** 160 bits in base32. */
  newSecret(): string;
  /** What an app reads the secret from: `otpauth://totp/…`. */
  address(secret: string, email: string): string;
  /** The address as a QR code: modules a side, and the dark ones as the path of an SVG. */
  picture(address: string): { readonly side: number; readonly path: string };
  /** The time step that the code is of, the present one or a neighbour; null where it is of neither. */
  stepOf(secret: string, code: string, nowMs: number): number | null;
  /** 80 bits in base32. */
  newRecoveryCode(): string;
}

/** Keeps short secrets in such a way that the database alone does not give them away. */
export interface Seal {
  seal(text: string, owner: string): string;
  /** null where it was sealed for somebody else, or with another REPRISE_SECRET. */
  open(sealed: string, owner: string): string | null;
  /** Of a code that is only ever compared. */
  digest(text: string, owner: string): string;
}

export type AuthenticatorRow = {
  readonly sealed: string;
  readonly lastStep: number | null;
  /** Since when it counts, ISO 8601; null: no right code was given yet. */
  readonly confirmedAt: string | null;
  /** The database's clock: the steps of all web processes are the same. */
  readonly nowMs: number;
};

/** `lastAt` in ISO 8601; null: there was none. */
export type WrongCodes = { readonly count: number; readonly lastAt: string | null };

export interface FactorStore {
  /** Holds it until the transaction ends, so that of two codes at once one is looked at first. */
  authenticator(tx: Transaction, personId: string): Promise<AuthenticatorRow | null>;
  /** Puts one there that does not count yet, in place of another that did not. */
  putAuthenticator(tx: Transaction, personId: string, sealed: string): Promise<void>;
  confirmAuthenticator(tx: Transaction, personId: string): Promise<void>;
  /** Uses a time step up, and every one before it. False where it is used up already. */
  takeStep(tx: Transaction, personId: string, step: number): Promise<boolean>;
  /** Takes the authenticator and the recovery codes away. False where there was none that counted. */
  removeAuthenticator(tx: Transaction, personId: string): Promise<boolean>;
  putRecoveryCodes(tx: Transaction, personId: string, digests: readonly string[]): Promise<void>;
  /** False where it is used already, or none. */
  spendRecoveryCode(tx: Transaction, personId: string, digest: string): Promise<boolean>;
  recoveryCodesLeft(tx: Transaction, personId: string): Promise<number>;
  /** Codes that were refused of late, as the audit has them. */
  wrongCodes(tx: Transaction, personId: string, days: number): Promise<WrongCodes>;
}

export type SignInStep = {
  readonly personId: string | null;
  readonly detail: Readonly<Record<string, unknown>>;
};

/** Where browsers stand between the steps of a sign-in; each runs out by the database's clock. */
export interface SignInStepStore {
  put(
    tx: Transaction,
    step: SignInStep & {
      readonly kind: SignInStepKind;
      readonly tokenHash: string;
      readonly seconds: number;
    },
  ): Promise<void>;
  /** Holds it until the transaction ends; null where there is none, or its time is over. */
  read(tx: Transaction, kind: SignInStepKind, tokenHash: string): Promise<SignInStep | null>;
  /** Uses it up: the second of two who try at once gets null. */
  take(tx: Transaction, kind: SignInStepKind, tokenHash: string): Promise<SignInStep | null>;
}

/** Somebody who has shown all that was asked for. */
export type Proven = {
  readonly personId: string;
  readonly method: SignInMethod;
  readonly secondFactor: SecondFactor | null;
  /** When, ISO 8601, or just now; null: an issuer has not said. */
  readonly provenAt: string | 'now' | null;
  /** The person's epoch of sessions when the first of it was shown. */
  readonly epoch: number;
};

export type CodeRefused = {
  /** What to tell the person. */
  readonly sentence: string;
  readonly why: 'wrong' | 'too-many' | 'over';
};

/** Why a sign-in through an issuer came to nothing. Each has its sentence on the sign-in page. */
export type IssuerProblem =
  | 'down'
  | 'refused'
  | 'clock'
  | 'not-trusted'
  | 'disagrees'
  | 'over'
  | 'no-verified-email'
  | 'address-taken'
  | 'shut-out'
  | 'failed';

/** What an issuer says about somebody, after everything about its answer was checked. */
export type IssuerWord = {
  readonly issuer: string;
  readonly subject: string;
  readonly email: string | null;
  readonly emailVerified: boolean;
  readonly name: string | null;
  readonly roles: readonly Role[];
  readonly secondFactor: boolean;
  readonly provenAt: Proven['provenAt'];
};

/** What the door asks of the rules. Refusals are on record when they are answered. */
export type DoorDesk = {
  /** The secret of the next step, for the browser's cookie; null where nothing more is asked for. */
  ask(personId: string, method: SignInMethod, epoch: number): Promise<string | null>;
  pass(request: {
    readonly token: string;
    readonly code: string;
    readonly address: string;
  }): Promise<Proven | CodeRefused>;
  /** Keeps what a later step needs. Answers the secret that finds it again, once and for five minutes. */
  keep(kind: SignInStepKind, detail: SignInStep['detail']): Promise<string>;
  take(kind: SignInStepKind, token: string): Promise<SignInStep['detail'] | null>;
  /** Makes or finds the person an issuer speaks of, with the roles of this moment. */
  enterByIssuer(
    word: IssuerWord,
  ): Promise<
    | { readonly personId: string; readonly roles: readonly Role[]; readonly epoch: number }
    | { readonly problem: IssuerProblem }
  >;
  /** A question to a browser, and the secret that finds it again, once and for five minutes. */
  askForPasskey(site: Site): Promise<{ readonly token: string; readonly options: ShowingOptions }>;
  enterByPasskey(request: {
    readonly token: string;
    readonly answer: unknown;
    readonly site: Site;
  }): Promise<Proven | CodeRefused>;
  noteIssuerProblem(problem: IssuerProblem, detail: string): Promise<void>;
};
