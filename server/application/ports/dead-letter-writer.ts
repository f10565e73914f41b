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

type Stamped = Pick<WholeRecord, 'timestampMs'>;

/** Parks records in dead-letter topics that exist already. */
export interface DeadLetterWriter {
  /** null, or why nothing may be written. */
  readonly mayWrite: { readonly problem: string } | null;
  /**
   * A letter of that origin, where there is one. Reads the topic from a day before the record was written, when no letter
   * of it can have been, to its end; throws RepriseError history-unavailable where it can't before `signal` is raised, or
   * a transaction of somebody else stays open in it: what was not read is not known.
   */
  find(topic: string, origin: Origin, record: Stamped, signal: AbortSignal): Promise<LetterPlace | null>;
  /**
   * Key, value and headers as they are, with these headers behind them, where no letter of that origin is there: also
   * where others are about to write it, whom it bars. `sending` is waited for just before. Resolves when the record is on
   * all in-sync replicas.
   */
  writeOnce(
    topic: string,
    origin: Origin,
    letter: {
      readonly record: Pick<WholeRecord, 'key' | 'value' | 'headers'> & Stamped;
      readonly added: readonly (readonly [string, string])[];
    },
    on: { readonly signal: AbortSignal; readonly sending: () => Promise<void> },
  ): Promise<{ readonly place: LetterPlace; readonly already: boolean }>;
}
