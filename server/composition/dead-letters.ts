import { revealStore } from '../adapters/approval/reveal-store.ts';
import { callBounded } from '../adapters/bounded-call.ts';
import { correctionReads } from '../adapters/dead-letters/corrections.ts';
import { letterIndex } from '../adapters/dead-letters/letter-index.ts';
import { letterReads } from '../adapters/dead-letters/letter-reads.ts';
import { redriveStore } from '../adapters/dead-letters/redrive-store.ts';
import { peopleStore } from '../adapters/people/people-store.ts';
import { leases } from '../adapters/postgres/leases.ts';
import { openSubjectKeys } from '../adapters/subject-keys/postgres-subject-keys.ts';
import { createLetterDesk, type LetterDesk } from '../application/dead-letters/desk.ts';
import { type IndexDeps, indexLetters, leaveLetters } from '../application/dead-letters/index-letters.ts';
import type { AskDeps } from '../application/dead-letters/redrive/ask.ts';
import type { RunDeps } from '../application/dead-letters/redrive/held.ts';
import { runRedrives } from '../application/dead-letters/redrive/run.ts';
import type { AuditLog } from '../application/ports/audit.ts';
import type { PageReads } from '../application/ports/page-reads.ts';
import type { Composed } from './compose.ts';

/** What one worker of the fleet does for dead letters. */
export function letterWork({ replayDeps, kafka, log }: Composed) {
  const index: IndexDeps = {
    ...replayDeps,
    letters: letterIndex,
    topics: kafka?.letterTopics ?? null,
    leases,
    log,
  };
  const broker = kafka === null ? null : { topics: kafka.letterTopics, sender: kafka.letterSender };
  const redriving: RunDeps = { ...index, ...replayDeps, redrives: redriveStore, broker };
  return {
    index: (holder: string, signal: AbortSignal) => indexLetters(index, holder, signal),
    redrive: (holder: string, signal: AbortSignal) => runRedrives(redriving, holder, signal),
    leave: (holder: string) => leaveLetters(index, holder),
  };
}

/** What asking for a redrive needs, whoever asks. */
export function redriveAsking({ replayDeps, kafka, connect }: Composed, audit: AuditLog): AskDeps {
  return {
    ...replayDeps,
    audit,
    reads: letterReads,
    redrives: redriveStore,
    topics: kafka?.letterTopics ?? null,
    people: peopleStore,
    subjectKeys: openSubjectKeys(connect),
    callBounded,
  };
}

export function letterDesk(
  composed: Composed,
  pages: Pick<PageReads, 'standing'>,
  audit: AuditLog,
): LetterDesk {
  const { approvals, derivedStates, clock } = composed.replayDeps;
  return createLetterDesk({
    ...redriveAsking(composed, audit),
    approvals,
    corrections: correctionReads,
    derivedStates,
    clock,
    reveals: revealStore,
    pages,
  });
}
