import type { SinkKind, SinkStore } from '../../application/ports/evidence-log.ts';

type Row = {
  kind: SinkKind;
  target: string;
  last_success_at: Date | null;
  last_size: string | null;
  last_problem_at: Date | null;
  last_problem: string | null;
};

/** How the workers fare with what they send checkpoints to. Of another target than before, nothing is known yet. */
export const checkpointSinkStore: SinkStore = {
  async states(tx) {
    const rows = await tx.query<Row>(
      `SELECT kind, target, last_success_at, last_size::text, last_problem_at, last_problem FROM checkpoint_sink
       WHERE seen_at > now() - interval '1 hour' ORDER BY kind`,
    );
    return rows.map((row) => ({
      kind: row.kind,
      name: row.target,
      lastSuccessAt: row.last_success_at,
      lastSize: row.last_size === null ? null : Number(row.last_size),
      lastProblemAt: row.last_problem_at,
      lastProblem: row.last_problem,
    }));
  },

  async noteSuccess(tx, { kind, name }, size) {
    await tx.query(
      `INSERT INTO checkpoint_sink AS s (kind, target, seen_at, last_success_at, last_size)
       VALUES ($1, $2, clock_timestamp(), clock_timestamp(), $3)
       ON CONFLICT (kind) DO UPDATE SET target = excluded.target, seen_at = excluded.seen_at,
         last_success_at = excluded.last_success_at, last_size = excluded.last_size,
         last_problem = CASE WHEN s.target = excluded.target THEN s.last_problem END,
         last_problem_at = CASE WHEN s.target = excluded.target THEN s.last_problem_at END`,
      [kind, name, size],
    );
  },

  async noteSeen(tx, { kind, name }) {
    await tx.query('UPDATE checkpoint_sink SET seen_at = clock_timestamp() WHERE kind = $1 AND target = $2', [
      kind,
      name,
    ]);
  },

  async noteProblem(tx, { kind, name }, problem) {
    await tx.query(
      `INSERT INTO checkpoint_sink AS s (kind, target, seen_at, last_problem, last_problem_at)
       VALUES ($1, $2, clock_timestamp(), $3, clock_timestamp())
       ON CONFLICT (kind) DO UPDATE SET target = excluded.target, seen_at = excluded.seen_at,
         last_problem = excluded.last_problem, last_problem_at = excluded.last_problem_at,
         last_success_at = CASE WHEN s.target = excluded.target THEN s.last_success_at END,
         last_size = CASE WHEN s.target = excluded.target THEN s.last_size END`,
      [kind, name, problem],
    );
  },
};
