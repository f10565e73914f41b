import type { SinkKind, SinkState, SinkStore } from '../../application/ports/evidence-log.ts';

type Row = {
  kind: SinkKind;
  target: string;
  last_success_at: Date | null;
  last_size: string | null;
  last_problem_at: Date | null;
  last_problem: string | null;
};

const columns = 'kind, target, last_success_at, last_size::text, last_problem_at, last_problem';

const toState = (row: Row): SinkState => ({
  kind: row.kind,
  name: row.target,
  lastSuccessAt: row.last_success_at,
  lastSize: row.last_size === null ? null : Number(row.last_size),
  lastProblemAt: row.last_problem_at,
  lastProblem: row.last_problem,
});

/** How the workers fare with what they send checkpoints to: a row for each place. */
export const checkpointSinkStore: SinkStore = {
  async states(tx) {
    const rows = await tx.query<Row>(
      `SELECT ${columns} FROM checkpoint_sink WHERE seen_at > now() - interval '1 hour' ORDER BY kind, target`,
    );
    return rows.map(toState);
  },

  async statesEver(tx) {
    return (await tx.query<Row>(`SELECT ${columns} FROM checkpoint_sink ORDER BY kind, target`)).map(toState);
  },

  async noteSuccess(tx, { kind, name }, size) {
    await tx.query(
      `INSERT INTO checkpoint_sink (kind, target, seen_at, last_success_at, last_size)
       VALUES ($1, $2, clock_timestamp(), clock_timestamp(), $3)
       ON CONFLICT (kind, target) DO UPDATE SET seen_at = excluded.seen_at,
         last_success_at = excluded.last_success_at, last_size = excluded.last_size`,
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
      `INSERT INTO checkpoint_sink (kind, target, seen_at, last_problem, last_problem_at)
       VALUES ($1, $2, clock_timestamp(), $3, clock_timestamp())
       ON CONFLICT (kind, target) DO UPDATE SET seen_at = excluded.seen_at,
         last_problem = excluded.last_problem, last_problem_at = excluded.last_problem_at`,
      [kind, name, problem],
    );
  },
};
