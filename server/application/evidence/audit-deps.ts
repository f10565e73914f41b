import type { Clock } from '../ports/clock.ts';
import type { CheckpointKeep, SinkStore } from '../ports/evidence-log.ts';
import type { IncidentSignals } from '../ports/incident-signals.ts';
import type { LogDeps } from './sign-checkpoint.ts';

export type AuditDeps = LogDeps & {
  readonly signals: IncidentSignals;
  readonly keeps: readonly CheckpointKeep[];
  readonly sinks: Pick<SinkStore, 'statesEver'>;
  readonly clock: Clock;
  /** Ends the audit with its reason, and nothing of it is kept. */
  readonly signal?: AbortSignal;
};
