import type { Sha256Hex } from './ids.ts';

/** SHA-256 over bytes or UTF-8 text, given to the domain as a function so that the same code runs in a browser. */
export type Sha256 = (data: Uint8Array | string) => Sha256Hex;

/** An incremental SHA-256. `digest` ends it. */
export type Sha256Stream = { update(data: Uint8Array): void; digest(): Uint8Array };
export type StartSha256 = () => Sha256Stream;
