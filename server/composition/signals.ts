import { randomUUID } from 'node:crypto';
import type { IncidentSignals } from '../application/ports/incident-signals.ts';
import type { Log } from '../application/ports/log.ts';

/** Says in the log alone what would open an incident. */
export function incidentSignals(log: Log): IncidentSignals {
  return {
    async raise(_tx, { cause, title, facts }) {
      log.warn({ cause, facts }, title);
      return { incidentId: randomUUID(), isNew: true };
    },
    async clear(_tx, { cause, sentence }) {
      log.warn({ cause }, sentence);
    },
  };
}
