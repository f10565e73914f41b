import type { AttemptStatus } from './runbook-runs.ts';

/** A new event that corrects an old one, as the service that owns the history is asked to publish it. */
export type Correction = {
  /** The same for every try. */
  readonly eventId: string;
  readonly type: string;
  readonly version: number;
  /** Ordering key: that of the event that it corrects. */
  readonly key: string;
  /** ISO 8601, UTC: when it was proposed. */
  readonly occurredAt: string;
  readonly data: Readonly<Record<string, unknown>>;
  readonly corrects: {
    readonly eventId: string;
    readonly originalValue: string;
    readonly correctedValue: string;
    readonly reason: string;
    /** Id of the person who asked for it. */
    readonly correctedBy: string;
    readonly ticket: string;
  };
};

/** An attempt, of whichever run, that has published a correction of an event, or may have. */
export type EarlierCorrection = {
  readonly attemptId: string;
  readonly runId: string;
  readonly runTitle: string;
  readonly status: AttemptStatus;
  readonly requestedBy: string;
  readonly requestedAt: Date;
  /** As it was approved. */
  readonly frozen: unknown;
};

/** The oldest first. */
export type CorrectionsBefore = (of: {
  readonly contract: string;
  readonly originalEventId: string;
}) => Promise<readonly EarlierCorrection[]>;

export type CorrectionService = {
  /** As sentences name it. */
  readonly name: string;
  /**
   * Resolves once the service has taken it; one that it has already is taken too. Throws RepriseError runbook-refused
   * where nothing was done, and any other error where that is not known.
   */
  publish(correction: Correction, signal: AbortSignal): Promise<void>;
};
