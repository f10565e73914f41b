/** Records of a partition at which a thread no longer answered: offsets `[from, to)`. */
export type StuckRecords = { readonly partition: number; readonly from: number; readonly to: number };

/**
 * Where a thread that runs a contract's code leaves word of what it does next, for whoever watches over it: once
 * that code never answers, the thread itself can say nothing any more. Written once a slice of records, and never
 * once an event.
 */
export interface Progress {
  /** Set where a job is done again because it stood still: then each call of the contract's code is told before it. */
  readonly closeLook: { readonly records: StuckRecords | null } | null;
  /** The records of a partition that are folded next. */
  folding(partition: number, from: number, to: number): void;
  /** They are folded. */
  folded(): void;
  /** The contract's code that is called next, as its field and the event type; null: it has answered. */
  calling(what: string | null): void;
}

/** What was left by a thread that stood still. */
export type Standing = {
  readonly records: StuckRecords | null;
  /** Null where it was not in the contract's code, or did not look closely. */
  readonly calling: string | null;
};
