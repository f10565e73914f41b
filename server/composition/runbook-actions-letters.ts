import { setTimeout as sleep } from 'node:timers/promises';
import type { AuditLog } from '../application/ports/audit.ts';
import type { ActionSet } from '../application/ports/runbook-actions.ts';
import { redriveAction } from '../application/runbook/actions/redrive.ts';
import type { Composed } from './compose.ts';
import { redriveAsking } from './dead-letters.ts';

/** What runbooks do with dead letters. */
export function createLetterActions(composed: Composed, audit: AuditLog): Pick<ActionSet, 'redrive'> {
  if (composed.kafka === null)
    return { redrive: { unavailable: 'No broker is configured: set KAFKA_BROKERS.' } };
  return {
    redrive: redriveAction({
      ...redriveAsking(composed, audit),
      pause: (ms, signal) => sleep(ms, undefined, { signal }).catch(() => undefined),
    }),
  };
}
