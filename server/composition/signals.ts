import type { IncidentSignals } from '../application/ports/incident-signals.ts';
import type { Log } from '../application/ports/log.ts';

/** Where what is wrong is told: a line in the log. */
export function incidentSignals(log: Log): IncidentSignals {
  return {
    async raise(_tx, { title, ...signal }) {
      log.warn({ ...signal, since: signal.since.toISOString() }, title);
      return { incidentId: signal.cause, isNew: true };
    },
    async clear(_tx, { sentence, cause, at, facts }) {
      log.warn({ cause, at: at.toISOString(), facts }, sentence);
    },
  };
}
