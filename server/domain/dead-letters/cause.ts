/** Why a letter was parked, in the form that letters of one cause have in common. */
export type CauseShape = {
  /** What stands before the message: an exception's class, or the code that a consumer uses. It is shown to everybody. */
  readonly exception: string;
  /** The message with figures, ids, addresses and quoted text replaced. */
  readonly shape: string;
};

const LONGEST = 500;

/**
 * What makes two messages of one cause differ, the more special first: a quotation may hold an id, an id may hold
 * figures. Each is bounded, so that a hostile message costs no more than its length.
 */
const placeholders: readonly (readonly [RegExp, string])[] = [
  [/"(?:[^"\\\n]|\\.){0,2000}"|“[^”\n]{0,2000}”|‘[^’\n]{0,2000}’|`[^`\n]{0,2000}`/g, '<text>'],
  // An apostrophe within a word (can't, SKU's) quotes nothing.
  [/(?<![\p{L}\p{N}])'[^'\n]{0,2000}'(?![\p{L}\p{N}])/gu, '<text>'],
  [/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi, '<id>'],
  [/[\w.+-]{1,100}@[\w-]{1,100}(?:\.[\w-]{1,60}){1,5}/g, '<address>'],
  [/\b\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d{1,9})?)?)?(?:Z\b|[+-]\d\d:?\d\d)?/g, '<time>'],
  [/\b0x[0-9a-f]+\b/gi, '<id>'],
  // A word with a figure in it is a name that somebody gave to one thing: SKU-1, order_17, a3f9.
  [/(?<![\p{L}\p{N}_-])(?=[\p{L}_-]*\p{N})[\p{L}\p{N}_-]*[\p{L}_][\p{L}\p{N}_-]*/gu, '<id>'],
  [/[-+]?\d+(?:[.,]\d+)*(?:e[-+]?\d+)?/gi, '<n>'],
];

/** A first word, and then its message. */
const leading = /^([\w.$-]{1,200})(?::\s+|\s*$)/;
/** `invalid-data`, `ECONNREFUSED`, `com.acme.BadEvent`: words of letters. What has a figure in it is a name of one thing. */
const ofLetters = /^[_$]?[A-Za-z]{1,60}(?:[._$-][A-Za-z]{1,60}){0,15}$/;
/** `Http2Exception`, `a.b.Utf8Error`: what calls itself an error may have figures in its name. */
const ofErrors =
  /^(?:[A-Za-z][A-Za-z0-9]{0,60}[.$]){0,15}[A-Z][A-Za-z0-9]{0,60}(?:Error|Exception|Failure|Fault)$/;
/** `Ada` is a person as likely as a class: of such words these alone are none. */
const aloneLikeNames = /^[A-Z][a-z]*$/;
const knownAlone: ReadonlySet<string> = new Set([
  'Error',
  'Exception',
  'Failure',
  'Fault',
  'Panic',
  'Timeout',
]);

/** Whether a word is the name of a class or a code, which everybody may read: it holds nothing of a record. */
const isClassLike = (word: string): boolean =>
  aloneLikeNames.test(word) ? knownAlone.has(word) : ofLetters.test(word) || ofErrors.test(word);

/** Whether an exception that was indexed may be shown to everybody: earlier rules let other words be one. */
export const isShownException = (exception: string): boolean =>
  exception === NO_CAUSE || isClassLike(exception);

const NO_CAUSE = 'no cause';

export function causeShape(cause: string | null): CauseShape {
  const text = cause?.trim().split('\n', 1)[0]?.trim() ?? '';
  if (text === '') return { exception: NO_CAUSE, shape: '' };
  const [begun = '', word = ''] = leading.exec(text) ?? [];
  const [matched, exception] = isClassLike(word) ? [begun, word] : ['', 'unnamed'];
  let shape = text.slice(matched.length, matched.length + 4 * LONGEST);
  for (const [what, placeholder] of placeholders) shape = shape.replace(what, placeholder);
  shape = shape.replace(/\s+/g, ' ').trim();
  return { exception, shape: shape.length > LONGEST ? `${shape.slice(0, LONGEST)}…` : shape };
}

/** The text that letters of one cause share, as its group is known by. */
export const causeText = ({ exception, shape }: CauseShape): string =>
  shape === '' ? exception : `${exception}: ${shape}`;
