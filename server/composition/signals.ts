import { randomUUID } from 'node:crypto';
import type { IncidentSignals } from '../application/ports/incident-signals.ts';
import type { Log } from '../application/ports/log.ts';

/** It opens no incident yet: what would is written to the log. */
export function incidentSignals(log: Log): IncidentSignals {
  return {
    raise: async (_, { kind, contractId, cause, suggestedClass, title }) => {
      log.warn({ kind, contractId, cause, suggestedClass }, title);
      return { incidentId: randomUUID(), isNew: true };
    },
    clear: async (_, { cause, sentence }) => log.info({ cause }, sentence),
  };
}
