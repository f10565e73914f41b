import type { ResultStore } from '../../application/ports/result-store.ts';

type Phases = Pick<
  ResultStore,
  'claimPhase' | 'holdPhase' | 'releasePhase' | 'fenceFolds' | 'setProblem' | 'clearProblem'
>;

/** The lease on a replay as a whole: the row's own columns, by the database's clock. */
export const phaseLeases: Phases = {
  async claimPhase(tx, replayId, owner, leaseMs) {
    const [row] = await tx.query<{ fencing_token: string }>(
      `UPDATE replay SET lease_owner = $2, lease_until = clock_timestamp() + $3 * interval '1 ms',
         fencing_token = fencing_token + 1
       WHERE id = $1 AND (lease_until IS NULL OR lease_until <= clock_timestamp() OR lease_owner = $2)
         AND (status IN ('merging', 'comparing', 'explaining', 'checking', 'recording')
              OR (intent = 'cancel' AND status NOT IN ('finished', 'refused', 'failed', 'cancelled')))
       RETURNING fencing_token::text`,
      [replayId, owner, leaseMs],
    );
    return row === undefined ? null : { owner, token: BigInt(row.fencing_token) };
  },

  async holdPhase(tx, replayId, lease, leaseMs) {
    const rows = await tx.query<{ id: string }>(
      `UPDATE replay SET lease_until = clock_timestamp() + $3 * interval '1 ms'
       WHERE id = $1 AND fencing_token = $2 AND lease_owner IS NOT NULL
         AND status NOT IN ('finished', 'refused', 'failed', 'cancelled')
       RETURNING id`,
      [replayId, lease.token.toString(), leaseMs],
    );
    return rows.length > 0;
  },

  async releasePhase(tx, replayId, lease) {
    await tx.query(
      'UPDATE replay SET lease_owner = NULL, lease_until = NULL WHERE id = $1 AND fencing_token = $2',
      [replayId, lease.token.toString()],
    );
  },

  async fenceFolds(tx, replayId) {
    await tx.query(
      `UPDATE replay_partition SET fencing_token = fencing_token + 1, lease_owner = NULL, lease_until = NULL,
         events_per_second = NULL, status = CASE WHEN status = 'folding' THEN 'waiting' ELSE status END
       WHERE replay_id = $1 AND status <> 'folded'`,
      [replayId],
    );
  },

  async setProblem(tx, replayId, problem) {
    // Right-hand sides see the row as it was: what comes before the next try is due belongs to the last one.
    const [row] = await tx.query<{ retries: number; lasting: number }>(
      `UPDATE replay SET problem = $2, updated_at = clock_timestamp(),
         retries = CASE WHEN retry_at > clock_timestamp() THEN retries ELSE retries + 1 END,
         lasting = CASE WHEN retry_at > clock_timestamp() THEN greatest(lasting, $3::int) ELSE lasting + $3::int END,
         retry_at = CASE WHEN retry_at > clock_timestamp() THEN retry_at
                         ELSE clock_timestamp() + least(30, power(2, least(retries, 5))) * interval '1 s' END
       WHERE id = $1
       RETURNING retries, lasting`,
      [replayId, problem.sentence, problem.lasting ? 1 : 0],
    );
    return row ?? { retries: 0, lasting: 0 };
  },

  async clearProblem(tx, replayId) {
    const rows = await tx.query(
      `UPDATE replay SET problem = NULL, retries = 0, lasting = 0, retry_at = NULL, updated_at = clock_timestamp()
       WHERE id = $1 AND problem IS NOT NULL RETURNING id`,
      [replayId],
    );
    return rows.length > 0;
  },
};
