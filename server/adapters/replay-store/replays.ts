import type {
  BaseCandidate,
  NewReplay,
  PartitionRow,
  ReplayChange,
  ReplayIntent,
  ReplayRow,
  ReplayStore,
  ShownPlan,
} from '../../application/ports/replay-store.ts';
import type { Transaction } from '../../application/ports/unit-of-work.ts';
import {
  type Counters,
  type Coverage,
  noCounts,
  type Plan,
  type ReplayStatus,
  type Scope,
} from '../../domain/replay/index.ts';
import { undisturbed } from '../undisturbed.ts';

type Row = {
  id: string;
  contract_id: string;
  contract_version: number;
  plan: string | null;
  plan_hash: string | null;
  scope: Scope;
  status: ReplayStatus;
  intent: ReplayIntent;
  resume_status: ReplayStatus | null;
  rate_limit: number | null;
  requested_by: string;
  reason: string;
  requested_at: Date;
  started_at: Date | null;
  ended_at: Date | null;
  failure_code: string | null;
  failure: string | null;
  cancelled_by: string | null;
  cancel_reason: string | null;
  counters: Counters | null;
  coverage: Coverage | null;
  shadow_digest: string | null;
  history_digest: string | null;
  evidence_id: string | null;
  confidence: ReplayRow['confidence'];
};

const columns = `id, contract_id, contract_version, plan, plan_hash, scope, status, intent, resume_status,
  rate_limit, requested_by, reason, requested_at, started_at, ended_at, failure_code, failure, cancelled_by,
  cancel_reason, counters, coverage, shadow_digest, history_digest, evidence_id, confidence`;

function toReplay(row: Row): ReplayRow {
  return {
    id: row.id,
    contractId: row.contract_id,
    contractVersion: row.contract_version,
    planText: row.plan,
    plan: row.plan === null ? null : (JSON.parse(row.plan) as Plan),
    planHash: row.plan_hash,
    scope: row.scope,
    status: row.status,
    intent: row.intent,
    resumeStatus: row.resume_status,
    rateLimit: row.rate_limit,
    requestedBy: row.requested_by,
    reason: row.reason,
    requestedAt: row.requested_at,
    startedAt: row.started_at,
    endedAt: row.ended_at,
    failureCode: row.failure_code,
    failure: row.failure,
    cancelledBy: row.cancelled_by,
    cancelReason: row.cancel_reason,
    counters: row.counters,
    coverage: row.coverage,
    shadowDigest: row.shadow_digest,
    historyDigest: row.history_digest,
    evidenceId: row.evidence_id,
    confidence: row.confidence,
  };
}

async function insert(tx: Transaction, replay: NewReplay): Promise<boolean> {
  const inserted = await tx.query(
    `INSERT INTO replay (id, contract_id, contract_version, plan, plan_hash, scope, status, rate_limit,
       requested_by, reason, failure_code, failure)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
     ON CONFLICT (id) DO NOTHING RETURNING id`,
    [
      replay.id,
      replay.contractId,
      replay.contractVersion,
      replay.planText,
      replay.planHash,
      JSON.stringify(replay.scope),
      replay.status,
      replay.rateLimit,
      replay.requestedBy,
      replay.reason,
      replay.failureCode,
      replay.failure,
    ],
  );
  if (inserted.length === 0) return false;
  for (const range of replay.plan?.ranges ?? []) {
    await tx.query(
      `INSERT INTO replay_partition (replay_id, partition, "from", "to", cursor, counters)
       VALUES ($1, $2, $3, $4, $3, $5)`,
      [replay.id, range.partition, range.from, range.to, JSON.stringify(noCounts)],
    );
  }
  return true;
}

async function find(tx: Transaction, id: string, lock: '' | 'FOR UPDATE' = ''): Promise<ReplayRow | null> {
  const [row] = await tx.query<Row>(`SELECT ${columns} FROM replay WHERE id = $1 ${lock}`, [id]);
  return row === undefined ? null : toReplay(row);
}

const columnOf: Readonly<Record<keyof ReplayChange, { readonly name: string; readonly json?: true }>> = {
  status: { name: 'status' },
  intent: { name: 'intent' },
  resumeStatus: { name: 'resume_status' },
  rateLimit: { name: 'rate_limit' },
  failureCode: { name: 'failure_code' },
  failure: { name: 'failure' },
  cancelledBy: { name: 'cancelled_by' },
  cancelReason: { name: 'cancel_reason' },
  counters: { name: 'counters', json: true },
  shadowDigest: { name: 'shadow_digest' },
  historyDigest: { name: 'history_digest' },
  confidence: { name: 'confidence' },
  confidenceReasons: { name: 'confidence_reasons' },
  agreement: { name: 'agreement' },
  coverage: { name: 'coverage', json: true },
  discrepancies: { name: 'discrepancies' },
  evidenceId: { name: 'evidence_id' },
};

async function change(tx: Transaction, id: string, what: ReplayChange): Promise<void> {
  const sets = ['updated_at = clock_timestamp()'];
  const values: unknown[] = [id];
  for (const [field, column] of Object.entries(columnOf)) {
    const value = what[field as keyof ReplayChange];
    if (value === undefined) continue;
    values.push(column.json && value !== null ? JSON.stringify(value) : value);
    sets.push(`${column.name} = $${values.length}`);
  }
  if (what.status !== undefined) {
    sets.push(`started_at = CASE WHEN $${values.push(what.status)} = 'folding'
                            THEN coalesce(started_at, clock_timestamp()) ELSE started_at END`);
    sets.push(`ended_at = CASE WHEN $${values.length} IN ('finished', 'refused', 'failed', 'cancelled')
                          THEN clock_timestamp() END`);
  }
  await tx.query(`UPDATE replay SET ${sets.join(', ')} WHERE id = $1`, values);
}

async function partitions(tx: Transaction, id: string): Promise<readonly PartitionRow[]> {
  const rows = await tx.query<{
    partition: number;
    from: string;
    to: string;
    cursor: string;
    status: PartitionRow['status'];
    counters: Counters;
    block_digests: Uint8Array;
    checkpoints: number;
    leased: boolean;
    seam: PartitionRow['seam'];
  }>(
    `SELECT partition, "from"::text, "to"::text, cursor::text, status, counters, block_digests, checkpoints, seam,
       coalesce(lease_until > clock_timestamp(), false) AS leased
     FROM replay_partition WHERE replay_id = $1 ORDER BY partition`,
    [id],
  );
  return rows.map((row) => ({
    replayId: id,
    partition: row.partition,
    from: BigInt(row.from),
    to: BigInt(row.to),
    cursor: BigInt(row.cursor),
    status: row.status,
    counters: row.counters,
    blockDigests: row.block_digests,
    checkpoints: row.checkpoints,
    leased: row.leased,
    seam: row.seam,
  }));
}

async function baseCandidates(
  tx: Transaction,
  contractId: string,
  bundleDigest: string,
): Promise<readonly BaseCandidate[]> {
  const rows = await tx.query<{ id: string; plan: string; digest: string; shadow_digest: string }>(
    `SELECT r.id, r.plan, e.digest, r.shadow_digest
     FROM replay r
     JOIN contract_version v ON v.contract_id = r.contract_id AND v.version = r.contract_version
     JOIN evidence_record e ON e.id = r.evidence_id
     WHERE r.contract_id = $1 AND v.digest = $2 AND r.status = 'finished' AND r.confidence = 'trusted'
       AND r.plan IS NOT NULL AND r.shadow_digest IS NOT NULL AND reprise_erased_why(r.id) IS NULL
     ORDER BY r.requested_at DESC, r.id DESC LIMIT 200`,
    [contractId, bundleDigest],
  );
  return rows.map((row) => ({
    replayId: row.id,
    plan: JSON.parse(row.plan) as Plan,
    evidenceDigest: row.digest,
    shadowDigest: row.shadow_digest,
  }));
}

async function pastRates(
  tx: Transaction,
  contractId: string,
): Promise<readonly { readonly events: number; readonly ms: number }[]> {
  return tx.query<{ events: number; ms: number }>(
    `SELECT ((counters->>'applied')::float8 + (counters->>'duplicates')::float8
           + (counters->>'filtered')::float8 + (counters->>'quarantined')::float8) AS events,
       extract(epoch FROM ended_at - started_at)::float8 * 1000 AS ms
     FROM replay
     WHERE contract_id = $1 AND status = 'finished' AND counters IS NOT NULL AND started_at IS NOT NULL
       AND ${undisturbed('replay')}
     ORDER BY requested_at DESC, id DESC LIMIT 5`,
    [contractId],
  );
}

async function lastPlan(tx: Transaction, contractId: string): Promise<Plan | null> {
  const [row] = await tx.query<{ plan: string }>(
    `SELECT plan FROM replay WHERE contract_id = $1 AND plan IS NOT NULL
     ORDER BY requested_at DESC, id DESC LIMIT 1`,
    [contractId],
  );
  return row === undefined ? null : (JSON.parse(row.plan) as Plan);
}

async function keepShown(
  tx: Transaction,
  { hash, text, coverage }: Parameters<ReplayStore['keepShown']>[1],
  forMs: number,
): Promise<void> {
  await tx.query('DELETE FROM previewed_plan WHERE expires_at <= clock_timestamp()');
  await tx.query(
    `INSERT INTO previewed_plan (plan_hash, plan, coverage, expires_at)
     VALUES ($1, $2, $3, clock_timestamp() + $4 * interval '1 ms')
     ON CONFLICT (plan_hash) DO UPDATE SET expires_at = excluded.expires_at`,
    [hash, text, JSON.stringify(coverage), forMs],
  );
}

async function findShown(tx: Transaction, hash: string): Promise<ShownPlan | null> {
  const [row] = await tx.query<{ plan: string; coverage: Coverage }>(
    'SELECT plan, coverage FROM previewed_plan WHERE plan_hash = $1 AND expires_at > clock_timestamp()',
    [hash],
  );
  return row === undefined ? null : { plan: JSON.parse(row.plan), text: row.plan, coverage: row.coverage };
}

export const replayStore: ReplayStore = {
  insert,
  find: (tx, id) => find(tx, id),
  lock: (tx, id) => find(tx, id, 'FOR UPDATE'),
  change,
  partitions,
  async erasedWhy(tx, id) {
    const [row] = await tx.query<{ why: string | null }>('SELECT reprise_erased_why($1) AS why', [id]);
    return row?.why ?? null;
  },
  baseCandidates,
  pastRates,
  lastPlan,
  keepShown,
  findShown,
};
