import { randomUUID } from 'node:crypto';
import type { IncidentSignals } from '../application/ports/incident-signals.ts';
import type { Log } from '../application/ports/log.ts';

/** Says in the log what would open an incident. */
export const incidentSignals = (log: Log): IncidentSignals => ({
  raise: (_tx, { kind, cause, title }) => {
    log.warn({ kind, cause }, title);
    return Promise.resolve({ incidentId: randomUUID(), isNew: true });
  },
  clear: (_tx, { cause, sentence }) => {
    log.info({ cause }, sentence);
    return Promise.resolve();
  },
});
