import { exactNumberOrText } from './exact-number.ts';

/** Any number that a double does not hold as it is written has at least so many digits (IEEE 754, DBL_DIG), its point counted. */
const LONG = 16;
/** As many significant digits as a double's own print has at most. */
const MOST_DIGITS = 17;
const MINUS = 45;
/** What a number in JSON may stand behind: white space, a comma, a colon, a bracket. */
const SEPARATORS = [9, 10, 13, 32, 44, 58, 91];

/**
 * Parses JSON as JSON.parse does, but for a number that JavaScript can't hold exactly: it comes as its decimal text, so
 * that two keys or amounts that differ where they were written never become equal here. PostgreSQL writes a double with
 * no digit too many, so that a longer fraction from there is no double.
 */
export function parseExactly(text: string): unknown {
  return mayRound(text) ? JSON.parse(text, exactly) : JSON.parse(text);
}

/** The same for JSON of any program: many print a double with all of 17 digits, and then no other number is meant. */
export function parseAsMeant(text: string): unknown {
  return mayRound(text) ? JSON.parse(text, asMeant) : JSON.parse(text);
}

function asMeant(name: string, value: unknown, context?: { source?: string }): unknown {
  const { source = '' } = context ?? {};
  return source.includes('.') && digitsOf(source) <= MOST_DIGITS ? value : exactly(name, value, context);
}

/** See https://tc39.es/proposal-json-parse-with-source: the source text of a primitive, before it was rounded. */
function exactly(_name: string, value: unknown, context?: { source?: string }): unknown {
  if (typeof value !== 'number' || context?.source === undefined) return value;
  const { source } = context;
  if (source.length < LONG) return value;
  const [mantissa = '', exponent] = source.split(/e/i);
  if (exponent === undefined) return exactNumberOrText(source);
  return digitsOf(mantissa) > MOST_DIGITS ? source : value;
}

/** How many digits of a number without its exponent are significant. */
const digitsOf = (mantissa: string) => mantissa.replace(/^-?0*\.?0*/, '').replace('.', '').length;

/**
 * Whether a number in the text may be rounded; true also for some texts within strings that only look like one. This
 * stands in the fold's hot path: of a run of 16 characters one is always met, so that the others are not looked at.
 */
export function mayRound(text: string): boolean {
  let at = LONG - 1;
  while (at < text.length) {
    if (!isPartOfNumber(text.charCodeAt(at))) {
      at += LONG;
      continue;
    }
    let from = at;
    while (from > 0 && isPartOfNumber(text.charCodeAt(from - 1))) from -= 1;
    let to = at + 1;
    while (to < text.length && isPartOfNumber(text.charCodeAt(to))) to += 1;
    if (to - from >= LONG && isNumber(text, from) && isRounded(text.slice(from, to))) return true;
    at = to + LONG;
  }
  return false;
}

function isRounded(digits: string): boolean {
  if (!digits.includes('.')) return !Number.isSafeInteger(Number(digits));
  return String(Number(digits)) !== digits && typeof exactNumberOrText(digits) === 'string';
}

/** 0 to 9, or the decimal point. */
const isPartOfNumber = (code: number) => code === 46 || (code >= 48 && code <= 57);

/** Whether the digits from here on can be a number's, sign and all: behind a quote or a letter they are part of a text. */
function isNumber(text: string, from: number): boolean {
  const before = text.charCodeAt(from - 1) === MINUS ? from - 2 : from - 1;
  return before < 0 || SEPARATORS.includes(text.charCodeAt(before));
}
