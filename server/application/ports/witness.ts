import type { Parsed } from '../../domain/shared/parsed.ts';

/** Why nothing could be read of a log: it can't be reached, or what it answers is nothing that a log would. */
export type LogFaultCode = 'unreachable' | 'rubbish';

/** How two checkpoints that a log has signed do not go together. */
export type StoryCode = 'rolled-back' | 'forked' | 'inconsistent';

export class LogFault extends Error {
  override readonly name = 'LogFault';
  readonly code: LogFaultCode;

  constructor(code: LogFaultCode, sentence: string) {
    super(sentence);
    this.code = code;
  }
}

/** A log as anybody reads it (C2SP tlog-tiles). It may be anybody's, and lie: what is read of it is bounded. */
export type LogSource = {
  /** The checkpoint that it shows now. Throws a LogFault. */
  checkpoint(): Promise<string>;
  /** The bytes of a tile by its path; null where it has none. Throws a LogFault. */
  tile(path: string): Promise<Uint8Array | null>;
  /** Hands a cosigned checkpoint back to it; a sentence why it was not taken. Throws a LogFault. */
  hand(note: string): Promise<Parsed<null, 'not-taken'>>;
};

/** What a witness has seen of a log. It outlives the process, and nothing in it is ever taken back. */
export type WitnessMemory = {
  /** The checkpoint that was believed last, and its number; null: none was ever. */
  newest(): Promise<{ readonly number: number; readonly note: string } | null>;
  /** Keeps what is believed from now on, for good, as the next after `number`. Throws where somebody else was faster. */
  remember(number: number, note: string): Promise<void>;
  /** What was cosigned of the checkpoint with this number; null: nothing yet. */
  cosigned(number: number): Promise<string | null>;
  keepCosigned(number: number, note: string): Promise<void>;
  /**
   * Keeps both notes side by side: together they show that the log told two stories. Where they are now; null where
   * there is no room left for what was refused by this code, so that neither is kept.
   */
  keepRefused(code: StoryCode, remembered: string, offered: string): Promise<string | null>;
};
