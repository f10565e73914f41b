import type { Sha256 } from '../../domain/shared/digests.ts';
import { RepriseError } from '../../domain/shared/errors.ts';
import type { RecordDeps } from '../evidence/record-evidence.ts';
import type { AuditLog } from '../ports/audit.ts';
import type { NewId } from '../ports/clock.ts';
import type { IncidentStore } from '../ports/incidents.ts';
import type { LiveNotifier } from '../ports/live.ts';
import type { NoticeOutbox } from '../ports/notices.ts';
import type { PeopleStore } from '../ports/people.ts';
import type { ReviewRow, ReviewStore } from '../ports/reviews.ts';
import type { RunReads } from '../ports/runbook-runs.ts';
import type { Transaction, UnitOfWork } from '../ports/unit-of-work.ts';

/** What beginning a draft needs. */
export type DraftDeps = {
  readonly reviews: ReviewStore;
  readonly runs: RunReads;
  readonly audit: AuditLog;
  readonly live: LiveNotifier;
  readonly newId: NewId;
};

/** What people's acts need beyond that. */
export type ReviewDeps = DraftDeps &
  RecordDeps & {
    readonly unitOfWork: UnitOfWork;
    readonly people: PeopleStore;
    readonly incidents: Pick<IncidentStore, 'lock' | 'change' | 'note' | 'linkEvidence'>;
    readonly notices: NoticeOutbox;
    readonly sha256: Sha256;
  };

export type Asked = { readonly reviewId: string; readonly personId: string };

export const conflict = (sentence: string) => new RepriseError('review-conflict', sentence);
export const wrong = (where: string, sentence: string) =>
  new RepriseError('input-invalid', sentence, { where });
export const notFound = (id: string) => new RepriseError('review-not-found', `There is no review ${id}.`);

/** Held until the transaction ends. */
export async function hold(deps: DraftDeps, tx: Transaction, id: string): Promise<ReviewRow> {
  const row = await deps.reviews.lock(tx, id);
  if (row === null) throw notFound(id);
  return row;
}

/** What was done: in the audit, and to whoever looks. */
export async function tell(
  deps: Pick<DraftDeps, 'audit' | 'live'>,
  tx: Transaction,
  row: Pick<ReviewRow, 'id' | 'incidentId'>,
  { actor, action, detail = {} }: { actor: string; action: string; detail?: Record<string, unknown> },
): Promise<void> {
  await deps.audit.append(tx, {
    actor,
    action: `review.${action}`,
    subject: `review:${row.id}`,
    outcome: 'done',
    detail: { incidentId: row.incidentId, ...detail },
  });
  for (const topic of ['reviews', `review:${row.id}`, `incident:${row.incidentId}`])
    await deps.live.notify(tx, topic);
}
