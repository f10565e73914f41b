import type { EvidenceLogStore } from '../../application/ports/evidence-log.ts';
import type { HeldAttachment, ListedRow } from '../../domain/evidence/index.ts';

type Row = {
  id: string;
  statement: Buffer;
  digest: string;
  row: ListedRow;
  indexed: ListedRow | null;
  beside: HeldAttachment[];
};

/** As text, since a changed row may say any time there is, and the end of all. */
const at = (alias: 'e' | 'i') =>
  `to_char(${alias}.recorded_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

const common = (alias: 'e' | 'i') => `'kind', ${alias}.kind, 'contractId', ${alias}.contract_id,
  'replayId', ${alias}.replay_id, 'status', ${alias}.status, 'confidence', ${alias}.confidence,
  'agreement', ${alias}.agreement, 'coverageKind', ${alias}.coverage_kind,
  'requestedBy', ${alias}.requested_by, 'recordedAt', ${at(alias)}`;

/**
 * Records by their ids, with every column that a list shows of them, each of the table where the list takes it from, and
 * the digests of what stands beside them: a long part is not read for it.
 */
export const recordsOf: EvidenceLogStore['recordsOf'] = async (tx, ids) => {
  const rows = await tx.query<Row>(
    `SELECT e.id::text, e.statement, e.digest,
       jsonb_build_object(${common('e')}, 'eventsProcessed', e.events_processed,
         'duplicatesSkipped', e.duplicates_skipped, 'projectionsChanged', e.projections_changed,
         'reconciliationFailures', e.reconciliation_failures) AS row,
       CASE WHEN i.id IS NOT NULL THEN jsonb_build_object(${common('i')}, 'approvedBy', coalesce(i.approved_by, '{}'),
         'generated', i.generated) END AS indexed,
       coalesce((SELECT jsonb_agg(jsonb_build_object('name', a.name, 'said', a.digest,
         'sha256', encode(sha256(a.content), 'hex')) ORDER BY a.name)
         FROM evidence_attachment a WHERE a.evidence_id = e.id), '[]') AS beside
     FROM evidence_record e LEFT JOIN evidence_index i USING (id) WHERE e.id = ANY($1::text[]::uuid[])`,
    [ids],
  );
  return new Map(rows.map(({ id, ...record }) => [id, record]));
};

export const erasedOf: EvidenceLogStore['erasedOf'] = async (tx, parts) => {
  if (parts.length === 0) return new Set();
  const rows = await tx.query<{ part: string }>(
    `SELECT DISTINCT part FROM erasure e, unnest(e.attachments) AS part
     WHERE e.attachments && $1::text[] AND part = ANY ($1)`,
    [parts],
  );
  return new Set(rows.map(({ part }) => part));
};
