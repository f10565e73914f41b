import type { Scalar } from '../../../domain/contract/index.ts';

/**
 * In which form figures stand at a path: as JSON's numbers, as text, or now so and now so. Of texts, how many decimals
 * each of them has; null where some are no figures. A reader that wants one form fails at the other, and comparing takes
 * both for the same figure: so what is written goes by what is there.
 */
export type FigureForm =
  | { readonly kind: 'number' }
  | { readonly kind: 'text'; readonly scale: number | 'varies' | null }
  | { readonly kind: 'mixed' };

/** By path, as found in the rows that were looked into; nothing where none of them has a number or a text there. */
export type FigureForms = ReadonlyMap<string, FigureForm>;

const figure = /^-?\d+(\.\d+)?$/;
const jsonNumber = /^-?(0|[1-9]\d*)(\.\d+)?$/;

/** What one value tells; null: it is neither a number nor a text. */
export function formOf(value: unknown): FigureForm | null {
  if (typeof value === 'number' || isRawJson(value)) return { kind: 'number' };
  if (typeof value !== 'string') return null;
  return { kind: 'text', scale: figure.test(value) ? decimalsOf(value) : null };
}

export function bothForms(one: FigureForm, another: FigureForm): FigureForm {
  if (one.kind !== 'text' || another.kind !== 'text')
    return one.kind === another.kind ? one : { kind: 'mixed' };
  if (one.scale === another.scale) return one;
  return { kind: 'text', scale: one.scale === null || another.scale === null ? null : 'varies' };
}

/**
 * What is to be written, in the form of what stands there, or else of the other rows. undefined: it is a figure, and
 * neither tells its form, or it has more decimals than they leave room for.
 */
export function inForm(wanted: Scalar, was: unknown, others: FigureForm | undefined): unknown {
  if (typeof wanted !== 'number' && !(typeof wanted === 'string' && figure.test(wanted))) return wanted;
  const own = formOf(was);
  const form = own ?? others;
  if (form === undefined || form.kind === 'mixed') return undefined;
  if (form.kind === 'number') {
    if (typeof wanted === 'number') return wanted;
    return jsonNumber.test(wanted) ? rawJson(wanted) : undefined;
  }
  // The contract's own text is the form that it wants.
  return typeof wanted === 'string' ? wanted : asText(wanted, [own, others]);
}

function asText(wanted: number, forms: readonly (FigureForm | null | undefined)[]): string | undefined {
  const text = String(wanted);
  if (!figure.test(text)) return undefined;
  const decimals = decimalsOf(text);
  for (const form of forms) {
    if (form?.kind !== 'text') continue;
    if (form.scale === 'varies') return text;
    if (form.scale === null || form.scale < decimals) continue;
    const zeros = '0'.repeat(form.scale - decimals);
    return decimals === 0 && form.scale > 0 ? `${text}.${zeros}` : `${text}${zeros}`;
  }
  return undefined;
}

function decimalsOf(text: string): number {
  const point = text.indexOf('.');
  return point < 0 ? 0 : text.length - point - 1;
}

// In every engine that runs this (V8 11.4), and not yet in TypeScript's library: tc39/proposal-json-parse-with-source.
const exact = JSON as unknown as {
  rawJSON(text: string): unknown;
  isRawJSON(value: unknown): boolean;
};
export const rawJson = (text: string) => exact.rawJSON(text);
const isRawJson = (value: unknown) => exact.isRawJSON(value);
