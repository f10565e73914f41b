import type { WholeRecord } from './topic-records.ts';

/** Where a letter was written, or stood already. */
export type LetterPlace = { readonly topic: string; readonly partition: number; readonly offset: bigint };

export type Origin = {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
  /** The derived state whose dead letter it is. */
  readonly state: string;
};

/** Parks records in dead-letter topics that exist already. */
export interface DeadLetterWriter {
  /** null, or why nothing may be written. */
  readonly mayWrite: { readonly problem: string } | null;
  /**
   * A letter of that origin, where there is one. Reads the topic to its end; throws RepriseError history-unavailable
   * where it can't before `signal` is raised, since what was not read is not known.
   */
  find(topic: string, origin: Origin, signal: AbortSignal): Promise<LetterPlace | null>;
  /**
   * Key, value and headers as they are, with these headers behind them. Resolves when the record is on all in-sync
   * replicas.
   */
  write(
    topic: string,
    record: Pick<WholeRecord, 'key' | 'value' | 'headers'>,
    added: readonly (readonly [string, string])[],
  ): Promise<LetterPlace>;
}
