import { z } from 'zod';
import type { OutputType } from './actions.ts';
import { toText } from './references.ts';
import { issuesSentence } from './resolve.ts';
import type { Argument, Condition, ParameterType, Reference } from './runbook.ts';

/** What is known of a reference's value before any run. */
export type TypeOf = (reference: Reference) => OutputType | null;

export const baseType = (type: ParameterType): OutputType =>
  type === 'integer' || type === 'offset' ? type : 'text';

const typeWords: Readonly<Record<OutputType, string>> = {
  text: 'text',
  integer: 'a whole number',
  offset: 'an offset',
  boolean: 'true or false',
};

/** Values that stand for those of a type: what takes none of them takes no value of it that anybody knows. */
const samples: Readonly<Record<OutputType, readonly unknown[]>> = {
  text: ['x', '1', '00000000-0000-4000-8000-000000000000'],
  integer: [0, 1, 60, '1'],
  offset: ['0', '1'],
  boolean: [true],
};

const accepts = (schema: z.ZodType, values: readonly unknown[]) =>
  values.some((value) => schema.safeParse(value).success);

/** Sentences of what is wrong with the value of one parameter of an action. A reference of unknown type passes. */
export function argumentMistakes(
  name: string,
  argument: Argument,
  schema: z.ZodType,
  typeOf: TypeOf,
): readonly string[] {
  switch (argument.kind) {
    case 'literal':
      return literalMistakes(name, argument.value, schema);
    case 'template':
      return misfits(name, schema, 'text', 'text with references in it');
    case 'reference': {
      const type = typeOf(argument.reference);
      return type === null
        ? []
        : misfits(name, schema, type, `\`${toText(argument.reference)}\`, which is ${typeWords[type]}`);
    }
    case 'list': {
      const inner = unwrapped(schema);
      if (!(inner instanceof z.ZodArray)) return [`\`${name}\` takes no list`];
      const { element } = inner;
      if (!(element instanceof z.ZodType)) return [];
      return argument.items.flatMap((item, at) => argumentMistakes(`${name}[${at}]`, item, element, typeOf));
    }
    case 'fields':
      return unwrapped(schema) instanceof z.ZodRecord ? [] : [`\`${name}\` takes no fields`];
  }
}

function literalMistakes(name: string, value: unknown, schema: z.ZodType): readonly string[] {
  const parsed = schema.safeParse(value);
  if (parsed.success || (typeof value === 'number' && schema.safeParse(String(value)).success)) return [];
  return [`\`${name}\`: ${issuesSentence(parsed.error)}`];
}

function misfits(name: string, schema: z.ZodType, type: OutputType, what: string): readonly string[] {
  if (accepts(schema, samples[type])) return [];
  // One of a few words: whether it is one of them nobody knows before the run.
  if (type === 'text' && unwrapped(schema) instanceof z.ZodEnum) return [];
  const wanted = (['integer', 'offset', 'text'] as const).find((each) => accepts(schema, samples[each]));
  return [`\`${name}\` takes ${wanted === undefined ? 'something else' : typeWords[wanted]}, not ${what}`];
}

function unwrapped(schema: unknown): unknown {
  return schema instanceof z.ZodOptional || schema instanceof z.ZodDefault
    ? unwrapped(schema.unwrap())
    : schema;
}

/** Sentences of comparisons that could never hold, or mean nothing. */
export function conditionMistakes({ all }: Condition, typeOf: TypeOf): readonly string[] {
  return all.flatMap(({ left, is, right }) => {
    const a = typeOf(left);
    const b = typeof right === 'object' ? typeOf(right) : literalType(right);
    if (a === null || b === null) return [];
    const isNumber = (type: OutputType) => type === 'integer' || type === 'offset';
    const text = toText(left);
    if (isNumber(a) !== isNumber(b) || (!isNumber(a) && a !== b))
      return [`\`${text}\` is ${typeWords[a]}, and is compared with ${typeWords[b]}`];
    if (!isNumber(a) && is !== '==' && is !== '!=')
      return [`\`${text}\` is ${typeWords[a]}: it can be == or !=, and has no order`];
    return [];
  });
}

function literalType(value: string | number | boolean): OutputType {
  if (typeof value === 'boolean') return 'boolean';
  if (typeof value === 'number') return 'integer';
  return /^-?\d{16,}$/.test(value) ? 'offset' : 'text';
}
