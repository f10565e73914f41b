import { isOpen } from '../../domain/incident/index.ts';
import { draftFacts, type ReviewFacts, sameFacts, whatChanged } from '../../domain/review/index.ts';
import { RepriseError } from '../../domain/shared/errors.ts';
import { refuseLost } from '../approval/refuse-stale.ts';
import type { ReviewRow } from '../ports/reviews.ts';
import type { Transaction } from '../ports/unit-of-work.ts';
import { type Asked, conflict, type DraftDeps, hold, type ReviewDeps, tell } from './deps.ts';

/** As a draft again: what was completed was something else. */
export const asDraft = {
  status: 'draft',
  completedDigest: null,
  completedBy: null,
  completedAt: null,
} as const;

/**
 * Begins the review of an incident, or gives the one that there is a new set of facts: a draft keeps what people wrote,
 * and of a signed one the next revision begins.
 */
export async function draftReview(
  deps: DraftDeps,
  tx: Transaction,
  incidentId: string,
  actor: string,
): Promise<string> {
  const existing = await deps.reviews.lockOf(tx, incidentId);
  const facts = (await readFacts(deps, tx, incidentId)).facts;
  if (existing === null) {
    const id = deps.newId();
    await deps.reviews.insert(tx, {
      id,
      incidentId,
      facts,
      factsAt: await deps.reviews.now(tx),
      createdBy: actor,
    });
    await tell(deps, tx, { id, incidentId }, { actor, action: 'drafted' });
    return id;
  }
  if (existing.status === 'signed') {
    await deps.reviews.change(tx, existing.id, { ...asDraft, revision: existing.revision + 1 });
    await tell(deps, tx, existing, {
      actor,
      action: 'revised',
      detail: { revision: existing.revision + 1, because: 'recovered again' },
    });
  }
  await keepFacts(deps, tx, existing, facts, actor);
  return existing.id;
}

/** What is on record now, and where its incident stands. */
export async function readFacts(deps: DraftDeps, tx: Transaction, incidentId: string) {
  const found = await deps.reviews.rows(tx, incidentId);
  if (found === null) throw new RepriseError('incident-not-found', `There is no incident ${incidentId}.`);
  const runs = (await deps.runs.ofIncident(tx, incidentId)).map(({ id, attempts, ...run }) => ({
    runId: id,
    title: run.title,
    digest: run.digest,
    status: run.status,
    startedBy: run.startedBy,
    startedAt: run.startedAt,
    endedAt: run.endedAt,
    attempts: attempts.map(({ id: _, section: __, ...attempt }) => attempt),
  }));
  return { status: found.status, facts: draftFacts({ ...found.rows, runs }) };
}

async function keepFacts(
  deps: DraftDeps,
  tx: Transaction,
  row: ReviewRow,
  facts: ReviewFacts,
  actor: string,
): Promise<void> {
  if (sameFacts(row.facts, facts)) return;
  const changed = whatChanged(row.facts, facts);
  await deps.reviews.change(tx, row.id, {
    ...asDraft,
    facts,
    factsAt: await deps.reviews.now(tx),
    changed,
  });
  await tell(deps, tx, row, { actor, action: 'facts-refreshed', detail: { changed: changed.length } });
}

export function createDrafting(deps: ReviewDeps) {
  return {
    /** By hand, of an incident that has none. */
    begin: ({ incidentId, personId }: { readonly incidentId: string; readonly personId: string }) =>
      deps.unitOfWork.run(async (tx) => {
        await refuseLost(deps, tx, personId, 'respond');
        const incident = await deps.incidents.lock(tx, incidentId);
        if (incident === null)
          throw new RepriseError('incident-not-found', `There is no incident ${incidentId}.`);
        const there = await deps.reviews.idOf(tx, incidentId);
        if (there !== null) return { reviewId: there };
        if (isOpen(incident.status))
          throw conflict('It is not over yet, and a review looks back: say that it is recovered first.');
        return { reviewId: await draftReview(deps, tx, incidentId, personId) };
      }),

    /** Computes the facts anew while it is not signed, and says what is otherwise. */
    refresh: ({ reviewId, personId }: Asked) =>
      deps.unitOfWork.run(async (tx) => {
        await refuseLost(deps, tx, personId, 'respond');
        const row = await hold(deps, tx, reviewId);
        if (row.status === 'signed')
          throw conflict('It is signed, so that its facts stay as they are. Begin a new revision.');
        const { facts } = await readFacts(deps, tx, row.incidentId);
        const changed = whatChanged(row.facts, facts);
        await keepFacts(deps, tx, row, facts, personId);
        return { changed };
      }),

    /** A correction of what is signed: the next revision, which has to be signed again. */
    revise: ({ reviewId, personId, reason }: Asked & { readonly reason: string }) =>
      deps.unitOfWork.run(async (tx) => {
        await refuseLost(deps, tx, personId, 'respond');
        const row = await hold(deps, tx, reviewId);
        if (row.status !== 'signed') throw conflict('It is not signed, so that it can be changed as it is.');
        const revision = row.revision + 1;
        await deps.reviews.change(tx, row.id, { ...asDraft, revision });
        await tell(deps, tx, row, { actor: personId, action: 'revised', detail: { revision, reason } });
        return { revision };
      }),
  };
}
