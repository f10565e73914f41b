import type { Transaction } from './unit-of-work.ts';

/** What browsers bind passkeys to: the name in the address, and the address itself. */
export type Site = { readonly id: string; readonly origin: string };

type Descriptor = { readonly id: string; readonly type: 'public-key' };

/** What a browser is asked to make (WebAuthn, 5.4), as JSON. */
export type MakingOptions = {
  challenge: string;
  rp: { id?: string; name: string };
  user: { id: string; name: string; displayName: string };
  pubKeyCredParams: { alg: number; type: 'public-key' }[];
  timeout?: number;
  excludeCredentials?: Descriptor[];
  authenticatorSelection?: { residentKey?: 'required'; userVerification?: 'required' };
  attestation?: 'none';
};

/** What a browser is asked to show (WebAuthn, 5.5), as JSON. */
export type ShowingOptions = {
  challenge: string;
  rpId?: string;
  timeout?: number;
  userVerification?: 'required';
};

export type NewPasskey = {
  readonly id: string;
  readonly publicKey: Uint8Array<ArrayBuffer>;
  readonly counter: number;
  readonly transports: readonly string[];
  readonly backedUp: boolean;
};

export type KnownPasskey = {
  readonly id: string;
  readonly personId: string;
  readonly publicKey: Uint8Array<ArrayBuffer>;
};

/** The two ceremonies of WebAuthn. Whoever shows a passkey has been verified by their device. */
export interface PasskeyCeremonies {
  askToMake(
    site: Site,
    person: { readonly id: string; readonly name: string; readonly email: string },
    known: readonly string[],
  ): Promise<MakingOptions>;
  /** null where the answer does not hold. */
  readMade(site: Site, challenge: string, answer: unknown): Promise<NewPasskey | null>;
  askToShow(site: Site): Promise<ShowingOptions>;
  /** Which passkey an answer claims to be of. */
  idIn(answer: unknown): string | null;
  /** null where the answer does not hold. The counter is looked at by whoever keeps it. */
  readShown(
    site: Site,
    challenge: string,
    answer: unknown,
    passkey: KnownPasskey,
  ): Promise<{ readonly counter: number; readonly backedUp: boolean } | null>;
}

export type PasskeyRow = {
  readonly id: string;
  readonly name: string;
  readonly backedUp: boolean;
  /** ISO 8601. */
  readonly createdAt: string;
  readonly lastUsedAt: string | null;
};

export interface PasskeyStore {
  of(tx: Transaction, personId: string): Promise<readonly PasskeyRow[]>;
  find(tx: Transaction, id: string): Promise<KnownPasskey | null>;
  /** False where there is one with this id already. */
  insert(
    tx: Transaction,
    passkey: NewPasskey & { readonly personId: string; readonly name: string },
  ): Promise<boolean>;
  rename(tx: Transaction, personId: string, id: string, name: string): Promise<boolean>;
  remove(tx: Transaction, personId: string, id: string): Promise<boolean>;
  removeAll(tx: Transaction, personId: string): Promise<number>;
  /** Counts a use. False where the counter did not go on, though the device counts. */
  used(
    tx: Transaction,
    id: string,
    use: { readonly counter: number; readonly backedUp: boolean },
  ): Promise<boolean>;
}
