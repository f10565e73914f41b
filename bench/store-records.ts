import type pg from 'pg';
import type { Sha256 } from '../server/domain/shared/digests.ts';
import { type GeneratedRecord, generatedRecords } from './generated-evidence.ts';

const LOT = 500;

/** Stores generated records in lots, each lot in one transaction. `told` hears how many stand after each. */
export async function storeRecords(
  pool: pg.Pool,
  options: Parameters<typeof generatedRecords>[0],
  sha256: Sha256,
  told: (done: number) => void,
): Promise<number> {
  let lot: GeneratedRecord[] = [];
  let done = 0;
  const flush = async () => {
    await storeLot(pool, lot, sha256);
    done += lot.length;
    lot = [];
    told(done);
  };
  for (const record of generatedRecords(options, sha256)) {
    lot.push(record);
    if (lot.length === LOT) await flush();
  }
  if (lot.length > 0) await flush();
  await pool.query('VACUUM (ANALYZE) evidence_record, evidence_index, evidence_attachment, discrepancy');
  return done;
}

async function storeLot(pool: pg.Pool, lot: readonly GeneratedRecord[], sha256: Sha256): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    await client.query(
      `INSERT INTO evidence_record (id, kind, contract_id, replay_id, statement, digest, status, confidence, agreement,
         coverage_kind, events_processed, duplicates_skipped, projections_changed, reconciliation_failures,
         requested_by, recorded_at)
       SELECT r."id", r."kind", r."contractId", r."replayId", convert_to(r."statement", 'UTF8'), r."digest", r."status",
         r."confidence", r."agreement", r."coverageKind", r."eventsProcessed", r."duplicatesSkipped",
         r."projectionsChanged", r."reconciliationFailures", r."requestedBy", r."recordedAt"
       FROM json_to_recordset($1) AS r("id" uuid, "kind" text, "contractId" text, "replayId" uuid, "statement" text,
         "digest" text, "status" text, "confidence" text, "agreement" text, "coverageKind" text,
         "eventsProcessed" bigint, "duplicatesSkipped" bigint, "projectionsChanged" bigint,
         "reconciliationFailures" int, "requestedBy" text, "recordedAt" timestamptz)`,
      [JSON.stringify(lot.map(({ attachments: _, ...row }) => ({ ...row, digest: sha256(row.statement) })))],
    );
    const attached = lot.flatMap(({ id, attachments }) => attachments.map((each) => ({ id, ...each })));
    await client.query(
      `INSERT INTO evidence_attachment (evidence_id, name, digest, content)
       SELECT r."id", r."name", r."sha256", convert_to(r."text", 'UTF8')
       FROM json_to_recordset($1) AS r("id" uuid, "name" text, "sha256" text, "text" text)`,
      [JSON.stringify(attached)],
    );
    const keys = lot.flatMap((record) => record.keys.map((key) => ({ replayId: record.replayId, key })));
    await client.query(
      `INSERT INTO discrepancy (replay_id, derived_state, key, partition, kind, fields, magnitude)
       SELECT r."replayId", 'shop', r."key", 0, 'different', '[]', 1
       FROM json_to_recordset($1) AS r("replayId" uuid, "key" text)`,
      [JSON.stringify(keys)],
    );
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK');
    throw error;
  } finally {
    client.release();
  }
}
