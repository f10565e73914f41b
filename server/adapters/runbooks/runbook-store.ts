import type {
  CurrentRunbook,
  RunbookProblem,
  RunbookStore,
  RunbookVersion,
} from '../../application/ports/runbooks.ts';
import type { Transaction } from '../../application/ports/unit-of-work.ts';
import type { Runbook } from '../../domain/runbook/index.ts';

type Row = {
  runbook_id: string;
  digest: string;
  file: string;
  registered_at: Date;
};
type WithRunbook = Row & { runbook: Runbook };

const head = (row: Row) => ({
  runbookId: row.runbook_id,
  digest: row.digest,
  file: row.file,
  registeredAt: row.registered_at.toISOString(),
});
const toVersion = (row: WithRunbook): RunbookVersion => ({ ...head(row), runbook: row.runbook });

async function readCurrent(tx: Transaction, id: string | null): Promise<readonly CurrentRunbook[]> {
  const rows = await tx.query<WithRunbook & { gone_at: Date | null }>(
    `SELECT c.runbook_id, c.digest, c.file, c.gone_at, v.registered_at, v.runbook
     FROM runbook_current c JOIN runbook_version v USING (runbook_id, digest)
     WHERE $1::text IS NULL OR c.runbook_id = $1
     ORDER BY v.runbook ->> 'failureMode' COLLATE "C", c.runbook_id COLLATE "C"`,
    [id],
  );
  const problems = await readProblems(tx);
  return rows.map((row) => ({
    ...toVersion(row),
    goneAt: row.gone_at?.toISOString() ?? null,
    problems: problems.filter(({ runbookId }) => runbookId === row.runbook_id),
  }));
}

const readProblems = (tx: Transaction) =>
  tx.query<RunbookProblem>(
    `SELECT file, runbook_id AS "runbookId", line, sentence FROM runbook_problem ORDER BY file COLLATE "C", line, id`,
  );

const lock = (tx: Transaction) => tx.query(`SELECT pg_advisory_xact_lock(hashtextextended('runbooks', 0))`);

/** Runbooks by version, and which is used. */
export const runbookStore: RunbookStore = {
  current: (tx) => readCurrent(tx, null),

  get: async (tx, id) => (await readCurrent(tx, id))[0] ?? null,

  async version(tx, id, digest) {
    const [row] = await tx.query<WithRunbook>(
      `SELECT runbook_id, digest, file, registered_at, runbook FROM runbook_version
       WHERE runbook_id = $1 AND digest = $2`,
      [id, digest],
    );
    return row === undefined ? null : toVersion(row);
  },

  async versions(tx, id) {
    const rows = await tx.query<Row>(
      `SELECT runbook_id, digest, file, registered_at FROM runbook_version
       WHERE runbook_id = $1 ORDER BY registered_at DESC, digest`,
      [id],
    );
    return rows.map(head);
  },

  async source(tx, id, digest) {
    const [row] = await tx.query<{ text: string }>(
      `SELECT convert_from(bytes, 'UTF8') AS text FROM runbook_version WHERE runbook_id = $1 AND digest = $2`,
      [id, digest],
    );
    return row?.text ?? null;
  },

  problems: readProblems,

  async register(tx, { file, digest, bytes, runbook }) {
    await lock(tx);
    const added = await tx.query(
      `INSERT INTO runbook_version (runbook_id, digest, file, bytes, runbook) VALUES ($1, $2, $3, $4, $5)
       ON CONFLICT DO NOTHING RETURNING digest`,
      [runbook.id, digest, file, Buffer.from(bytes), JSON.stringify(runbook)],
    );
    const changed = await tx.query(
      `INSERT INTO runbook_current AS c (runbook_id, digest, file) VALUES ($1, $2, $3)
       ON CONFLICT (runbook_id) DO UPDATE SET digest = excluded.digest, file = excluded.file, gone_at = NULL
       WHERE (c.digest, c.file) IS DISTINCT FROM (excluded.digest, excluded.file) OR c.gone_at IS NOT NULL
       RETURNING c.digest`,
      [runbook.id, digest, file],
    );
    return { isNew: added.length > 0, isChanged: changed.length > 0 };
  },

  async markGone(tx, ids) {
    await lock(tx);
    await tx.query(
      'UPDATE runbook_current SET gone_at = now() WHERE runbook_id = ANY($1) AND gone_at IS NULL',
      [ids],
    );
  },

  async replaceProblems(tx, problems) {
    await lock(tx);
    const before = await readProblems(tx);
    const now = problems.toSorted((a, b) => (a.file === b.file ? a.line - b.line : a.file < b.file ? -1 : 1));
    if (asText(before) === asText(now)) return false;
    await tx.query('DELETE FROM runbook_problem');
    for (const { file, runbookId, line, sentence } of now)
      await tx.query(
        'INSERT INTO runbook_problem (file, runbook_id, line, sentence) VALUES ($1, $2, $3, $4)',
        [file, runbookId, line, sentence],
      );
    return true;
  },
};

const asText = (problems: readonly RunbookProblem[]) =>
  JSON.stringify(problems.map(({ file, runbookId, line, sentence }) => [file, runbookId, line, sentence]));
