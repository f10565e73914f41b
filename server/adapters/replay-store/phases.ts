import type { ResultStore } from '../../application/ports/result-store.ts';

type Phases = Pick<ResultStore, 'claimPhase' | 'holdPhase' | 'releasePhase' | 'fenceFolds' | 'setProblem'>;

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
    const [row] = await tx.query<{ retries: number }>(
      `UPDATE replay SET problem = $2, updated_at = clock_timestamp(),
         retries = CASE WHEN $2::text IS NULL THEN 0 ELSE retries + 1 END,
         retry_at = CASE WHEN $2::text IS NULL THEN NULL
                         ELSE clock_timestamp() + least(30, power(2, least(retries, 5))) * interval '1 s' END
       WHERE id = $1 AND ($2::text IS NOT NULL OR problem IS NOT NULL)
       RETURNING retries`,
      [replayId, problem],
    );
    return row?.retries ?? 0;
  },
};
