import { type ErrorCode, RepriseError } from '../../domain/shared/errors.ts';

/**
 * What is to become of a replay after an error.
 * 'ends': the replay ends with this error. 'again': it waits and goes on by itself. 'lost': another worker has
 * taken over, and there is nothing to say.
 */
export type Verdict =
  | {
      readonly kind: 'ends';
      readonly code: ErrorCode;
      readonly sentence: string;
      readonly where: string | null;
    }
  | { readonly kind: 'again'; readonly sentence: string }
  | { readonly kind: 'lost' };

/** Codes that will be the same at the next try. */
const final: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'contract-invalid',
  'contract-not-found',
  'contract-version-not-found',
  'bundle-failed',
  'scope-invalid',
  'scope-not-allowed',
  'history-truncated',
  'history-recreated',
  'history-missing',
  'base-required',
  'base-unfit',
  'archive-invalid',
  'archive-seam-broken',
  'projection-impure',
  'projection-failed',
  'projection-stuck',
  'setting-invalid',
  'internal',
]);

/**
 * Sorts an error. `retries` is how often in a row this replay has already waited: a fault that names itself as
 * passing (a broker or a database that is away) is waited for as long as it takes, an unknown one ten times.
 */
export function judgeFailure(error: unknown, retries: number): Verdict {
  if (error instanceof RepriseError) {
    if (error.code === 'lease-lost') return { kind: 'lost' };
    if (final.has(error.code))
      return { kind: 'ends', code: error.code, sentence: error.message, where: error.where };
    return { kind: 'again', sentence: error.message };
  }
  const sentence = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  if (isAway(error)) return { kind: 'again', sentence };
  if (retries < 10) return { kind: 'again', sentence };
  return {
    kind: 'ends',
    code: 'internal',
    sentence: `Reprise failed at this replay ${retries} times in a row, the last time with: ${sentence}`,
    where: null,
  };
}

const awayCodes =
  /^(ECONN|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN|08|57P0|53300|40001|40P01|25P03)/;

/** A server that is away, starting or stopping: by socket error, or by SQLSTATE class 08 and 57P0x. */
function isAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if ('code' in error && typeof error.code === 'string' && awayCodes.test(error.code)) return true;
  if (error.cause !== undefined && error.cause !== error && isAway(error.cause)) return true;
  return /Connection terminated|connection timeout|Client has encountered a connection error/i.test(
    error.message,
  );
}
