import type { z } from 'zod';
import { type ActionName, type ActionParams, actions, isSpared } from './actions.ts';
import { toText } from './references.ts';
import type { Argument, Reference, StepAction } from './runbook.ts';

export type Resolved =
  | {
      readonly kind: 'resolved';
      readonly params: ActionParams<ActionName>;
      /** Parameters that it is done without, each with why: nothing gives what they refer to. */
      readonly without: readonly { readonly name: string; readonly sentence: string }[];
    }
  /** Something that it refers to has no value (yet): the sentence names it. */
  | { readonly kind: 'missing' | 'invalid'; readonly sentence: string };

type Value = { readonly value: unknown } | { readonly missing: Reference };

/**
 * What a step's action is done with, by the values of the run. `valueFor` answers undefined or null where there is no
 * value (yet); `titleOf` gives a step's title by its id, for the sentence.
 */
export function resolveArguments(
  action: Pick<StepAction, 'name' | 'args'>,
  valueFor: (reference: Reference) => unknown,
  titleOf: (step: string) => string | null = () => null,
): Resolved {
  const { params } = actions[action.name];
  const shape: Readonly<Record<string, z.ZodType>> = params.shape;
  const given: [string, unknown][] = [];
  const without: { name: string; sentence: string }[] = [];
  for (const [name, argument] of Object.entries(action.args)) {
    const result = resolveOne(argument, valueFor);
    if ('missing' in result) {
      const sentence = missingSentence(result.missing, titleOf);
      if (argument.kind !== 'reference' || !isSpared(action.name, name)) return { kind: 'missing', sentence };
      without.push({ name, sentence });
      continue;
    }
    given.push([name, suited(Object.hasOwn(shape, name) ? shape[name] : undefined, result.value)]);
  }
  const parsed = params.safeParse(Object.fromEntries(given));
  if (parsed.success) return { kind: 'resolved', params: parsed.data, without };
  return { kind: 'invalid', sentence: issuesSentence(parsed.error) };
}

function missingSentence(reference: Reference, titleOf: (step: string) => string | null): string {
  const text = `\`${toText(reference)}\``;
  if (reference.step === null) return `${text}: this run was given no value for it`;
  const title = titleOf(reference.step);
  return `${text}: the step ${title === null ? `\`${reference.step}\`` : `“${title}”`} has not given it`;
}

/** One sentence of what is wrong: `partition: expected number, received string`. */
export const issuesSentence = (error: z.ZodError): string =>
  error.issues
    .map(({ path, message }) => (path.length === 0 ? message : `${path.map(String).join('.')}: ${message}`))
    .join('; ');

function resolveOne(argument: Argument, valueFor: (reference: Reference) => unknown): Value {
  switch (argument.kind) {
    case 'literal':
      return { value: argument.value };
    case 'reference':
      return look(argument.reference, valueFor);
    case 'template':
      return join(argument.parts, valueFor);
    case 'list':
      return all(argument.items, valueFor);
    case 'fields': {
      const values = all(Object.values(argument.fields), valueFor);
      if ('missing' in values) return values;
      return {
        value: Object.fromEntries(Object.keys(argument.fields).map((name, at) => [name, values.value[at]])),
      };
    }
  }
}

function look(reference: Reference, valueFor: (reference: Reference) => unknown): Value {
  const value = valueFor(reference) ?? null;
  if (value === null) return { missing: reference };
  return { value: reference.plus === undefined ? value : added(value, reference.plus) };
}

function join(parts: readonly (string | Reference)[], valueFor: (reference: Reference) => unknown): Value {
  let text = '';
  for (const part of parts) {
    if (typeof part === 'string') {
      text += part;
      continue;
    }
    const found = look(part, valueFor);
    if ('missing' in found) return found;
    text += String(found.value);
  }
  return { value: text };
}

function all(
  items: readonly Argument[],
  valueFor: (reference: Reference) => unknown,
): { readonly value: readonly unknown[] } | { readonly missing: Reference } {
  const values: unknown[] = [];
  for (const item of items) {
    const result = resolveOne(item, valueFor);
    if ('missing' in result) return result;
    values.push(result.value);
  }
  return { value: values };
}

/** Whole numbers are numbers here and decimal text there: whichever the parameter takes. */
function suited(schema: z.ZodType | undefined, value: unknown): unknown {
  if (schema === undefined || schema.safeParse(value).success) return value;
  if (typeof value === 'number' && schema.safeParse(String(value)).success) return String(value);
  if (typeof value !== 'string' || !/^(0|[1-9]\d{0,14})$/.test(value)) return value;
  return schema.safeParse(Number(value)).success ? Number(value) : value;
}

/** What is no whole number stays, with what should be added: no action takes it, and the refusal shows it. */
function added(value: unknown, plus: number): unknown {
  if (typeof value === 'number') return value + plus;
  const text = String(value);
  return /^\d{1,19}$/.test(text) ? String(BigInt(text) + BigInt(plus)) : `${text} + ${plus}`;
}
