import type { CorrectionReads } from '../../application/ports/redrives.ts';

/** By the key that the contract has read from the edited record: what was erased has none. */
export const correctionReads: CorrectionReads = {
  besideHistory: (tx, { contractId, historyTopic }, keys) =>
    tx.query(
      `SELECT e.key, r.state AS "derivedState", e.event_id AS "eventId", r.id AS "redriveId", r.target
       FROM redrive_edit e JOIN redrive r ON r.id = e.redrive_id
       WHERE e.key = ANY ($1::text[]) AND r.contract_id = $2 AND r.target IS DISTINCT FROM $3
         AND EXISTS (SELECT FROM redrive_letter l WHERE l.redrive_id = r.id AND l.status = 'reprocessed')
       ORDER BY r.requested_at, r.id`,
      [keys, contractId, historyTopic],
    ),
};
