import { z } from 'zod';
import { RepriseError } from '../../server/domain/shared/errors.ts';

const uuid = z.uuid();

/** Refuses what can't be the id of a replay: the database would only say that its syntax is wrong. */
export function checkReplayId(id: string): string {
  if (uuid.safeParse(id).success) return id;
  throw new RepriseError('replay-not-found', `There is no replay ${id}; reprise replays list names them.`);
}

/** The same for a review. */
export function checkReviewId(id: string): string {
  if (uuid.safeParse(id).success) return id;
  throw new RepriseError('review-not-found', `There is no review ${id}; reprise reviews list names them.`);
}

/** The same for an evidence record. */
export function checkEvidenceId(id: string): string {
  if (uuid.safeParse(id).success) return id;
  throw new RepriseError(
    'evidence-not-found',
    `There is no evidence record ${id}; reprise evidence list names them.`,
  );
}
