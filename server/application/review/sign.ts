import { reviewRecord, statementText } from '../../domain/evidence/index.ts';
import { isOpen } from '../../domain/incident/index.ts';
import {
  changeWords,
  type ReviewDocument,
  type ReviewFacts,
  whatChanged,
  whatIsMissing,
  whyNotSign,
} from '../../domain/review/index.ts';
import { RepriseError } from '../../domain/shared/errors.ts';
import { refuseLost } from '../approval/refuse-stale.ts';
import { recordEvidence } from '../evidence/record-evidence.ts';
import type { IncidentRow } from '../ports/incidents.ts';
import type { ReviewRow, Signing } from '../ports/reviews.ts';
import type { Transaction } from '../ports/unit-of-work.ts';
import { type Asked, conflict, hold, notFound, type ReviewDeps, tell, wrong } from './deps.ts';
import { bytesOf, documentOf, opinionsOf, readParts } from './document.ts';
import { readFacts } from './draft.ts';

export function createSigning(deps: ReviewDeps) {
  return {
    /** Says that it can be signed as it stands, by its digest. */
    complete: ({ reviewId, personId }: Asked) =>
      deps.unitOfWork.run(async (tx) => {
        await refuseLost(deps, tx, personId, 'respond');
        const row = await hold(deps, tx, reviewId);
        if (row.status !== 'draft') throw conflict(`It is ${row.status} already.`);
        const parts = await readParts(deps.reviews, tx, row);
        const missing = whatIsMissing(opinionsOf(parts.texts), parts.actions);
        if (missing.length > 0) throw wrong('review', missing.join(' '));
        const { status, facts } = await readFacts(deps, tx, row.incidentId);
        if (isOpen(status))
          throw conflict('The incident is open again: its review is completed once it is over.');
        refuseStale(row, facts);
        const digest = deps.sha256((await bytesOf(deps.reviews, tx, documentOf(parts))).json);
        await deps.reviews.change(tx, row.id, {
          status: 'complete',
          completedDigest: digest,
          completedBy: personId,
          completedAt: await deps.reviews.now(tx),
        });
        await tell(deps, tx, row, { actor: personId, action: 'completed', detail: { digest } });
        return { digest };
      }),

    /** By somebody who neither wrote nor completed it. `digest` is of what they read: nothing else is signed. */
    sign: ({ reviewId, personId, digest }: Asked & { readonly digest: string }) =>
      deps.unitOfWork.run(async (tx) => {
        await refuseLost(deps, tx, personId, 'sign-review');
        // In the order in which a recovery holds them.
        const seen = await deps.reviews.get(tx, reviewId);
        const incident = seen === null ? null : await deps.incidents.lock(tx, seen.incidentId);
        if (incident === null) throw notFound(reviewId);
        const row = await hold(deps, tx, reviewId);
        if (isOpen(incident.status))
          throw conflict('The incident is open again: its review is signed once it is over.');
        const parts = await readParts(deps.reviews, tx, row);
        const roles = (await deps.people.standing(tx, personId))?.roles ?? [];
        const why = whyNotSign(
          { id: personId, roles },
          { status: row.status, authors: parts.authors, completedBy: row.completedBy },
        );
        if (why !== null)
          throw new RepriseError(row.status === 'complete' ? 'forbidden' : 'review-conflict', why);
        refuseStale(row, (await readFacts(deps, tx, row.incidentId)).facts);
        const document = documentOf(parts);
        const { json, markdown } = await bytesOf(deps.reviews, tx, document);
        if (row.completedDigest !== digest || deps.sha256(json) !== digest)
          throw conflict('It is not what you read: somebody has changed it meanwhile. Read it again.');
        const signing: Signing = {
          id: deps.newId(),
          reviewId,
          revision: row.revision,
          document: new TextEncoder().encode(json),
          digest,
          markdown: new TextEncoder().encode(markdown),
          markdownDigest: deps.sha256(markdown),
          signedBy: personId,
          signedAt: await deps.reviews.now(tx),
          evidenceId: deps.newId(),
        };
        await deps.reviews.sign(tx, signing);
        await deps.reviews.change(tx, row.id, { status: 'signed' });
        await reviewed(deps, tx, incident, signing);
        const { revision, evidenceId } = signing;
        await tell(deps, tx, row, {
          actor: personId,
          action: 'signed',
          detail: { revision, digest, evidenceId },
        });
        for (const topic of ['incidents', 'evidence']) await deps.live.notify(tx, topic);
        await recordSigning(deps, tx, document, signing, row.completedBy ?? '');
        await deps.incidents.linkEvidence(tx, incident.id, evidenceId, personId);
        return { revision, evidenceId };
      }),
  };
}

/** As many changes as one sentence holds. */
const MOST_CHANGES = 5;

/** Steps of a run go on after a recovery, and lines are starred: what is completed, and signed, is what is on record then. */
function refuseStale({ facts: kept, status }: Pick<ReviewRow, 'facts' | 'status'>, now: ReviewFacts): void {
  const changes = whatChanged(kept, now);
  if (changes.length === 0) return;
  const named = changes.slice(0, MOST_CHANGES).map(changeWords);
  const more = changes.length - named.length;
  throw conflict(
    `The facts here are older than what is on record (${named.join('; ')}${more > 0 ? `; and ${more} more` : ''}). Compute the facts anew, look at what has changed, and complete it ${status === 'complete' ? 'again' : 'then'}.`,
  );
}

/** The incident is reviewed with the first signature; later revisions change nothing about where it stands. */
async function reviewed(
  deps: ReviewDeps,
  tx: Transaction,
  incident: IncidentRow,
  signing: Signing,
): Promise<void> {
  const { reviewId, revision, digest, signedBy, signedAt, evidenceId } = signing;
  if (incident.status === 'recovered')
    await deps.incidents.change(tx, incident.id, { status: 'reviewed', version: incident.version + 1 });
  await deps.incidents.note(tx, {
    incidentId: incident.id,
    kind: 'reviewed',
    occurredAt: signedAt,
    actor: signedBy,
    detail: { reviewId, revision, digest, evidenceId },
  });
  await deps.audit.append(tx, {
    actor: signedBy,
    action: 'incident.reviewed',
    subject: `incident:${incident.id}`,
    outcome: 'done',
    detail: { reviewId, revision },
  });
}

async function recordSigning(
  deps: ReviewDeps,
  tx: Transaction,
  { facts, opinions, authors, actions }: ReviewDocument,
  signing: Signing,
  completedBy: string,
): Promise<void> {
  const { incident, figures } = facts;
  const text = statementText(
    reviewRecord({
      review_id: signing.reviewId,
      revision: signing.revision,
      incident: { id: incident.id, class: incident.class, kind: incident.kind },
      contract: incident.contractId === null ? null : { id: incident.contractId },
      document: signing.digest,
      markdown: signing.markdownDigest,
      times: {
        detect_ms: figures.detectMs,
        acknowledge_ms: figures.acknowledgeMs,
        recover_ms: figures.recoverMs,
      },
      counts: {
        sections_written: Object.values(opinions).filter((each) => each.trim() !== '').length,
        timeline: facts.timeline.length,
        evidence: facts.evidence.length,
        runs: facts.runs.length,
        attempts: facts.runs.reduce((sum, { attempts }) => sum + attempts.length, 0),
        actions: actions.length,
      },
      evidence: facts.evidence.map(({ evidenceId, digest }) => ({ id: evidenceId, sha256: digest })),
      authors: [...authors],
      completed_by: completedBy,
      signers: [signing.signedBy],
      signed_at: signing.signedAt.toISOString(),
    }),
  );
  await recordEvidence(deps, tx, { id: signing.evidenceId, text }, []);
}
