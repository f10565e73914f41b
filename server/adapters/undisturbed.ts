/**
 * Whether what a replay took says anything about what the next one takes: one that was held back by a limit, paused,
 * or taken up again after a fault took longer than its work did. As a condition in SQL over a row of `replay`.
 * Whatever is taken up again is claimed once more, and each claim raises a fencing token.
 */
export const undisturbed = (replay: string): string => `(
  ${replay}.rate_limit IS NULL AND ${replay}.fencing_token <= 1
  AND NOT EXISTS (SELECT FROM replay_partition p WHERE p.replay_id = ${replay}.id AND p.fencing_token > 1)
  AND NOT EXISTS (SELECT FROM audit_entry a WHERE a.subject = 'replay:' || ${replay}.id
    AND a.outcome = 'done' AND a.action IN ('replay.pause', 'replay.set-rate')))`;
