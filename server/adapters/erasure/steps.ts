import type { ErasureStore } from '../../application/ports/erasures.ts';
import { erasableNames } from '../../domain/evidence/index.ts';
import { contentNames } from './texts.ts';
import { writtenForms } from './written-forms.ts';

type Of = 'stepRecords' | 'runningSteps' | 'besideRecord' | 'eraseBesideRecord';

/** Whether one of the forms is written in what is attached; it is looked at closely afterwards. */
const written = (forms: string) =>
  `(${forms}::text[] IS NULL OR EXISTS (SELECT FROM unnest(${forms}::text[]) AS form
     WHERE position(form IN convert_from(a.content, 'UTF8')) > 0))`;

/** What stands beside records of no replay. */
export const stepErasures: Pick<ErasureStore, Of> = {
  async stepRecords(tx, { contractId, days, match }) {
    const rows = await tx.query<{ id: string; contract: string }>(
      `SELECT e.id::text, e.contract_id AS contract FROM evidence_record e
       WHERE e.replay_id IS NULL AND ($1::text IS NULL OR e.contract_id = $1 OR (e.contract_id = '' AND $3::text[] IS NOT NULL))
         AND ($2::int IS NULL OR e.recorded_at < now() - $2 * interval '1 day')
         AND EXISTS (SELECT FROM evidence_attachment a WHERE a.evidence_id = e.id AND a.name = ANY ($4) AND ${written('$3')})
       ORDER BY e.recorded_at, e.id`,
      [contractId, days, match === null ? null : writtenForms(match), erasableNames],
    );
    return rows.map(({ id, contract }) => ({ evidenceId: id, contractId: contract }));
  },

  async runningSteps(tx, keys) {
    const rows = await tx.query<{ run: string; step: string; plan: string }>(
      `SELECT a.run_id::text AS run, a.step, a.plan FROM runbook_attempt a
       WHERE a.status IN ('awaiting-approval', 'queued', 'running')
         AND EXISTS (SELECT FROM unnest($1::text[]) AS form WHERE position(form IN a.plan) > 0)
       ORDER BY a.requested_at, a.id`,
      [writtenForms(keys)],
    );
    return rows.filter(({ plan }) => contentNames(plan, keys)).map(({ run, step }) => ({ runId: run, step }));
  },

  async besideRecord(tx, evidenceId, match) {
    const rows = await tx.query<{ name: string; content: Buffer | null }>(
      `SELECT a.name, CASE WHEN $3::text[] IS NOT NULL THEN a.content END AS content FROM evidence_attachment a
       WHERE a.evidence_id = $1 AND a.name = ANY ($2) AND ${written('$3')} ORDER BY a.name`,
      [evidenceId, erasableNames, match === null ? null : writtenForms(match)],
    );
    return rows
      .filter(
        ({ content }) => match === null || (content !== null && contentNames(content.toString(), match)),
      )
      .map(({ name }) => `${evidenceId}/${name}`);
  },

  async eraseBesideRecord(tx, erasure) {
    await tx.query(
      `INSERT INTO erasure (id, run_id, kind, contract_id, older_than_days, reason, erased_by, salt, key_hashes, counts,
         unusable, promotions, attachments)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, false, '{}', $11)`,
      [
        erasure.id,
        erasure.runId,
        erasure.kind,
        erasure.contractId,
        erasure.olderThanDays,
        erasure.reason,
        erasure.erasedBy,
        Buffer.from(erasure.salt),
        erasure.keyHashes,
        JSON.stringify(erasure.counts),
        erasure.attachments,
      ],
    );
    await tx.query(
      `DELETE FROM evidence_attachment WHERE evidence_id = ANY ($2::uuid[]) AND evidence_id || '/' || name = ANY ($1)`,
      [erasure.attachments, erasure.attachments.map((id) => id.slice(0, 36))],
    );
  },
};
