import type { Right, Role, SignInMethod } from '../../domain/access/index.ts';
import type { Transaction } from './unit-of-work.ts';

/** Somebody who signs in. Times are ISO 8601. */
export type Person = {
  readonly id: string;
  readonly name: string;
  readonly email: string;
  readonly roles: readonly Role[];
  readonly disabled: boolean;
  readonly createdAt: string;
  /** When they last proved who they are; null: never. */
  readonly signedInAt: string | null;
  readonly sessions: number;
  /** Whether they can sign in at all yet, or still have to follow their invitation. */
  readonly hasPassword: boolean;
  /** The issuer whose word they come in by; null: none. */
  readonly issuer: string | null;
  /** Whether codes of an authenticator app are asked for besides. */
  readonly hasSecondFactor: boolean;
  readonly passkeys: number;
  readonly invitedUntil: string | null;
};

export type SessionRow = {
  readonly id: string;
  readonly personId: string;
  readonly startedAt: string;
  readonly expiresAt: string;
  readonly address: string | null;
  readonly userAgent: string | null;
};

export type TokenRow = {
  readonly id: string;
  readonly name: string;
  readonly scopes: readonly Right[];
  readonly createdAt: string;
  readonly expiresAt: string;
  readonly lastUsedAt: string | null;
  /** `resting`: it acts for nobody until the person's issuer has vouched for them again. */
  readonly state: 'live' | 'resting' | 'expired' | 'revoked';
};

export type Standing = { readonly roles: readonly Role[]; readonly disabled: boolean };

export type Invited = {
  readonly invitationId: string;
  readonly personId: string | null;
  readonly createdBy: string;
};

/** Who asks, as far as the sign-in itself proves it. */
export type Bearer = {
  readonly person: Pick<Person, 'id' | 'name' | 'email' | 'roles'>;
  /** Of a token: no more than these. */
  readonly scopes: readonly Right[] | null;
  readonly sessionId: string | null;
  /** ISO 8601; of a token null, because nobody is there to prove anything. */
  readonly provenAt: string | null;
  /** How; of a token null. */
  readonly method: SignInMethod | null;
};

/** People, their sessions, invitations and tokens. Every expiry is by the database's clock. */
export interface PeopleStore {
  /** Holds everybody else who changes people until this transaction ends, so that rules over all of them hold. */
  lockAll(tx: Transaction): Promise<void>;
  list(tx: Transaction): Promise<readonly Person[]>;
  find(tx: Transaction, id: string): Promise<Person | null>;
  findByEmail(tx: Transaction, email: string): Promise<Person | null>;
  insert(tx: Transaction, person: Pick<Person, 'id' | 'name' | 'email' | 'roles'>): Promise<void>;
  /** Holds whatever waits on approvals until the transaction ends: before a person is held whose roles may change. */
  holdWhatWaits(tx: Transaction): Promise<void>;
  change(
    tx: Transaction,
    id: string,
    change: { readonly roles?: readonly Role[]; readonly name?: string; readonly disabled?: boolean },
  ): Promise<void>;
  /** `hash` is made by the sign-in's own library. */
  setPassword(tx: Transaction, personId: string, hash: string): Promise<void>;
  passwordHash(tx: Transaction, personId: string): Promise<string | null>;
  removePassword(tx: Transaction, personId: string): Promise<void>;
  /** Whom the issuer means by this subject. */
  findBySubject(tx: Transaction, issuer: string, subject: string): Promise<Person | null>;
  linkSubject(tx: Transaction, personId: string, issuer: string, subject: string): Promise<void>;
  /** The issuer has just said that it is them. */
  vouch(tx: Transaction, personId: string, issuer: string): Promise<void>;

  sessions(tx: Transaction, personId: string): Promise<readonly SessionRow[]>;
  /**
   * Whether the session's person proved who they are within so many minutes, by the database's clock, and with their
   * second factor where they have one.
   */
  isFresh(tx: Transaction, sessionId: string, minutes: number): Promise<boolean>;
  /** Whether the session's person came in by an issuer that does not say when it asked them. */
  isUnsaid(tx: Transaction, sessionId: string): Promise<boolean>;
  /** What a person may do now, held until the transaction ends; null where there is nobody of this id. */
  standing(tx: Transaction, personId: string): Promise<Standing | null>;
  /** Which epoch of sessions it is for the person. */
  sessionEpoch(tx: Transaction, personId: string): Promise<number>;
  /** Ends one session of the person. Answers whether there was one. */
  endSession(tx: Transaction, personId: string, sessionId: string): Promise<boolean>;
  /**
   * Ends all sessions of the person but `except`, and every sign-in that is half done or just about to give one: their
   * epoch is over. Answers how many sessions.
   */
  endSessions(tx: Transaction, personId: string, except: string | null): Promise<number>;

  insertInvitation(
    tx: Transaction,
    invitation: {
      readonly id: string;
      readonly tokenHash: string;
      readonly personId: string | null;
      readonly createdBy: string;
      readonly hours: number;
    },
  ): Promise<void>;
  /** What an open invitation is for; null where it is used, over, or none. */
  openInvitation(tx: Transaction, tokenHash: string): Promise<Invited | null>;
  /** Uses it up: the second of two who try at once gets null. */
  useInvitation(tx: Transaction, tokenHash: string): Promise<Invited | null>;
  /** Makes every open invitation of the person (null: to become the first administrator) useless. */
  withdrawInvitations(tx: Transaction, personId: string | null): Promise<void>;

  insertToken(
    tx: Transaction,
    token: {
      readonly id: string;
      readonly personId: string;
      readonly name: string;
      readonly tokenHash: string;
      readonly scopes: readonly Right[];
      readonly days: number;
    },
  ): Promise<void>;
  tokens(tx: Transaction, personId: string, issuer: string | null): Promise<readonly TokenRow[]>;
  revokeToken(tx: Transaction, personId: string, tokenId: string): Promise<boolean>;
  revokeTokens(tx: Transaction, personId: string): Promise<number>;
  /** `issuer` is the one that is asked now: whom it has not vouched for of late, nothing acts for. */
  bearerOfToken(tx: Transaction, tokenHash: string, issuer: string | null): Promise<Bearer | null>;
  /** Takes away what has run out: sessions, short-lived proofs of a sign-in, counts of tries. */
  sweep(tx: Transaction): Promise<void>;
}

/** Hashes passwords slowly, as the sign-in does. */
export interface Passwords {
  hash(password: string): Promise<string>;
  verify(hash: string, password: string): Promise<boolean>;
}

/** A secret of 256 bits in base64url, for links and tokens. */
export type NewSecret = () => string;

/** How often something may be asked for. */
export interface RequestRates {
  /** Counts one more for the key; false where that is more than `most` in the running window. */
  take(key: string, most: number, windowMinutes?: number): Promise<boolean>;
  /** Forgets what was counted for the key in the running window. */
  forget(key: string, windowMinutes: number): Promise<void>;
}
