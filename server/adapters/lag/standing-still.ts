import type pg from 'pg';
import type { StandingStill } from '../../application/ports/consumer-groups.ts';

/** Several contracts may follow one group: the newest sample counts. */
export function standingStill(pool: pg.Pool): StandingStill {
  return {
    async of(group, topic) {
      const { rows } = await pool.query<{ partition: number; committed: string | null; since: Date }>(
        `SELECT (w->>'partition')::integer AS partition, w->>'committed' AS committed,
                to_timestamp((w->>'sinceMs')::double precision / 1000) AS since
           FROM (SELECT waiting FROM lag_subject
                  WHERE kind = 'group' AND name = $1 AND topic = $2 AND retired_at IS NULL AND sampled_at IS NOT NULL
                  ORDER BY sampled_at DESC LIMIT 1) AS newest,
                jsonb_array_elements(newest.waiting) AS w
          WHERE w->>'sinceMs' IS NOT NULL ORDER BY 1`,
        [group, topic],
      );
      return rows.map(({ partition, committed, since }) => ({
        partition,
        committed: committed === null ? null : BigInt(committed),
        since,
      }));
    },
  };
}
