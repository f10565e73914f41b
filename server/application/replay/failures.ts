import { type ErrorCode, RepriseError } from '../../domain/shared/errors.ts';
import type { Tries } from '../ports/result-store.ts';

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
  | { readonly kind: 'again'; readonly sentence: string; readonly lasting: boolean }
  | { readonly kind: 'lost' };

/** What a code says of another try. A closed record: a new code has to be sorted here. */
const another: Readonly<Record<ErrorCode, 'never' | 'later' | 'lost'>> = {
  'contract-invalid': 'never',
  'contract-not-found': 'never',
  'contract-version-not-found': 'never',
  'bundle-failed': 'never',
  'scope-invalid': 'never',
  'scope-not-allowed': 'never',
  'history-unavailable': 'later',
  'history-truncated': 'never',
  'history-recreated': 'never',
  'history-repartitioned': 'never',
  'history-missing': 'never',
  'base-required': 'never',
  'base-unfit': 'never',
  'replay-not-found': 'never',
  'replay-state-conflict': 'never',
  'replay-id-taken': 'never',
  'derived-state-unavailable': 'later',
  'invariant-refused': 'never',
  'evidence-not-found': 'never',
  'rows-erased': 'never',
  'evidence-log-rewritten': 'never',
  'signing-failed': 'later',
  'archive-invalid': 'never',
  'archive-seam-broken': 'never',
  'lease-lost': 'lost',
  'projection-impure': 'never',
  'projection-failed': 'never',
  'projection-stuck': 'never',
  forbidden: 'never',
  'person-not-found': 'never',
  'person-conflict': 'never',
  'invitation-not-open': 'never',
  'session-not-found': 'never',
  'token-not-found': 'never',
  'view-not-found': 'never',
  'exclusion-not-found': 'never',
  'exclusion-ended': 'never',
  'sign-in-not-fresh': 'never',
  'approval-rejected': 'never',
  'promotion-not-found': 'never',
  'promotion-conflict': 'never',
  'promotion-overtaken': 'never',
  'promotion-target-unfit': 'never',
  'promotion-unknown': 'never',
  'projector-running': 'later',
  'incident-not-found': 'never',
  'incident-conflict': 'never',
  'runbook-not-found': 'never',
  'runbook-invalid': 'never',
  'runbook-conflict': 'never',
  'runbook-refused': 'never',
  'runbook-overtaken': 'never',
  'dead-letter-not-found': 'never',
  'redrive-not-found': 'never',
  'redrive-conflict': 'never',
  'review-not-found': 'never',
  'review-conflict': 'never',
  'setting-invalid': 'never',
  'input-invalid': 'never',
  internal: 'never',
};

/** Tries of what is unlikely to mend by itself: some four minutes. */
const lastingTries = 10;
/** Tries of what comes back by itself, half a minute apart: a day. */
const passingTries = 2_880;

/**
 * Sorts an error by whether waiting can help. A broker or a database that is away is waited for, for a day; what
 * somebody has to mend first, and what nobody has thought of, is tried ten times in a row.
 */
export function judgeFailure(error: unknown, tries: Tries): Verdict {
  const isOurs = error instanceof RepriseError;
  const said = isOurs
    ? error.message
    : error instanceof Error
      ? `${error.name}: ${error.message}`
      : String(error);
  // It may quote an event, and PostgreSQL's text can't hold U+0000.
  const sentence = said.replaceAll('\0', '\ufffd');
  const code = isOurs ? error.code : 'internal';
  const where = isOurs ? error.where : null;
  if (isOurs && another[code] === 'lost') return { kind: 'lost' };
  if (isOurs && another[code] === 'never') return { kind: 'ends', code, sentence, where };
  const lasting = isOurs ? error.lasting : !isAway(error);
  if (lasting ? tries.lasting < lastingTries : tries.retries < passingTries)
    return { kind: 'again', sentence, lasting };
  const times = lasting ? tries.lasting : tries.retries;
  const ended = isOurs
    ? `${sentence} It was tried ${times} times in a row.`
    : `Reprise failed at this replay ${times} times in a row, the last time with: ${sentence}`;
  return { kind: 'ends', code, sentence: ended, where };
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
