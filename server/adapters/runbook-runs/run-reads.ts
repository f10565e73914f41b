import type { AttemptSummary, RunReads } from '../../application/ports/runbook-runs.ts';
import type { Transaction } from '../../application/ports/unit-of-work.ts';
import { type SummaryRecord, summaryColumns, toSummary } from './run-store.ts';

type AttemptRecord = Omit<AttemptSummary, 'startedAt' | 'endedAt'> & {
  run: string;
  startedAt: Date;
  endedAt: Date | null;
};

/**
 * What a person did by hand is an attempt without an action; a step that was skipped is one that was called off, with
 * the reason as its sentence.
 */
async function attemptsOf(
  tx: Transaction,
  runIds: readonly string[],
): Promise<ReadonlyMap<string, readonly AttemptSummary[]>> {
  const rows = await tx.query<AttemptRecord>(
    `SELECT run_id::text AS run, id::text, step, section, title, action, status, requested_by AS by,
       requested_at AS "startedAt", ended_at AS "endedAt", sentence, evidence_id::text AS "evidenceId"
     FROM runbook_attempt WHERE run_id = ANY ($1::uuid[])
     UNION ALL
     SELECT m.run_id::text, m.id::text, m.step, s ->> 'section', s ->> 'title', NULL,
       CASE m.kind WHEN 'ticked' THEN 'succeeded' ELSE 'cancelled' END, m.actor, m.at, m.at,
       CASE m.kind WHEN 'ticked' THEN m.text ELSE 'Skipped: ' || m.text END, NULL
     FROM runbook_mark m JOIN runbook_run r ON r.id = m.run_id
     CROSS JOIN LATERAL jsonb_array_elements(r.runbook -> 'steps') AS s
     WHERE m.run_id = ANY ($1::uuid[]) AND m.kind IN ('ticked', 'skipped') AND s ->> 'id' = m.step
     ORDER BY 9, 2`,
    [runIds],
  );
  return new Map(
    [...Map.groupBy(rows, ({ run }) => run)].map(([id, attempts]) => [
      id,
      attempts.map(({ run: _, startedAt, endedAt, ...rest }) => ({
        ...rest,
        startedAt: startedAt.toISOString(),
        endedAt: endedAt?.toISOString() ?? null,
      })),
    ]),
  );
}

export const runReads: RunReads = {
  async ofIncident(tx, incidentId) {
    const runs = await tx.query<SummaryRecord>(
      `SELECT ${summaryColumns} FROM runbook_run r WHERE r.incident_id = $1 ORDER BY r.started_at, r.id`,
      [incidentId],
    );
    const attempts = await attemptsOf(
      tx,
      runs.map(({ id }) => id),
    );
    return runs.map((run) => ({ ...toSummary(run), attempts: attempts.get(run.id) ?? [] }));
  },
};
