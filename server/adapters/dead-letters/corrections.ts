import type { Correction, CorrectionReads } from '../../application/ports/redrives.ts';

type Row = Omit<Correction, 'at'> & { readonly at: Date };

/** By the key that the contract has read from the edited record: what was erased has none. */
export const correctionReads: CorrectionReads = {
  async besideHistory(tx, { contractId, historyTopic }, { keys, redriveIds = [], originalEventId = null }) {
    const rows = await tx.query<Row>(
      `SELECT e.key, r.state AS "derivedState", e.event_id AS "eventId", r.id AS "redriveId", r.target,
         l.ended_at AS at
       FROM redrive_edit e JOIN redrive r ON r.id = e.redrive_id
       JOIN redrive_letter l ON l.redrive_id = r.id AND l.status = 'reprocessed'
       WHERE (e.key = ANY ($1::text[]) OR e.redrive_id = ANY ($4::uuid[]) OR e.original_event_id = $5::text) AND r.contract_id = $2
         AND r.target IS DISTINCT FROM $3
       ORDER BY r.requested_at, r.id`,
      [keys, contractId, historyTopic, redriveIds, originalEventId],
    );
    return rows.map((row) => ({ ...row, at: row.at.toISOString() }));
  },
};
