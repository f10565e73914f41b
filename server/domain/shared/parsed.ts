/** What a reader of hostile input gives back: the value, or why there is none. It never throws. */
export type Parsed<T, Code extends string> = { readonly ok: true; readonly value: T } | Refused<Code>;

/** `code` is of a closed list; the sentence says what was wrong and where. */
export type Refused<Code extends string> = {
  readonly ok: false;
  readonly code: Code;
  readonly sentence: string;
};

export const accepted = <T>(value: T): { readonly ok: true; readonly value: T } => ({ ok: true, value });
/** Sentences may quote what was read, which may be long. */
const sentenceMax = 1_000;

export const refused = <Code extends string>(code: Code, sentence: string): Refused<Code> => ({
  ok: false,
  code,
  sentence: sentence.length > sentenceMax ? `${sentence.slice(0, sentenceMax)}…` : sentence,
});
