import { sha256 } from '../adapters/digests.ts';
import { incidentReads } from '../adapters/incidents/incident-reads.ts';
import { peopleStore } from '../adapters/people/people-store.ts';
import { createIncidentDesk, type IncidentDesk } from '../application/incident/desk.ts';
import { escalateMissed } from '../application/incident/escalate.ts';
import type { AuditLog } from '../application/ports/audit.ts';
import type { PageReads } from '../application/ports/page-reads.ts';
import type { Composed } from './compose.ts';
import { draftOnRecovery } from './reviews.ts';
import { incidentDeps } from './signals.ts';

export function incidentDesk(
  composed: Pick<Composed, 'replayDeps' | 'calendar'>,
  pages: Pick<PageReads, 'standing'>,
  audit: AuditLog,
): IncidentDesk {
  const { unitOfWork } = composed.replayDeps;
  return createIncidentDesk({
    ...incidentDeps({ ...composed, replayDeps: { audit } }),
    unitOfWork,
    people: peopleStore,
    sha256,
    draftReview: draftOnRecovery({ replayDeps: { audit } }),
    reads: incidentReads,
    pages,
  });
}

/** Asks the next person about what nobody has acknowledged in time. */
export const escalation = (composed: Pick<Composed, 'replayDeps' | 'calendar'>) => () =>
  escalateMissed({ ...incidentDeps(composed), unitOfWork: composed.replayDeps.unitOfWork });
