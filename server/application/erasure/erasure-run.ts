import { erasedBy } from '../../domain/erasure/index.ts';
import { concatBytes, utf8 } from '../../domain/shared/bytes.ts';
import type { Sha256 } from '../../domain/shared/digests.ts';
import type { AuditLog } from '../ports/audit.ts';
import type { NewId } from '../ports/clock.ts';
import type { ErasureStore, Match, NewErasure } from '../ports/erasures.ts';
import type { LiveNotifier } from '../ports/live.ts';
import type { UnitOfWork } from '../ports/unit-of-work.ts';

export type ErasureDeps = {
  readonly unitOfWork: UnitOfWork;
  readonly erasures: ErasureStore;
  readonly audit: AuditLog;
  readonly live: LiveNotifier;
  readonly newId: NewId;
  readonly newSalt: () => Uint8Array;
  readonly sha256: Sha256;
};

export type ErasureRequest = {
  readonly what:
    | { readonly kind: 'subject'; readonly contractId: string; readonly keys: readonly string[] }
    | { readonly kind: 'policy'; readonly contractId: string | null; readonly days: number };
  readonly reason: string;
  /** Who asks: a user of the machine. */
  readonly user: string;
  readonly dryRun: boolean;
};

/** One running of the command. */
export type Run = ErasureRequest & {
  readonly match: Match;
  readonly runId: string;
  readonly erasedBy: string;
  readonly actor: string;
};

export const whyOf = ({ what, reason }: Run): string =>
  `${erasedBy({ kind: what.kind, olderThanDays: what.kind === 'policy' ? what.days : null })}: ${reason}`;

/** The row that an erasing begins with. A salt of its own has the same key read otherwise in each. */
export function newErasure<Of extends { readonly contractId: string }>(
  deps: Pick<ErasureDeps, 'newId' | 'newSalt' | 'sha256'>,
  { what, match, runId, reason, erasedBy }: Run,
  of: Of,
): Of & Omit<NewErasure, 'replayId'> {
  const salt = deps.newSalt();
  return {
    ...of,
    id: deps.newId(),
    runId,
    kind: what.kind,
    olderThanDays: what.kind === 'policy' ? what.days : null,
    reason,
    erasedBy,
    salt,
    keyHashes: [...(match ?? [])].map((key) => deps.sha256(concatBytes(salt, utf8(key)))),
  };
}
