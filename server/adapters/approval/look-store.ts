import type { Look, LookStore } from '../../application/ports/looks.ts';
import type { Seen } from '../../domain/approval/index.ts';

type LookRow = {
  looked_at: Date;
  seen: Seen;
  previous_at: Date | null;
  previous_seen: Seen | null;
  visiting: boolean;
};

/** Looks in Reprise's own database. */
export const lookStore: LookStore = {
  async find(tx, { kind, id }, personId, visitMinutes) {
    const [row] = await tx.query<LookRow>(
      `SELECT looked_at, seen, previous_at, previous_seen,
         looked_at > now() - make_interval(mins => $4) AS visiting
       FROM approval_look WHERE subject_kind = $1 AND subject_id = $2 AND person_id = $3`,
      [kind, id, personId, visitMinutes],
    );
    if (row === undefined) return null;
    const last = { at: row.looked_at.toISOString(), what: row.seen };
    const previous =
      row.previous_at === null || row.previous_seen === null
        ? null
        : { at: row.previous_at.toISOString(), what: row.previous_seen };
    return { last, before: row.visiting ? previous : last, isVisiting: row.visiting };
  },

  async lastOf(tx, kind, ids, personId) {
    const rows = await tx.query<{ id: string; looked_at: Date; seen: Seen }>(
      `SELECT subject_id::text AS id, looked_at, seen FROM approval_look
       WHERE subject_kind = $1 AND subject_id = ANY ($2::uuid[]) AND person_id = $3`,
      [kind, ids, personId],
    );
    return new Map(
      rows.map((row): [string, Look] => [row.id, { at: row.looked_at.toISOString(), what: row.seen }]),
    );
  },

  async keep(tx, { kind, id }, personId, seen, visitMinutes) {
    await tx.query(
      `INSERT INTO approval_look AS l (subject_kind, subject_id, person_id, looked_at, seen)
       VALUES ($1, $2, $3, now(), $4)
       ON CONFLICT (subject_kind, subject_id, person_id) DO UPDATE SET
         previous_at = CASE WHEN l.looked_at > now() - make_interval(mins => $5) THEN l.previous_at ELSE l.looked_at END,
         previous_seen = CASE WHEN l.looked_at > now() - make_interval(mins => $5) THEN l.previous_seen ELSE l.seen END,
         looked_at = now(), seen = excluded.seen`,
      [kind, id, personId, JSON.stringify(seen), visitMinutes],
    );
  },

  async newestEvidence(tx, contractIds) {
    const rows = await tx.query<{ contract_id: string; id: string }>(
      `SELECT c.contract_id, e.id::text FROM unnest($1::text[]) AS c(contract_id)
       CROSS JOIN LATERAL (SELECT id FROM evidence_record WHERE contract_id = c.contract_id AND kind NOT IN ('approval', 'runbook-step', 'review', 'break-glass')
         ORDER BY recorded_at DESC, id DESC LIMIT 1) AS e`,
      [contractIds],
    );
    return new Map(rows.map((row) => [row.contract_id, row.id]));
  },

  async newestVersions(tx, contractIds) {
    const rows = await tx.query<{ contract_id: string; version: number }>(
      `SELECT contract_id, max(version) AS version FROM contract_version
       WHERE contract_id = ANY ($1) GROUP BY contract_id`,
      [contractIds],
    );
    return new Map(rows.map((row) => [row.contract_id, row.version]));
  },
};
