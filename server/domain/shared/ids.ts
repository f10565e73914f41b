declare const brand: unique symbol;
type Branded<T, Name extends string> = T & { readonly [brand]: Name };

export type ContractId = Branded<string, 'ContractId'>;
export type ReplayId = Branded<string, 'ReplayId'>;
export type EvidenceId = Branded<string, 'EvidenceId'>;
/** Lower-case hexadecimal SHA-256, 64 characters. */
export type Sha256Hex = Branded<string, 'Sha256Hex'>;

export const contractId = (text: string): ContractId => text as ContractId;
export const replayId = (text: string): ReplayId => text as ReplayId;
export const evidenceId = (text: string): EvidenceId => text as EvidenceId;

/** Reads a SHA-256 in lower-case hexadecimal; undefined where the text is not one. */
export function parseSha256Hex(text: string): Sha256Hex | undefined {
  return /^[0-9a-f]{64}$/.test(text) ? (text as Sha256Hex) : undefined;
}
