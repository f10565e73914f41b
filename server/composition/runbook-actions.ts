import { attemptStore } from '../adapters/runbook-runs/attempt-store.ts';
import type { AuditDeps } from '../application/evidence/audit-log.ts';
import type { AuditLog } from '../application/ports/audit.ts';
import type { JobSender } from '../application/ports/jobs.ts';
import type { ActionSet } from '../application/ports/runbook-actions.ts';
import type { Settings } from '../env.ts';
import type { Composed } from './compose.ts';
import { createLetterActions } from './runbook-actions-letters.ts';
import { createOutsideActions } from './runbook-actions-outside.ts';
import { ownActions } from './runbook-actions-own.ts';
import { compensateAction } from './runbook-corrections.ts';

/** Every action that a step of a runbook can name. */
export function actionSet(
  settings: Settings,
  composed: Composed,
  has: { readonly jobs: JobSender; readonly audit: AuditLog; readonly auditing: AuditDeps },
): ActionSet {
  return {
    ...ownActions(settings, composed, has),
    ...createOutsideActions(settings, composed),
    ...createLetterActions(composed, has.audit),
    compensate: compensateAction(settings, composed, (of) =>
      composed.replayDeps.unitOfWork.run((tx) => attemptStore.corrections(tx, of)),
    ),
  };
}
