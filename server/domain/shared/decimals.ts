const decimal = /^-?\d+(\.\d+)?$/;
const withExponent = /^(-?)(\d)(?:\.(\d+))?e([+-]\d+)$/;

/** A number, or decimal text, with all its digits and no exponent; null where it is no figure. */
export function decimalOf(value: unknown): string | null {
  if (typeof value !== 'number' && typeof value !== 'string') return null;
  const text = String(value);
  if (decimal.test(text)) return text;
  return typeof value === 'number' ? writtenOut(text) : null;
}

/** JavaScript writes 0.00000012 as `1.2e-7`, and from 1e21 on in the same way (ECMA-262, Number::toString). */
function writtenOut(text: string): string | null {
  const [, sign = '', whole, fraction = '', power] = withExponent.exec(text) ?? [];
  if (whole === undefined) return null;
  const digits = `${whole}${fraction}`;
  const exponent = Number(power);
  return exponent < 0
    ? `${sign}0.${'0'.repeat(-exponent - 1)}${digits}`
    : `${sign}${digits.padEnd(exponent + 1, '0')}`;
}

/**
 * The exact difference of two figures, as decimal text without trailing zeros: a binary double has no 0.3 to give for
 * 19.9 − 19.6. Null where either is no figure, so that a caller shows both values and no invented difference.
 */
export function differenceOf(of: unknown, from: unknown): string | null {
  const [left, right] = [decimalOf(of), decimalOf(from)];
  if (left === null || right === null) return null;
  const places = Math.max(fractionOf(left).length, fractionOf(right).length);
  const difference = scaled(left, places) - scaled(right, places);
  const sign = difference < 0n ? '-' : '';
  const digits = String(difference)
    .replace('-', '')
    .padStart(places + 1, '0');
  const at = digits.length - places;
  const fraction = digits.slice(at).replace(/0+$/, '');
  return `${sign}${digits.slice(0, at)}${fraction === '' ? '' : `.${fraction}`}`;
}

const fractionOf = (text: string): string => text.split('.')[1] ?? '';

function scaled(text: string, places: number): bigint {
  const [whole = '0'] = text.split('.');
  return BigInt(whole + fractionOf(text).padEnd(places, '0'));
}
