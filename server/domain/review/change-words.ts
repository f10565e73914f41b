/** What became of one fact, or of several of one kind. */
export type FactChange = {
  readonly what: string;
  /** As it was, and as it is; null: not there. */
  readonly before: string | null;
  readonly after: string | null;
  /** In words instead of both: of what is too long to stand side by side. */
  readonly says?: string;
};

/** One short line. */
export const changeWords = ({ what, before, after, says }: FactChange): string =>
  `${what}: ${says ?? `${before ?? 'not there'}, now ${after ?? 'not there'}`}`;
