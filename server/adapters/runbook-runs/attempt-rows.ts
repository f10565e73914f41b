/** Columns of an attempt under the names of its row, without its plan. */
export const sketchColumns = `a.id::text, a.run_id::text AS "runId", a.step, a.section, a.title, a.action, a.touches, a.status,
  a.plan_hash AS "planHash", a.preview, a.approvals_needed AS "approvalsNeeded",
  a.timeout_seconds AS "timeoutSeconds", a.requested_by AS "requestedBy", a.requested_at AS "requestedAt",
  a.started_at AS "startedAt", a.ended_at AS "endedAt", a.tries, a.changing_since AS "changingSince", a.cancelled_by AS "cancelledBy",
  a.cancel_reason AS "cancelReason", a.sentence, a.code, a.outputs, a.shown, a.links, a.evidence_id::text AS "evidenceId"`;

/** With its plan. */
export const attemptColumns = `${sketchColumns}, a.plan`;
