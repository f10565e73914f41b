import { revealStore } from '../adapters/approval/reveal-store.ts';
import { callBounded } from '../adapters/bounded-call.ts';
import { letterIndex } from '../adapters/dead-letters/letter-index.ts';
import { letterReads } from '../adapters/dead-letters/letter-reads.ts';
import { leases } from '../adapters/postgres/leases.ts';
import { openSubjectKeys } from '../adapters/subject-keys/postgres-subject-keys.ts';
import { createLetterDesk, type LetterDesk } from '../application/dead-letters/desk.ts';
import { type IndexDeps, indexLetters, leaveLetters } from '../application/dead-letters/index-letters.ts';
import type { AuditLog } from '../application/ports/audit.ts';
import type { PageReads } from '../application/ports/page-reads.ts';
import type { Composed } from './compose.ts';

/** What one worker of the fleet does for dead letters. */
export function letterWork({ replayDeps, kafka, log }: Composed) {
  const deps: IndexDeps = {
    ...replayDeps,
    letters: letterIndex,
    topics: kafka?.letterTopics ?? null,
    leases,
    log,
  };
  return {
    index: (holder: string, signal: AbortSignal) => indexLetters(deps, holder, signal),
    leave: (holder: string) => leaveLetters(deps, holder),
  };
}

export function letterDesk(
  { replayDeps, kafka, connect }: Composed,
  pages: Pick<PageReads, 'standing'>,
  _audit: AuditLog,
): LetterDesk {
  return createLetterDesk({
    ...replayDeps,
    reads: letterReads,
    reveals: revealStore,
    topics: kafka?.letterTopics ?? null,
    subjectKeys: openSubjectKeys(connect),
    callBounded,
    pages,
  });
}
