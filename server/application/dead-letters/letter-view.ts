import type { LetterRow, Missing } from '../ports/dead-letters.ts';
import type { Correction, PastRedrive } from '../ports/redrives.ts';

/** What the contract's own code makes of the record now. */
export type Reading = {
  /** Which version of the contract read it. */
  readonly version: number;
  /** 'fails': the step and its words say why. 'filtered': the contract has no use for its type. */
  readonly outcome: 'reads' | 'fails' | 'filtered' | 'not-tried';
  readonly step: 'decode' | 'envelope' | 'validate' | 'upcast' | null;
  readonly sentence: string;
  readonly eventType: string | null;
  readonly eventVersion: number | null;
  readonly key: string | null;
};

export type LetterRecord = {
  readonly bytes: number | null;
  readonly keyText: string | null;
  readonly headers: readonly { readonly name: string; readonly value: string; readonly hidden: boolean }[];
  /** The value as JSON, its members hidden unless they were revealed; null: it has none, or can't be decoded. */
  readonly value: string | null;
  readonly valueHidden: boolean;
  /** The value as it was written, whole; null: it is hidden, is no text, or is too long to be edited. */
  readonly text: string | null;
};

export type LetterView = LetterRow & {
  /** null: it is in the topic no more, or `problem` says why it could not be read. */
  readonly record: LetterRecord | null;
  readonly problem: string | null;
  readonly reading: Reading | null;
  /** Other letters of the same event, the newest first; at most 20. */
  readonly same: readonly LetterRow[];
  /** Redrives that it was part of, the newest first. */
  readonly redrives: readonly PastRedrive[];
  /** Edited events in its place that a state has reprocessed, of which a replay has still to find that the history did not get them. */
  readonly beside: readonly Omit<Correction, 'key' | 'at'>[];
  readonly comparison: {
    /** null: nothing was compared yet. */
    readonly replayId: string | null;
    readonly at: string | null;
    /** Whether that was after the letter was parked: what was compared before says nothing of it. */
    readonly isSince: boolean;
    /** The event's ordering key; null: it can't be read, so nothing was looked for. */
    readonly key: string | null;
    /** Whether it replayed that key, and compared a derived state at it. */
    readonly isKeyReplayed: boolean;
    readonly missing: readonly Missing[];
  };
  /** Until when this viewer sees values; null: they are hidden. */
  readonly revealedUntil: string | null;
};
