import { sha256 } from '../adapters/digests.ts';
import { incidentStore } from '../adapters/incidents/incident-store.ts';
import { peopleStore } from '../adapters/people/people-store.ts';
import { reviewStore } from '../adapters/reviews/review-store.ts';
import { runReads } from '../adapters/runbook-runs/run-reads.ts';
import type { RespondDeps } from '../application/incident/deps.ts';
import type { AuditLog } from '../application/ports/audit.ts';
import type { RunReads } from '../application/ports/runbook-runs.ts';
import type { DraftDeps, ReviewDeps } from '../application/review/deps.ts';
import { createReviewDesk, type ReviewDesk } from '../application/review/desk.ts';
import { draftReview } from '../application/review/draft.ts';
import type { ExportDeps } from '../application/review/export.ts';
import { remindOfOverdue } from '../application/review/remind.ts';
import type { Composed } from './compose.ts';
import { incidentDeps } from './signals.ts';

/** What reviews read of runs of runbooks. */
const runs: RunReads = runReads;

type Composes = {
  readonly replayDeps: Pick<Composed['replayDeps'], 'unitOfWork' | 'results' | 'sealing' | 'audit'>;
};
type Has = Parameters<typeof incidentDeps>[0];

function draftDeps(has: Has): DraftDeps {
  const { audit, live, newId } = incidentDeps(has);
  return { reviews: reviewStore, runs, audit, live, newId };
}

/** What the act `recover` begins. */
export function draftOnRecovery(has: Has): RespondDeps['draftReview'] {
  const deps = draftDeps(has);
  return async (tx, incidentId, actor) => {
    await draftReview(deps, tx, incidentId, actor);
  };
}

function reviewDeps(composed: Composes, audit: AuditLog): ReviewDeps {
  const { unitOfWork, results, sealing } = composed.replayDeps;
  const has = { replayDeps: { audit } };
  return {
    ...draftDeps(has),
    ...{ unitOfWork, results, sealing, sha256 },
    people: peopleStore,
    incidents: incidentStore,
    notices: incidentDeps(has).notices,
  };
}

export const reviewDesk = (
  composed: Composes,
  audit: AuditLog,
  exporting: Pick<ExportDeps, 'bundle' | 'files'>,
): ReviewDesk => createReviewDesk({ ...reviewDeps(composed, audit), ...exporting });

/** Tells people once of what is late. */
export const reviewReminders = (composed: Composes) => () =>
  remindOfOverdue(reviewDeps(composed, composed.replayDeps.audit));
