import type { Argument, Reference } from './runbook.ts';

/** `${name}` or `${step.output}`. */
const referenceForm = /\$\{\s*(?:([a-z][a-z0-9-]{0,63})\.)?([A-Za-z][A-Za-z0-9_-]{0,63})\s*\}/y;

/** As it is written in a file. */
export const toText = ({ step, name }: Reference): string =>
  step === null ? `\${${name}}` : `\${${step}.${name}}`;

export type Mistake = { readonly mistake: string };

/** Reads the reference that begins at `at`. null: none does. */
export function referenceAt(
  text: string,
  at: number,
): { readonly reference: Reference; readonly end: number } | null {
  referenceForm.lastIndex = at;
  const found = referenceForm.exec(text);
  const name = found?.[2];
  if (found === null || name === undefined) return null;
  return { reference: { step: found[1] ?? null, name }, end: referenceForm.lastIndex };
}

/** Text with its references told apart. A `${` that begins none is a mistake: it would be taken as it stands unseen. */
export function parseTemplate(text: string): Argument | Mistake {
  const parts: (string | Reference)[] = [];
  let from = 0;
  for (let at = text.indexOf('${'); at !== -1; at = text.indexOf('${', from)) {
    const found = referenceAt(text, at);
    if (found === null)
      return {
        mistake: `${JSON.stringify(text.slice(at, at + 40))} is no reference: write \${parameter} or \${step.output}`,
      };
    if (at > from) parts.push(text.slice(from, at));
    parts.push(found.reference);
    from = found.end;
  }
  if (from < text.length) parts.push(text.slice(from));
  const [first] = parts;
  if (first === undefined || (parts.length === 1 && typeof first === 'string'))
    return { kind: 'literal', value: text };
  if (parts.length === 1 && typeof first === 'object') return { kind: 'reference', reference: first };
  return { kind: 'template', parts };
}

/** A value of a file, with the references in it at any depth. */
export function parseArgument(value: unknown): Argument | Mistake {
  if (typeof value === 'string') return parseTemplate(value);
  if (Array.isArray(value)) return parseList(value);
  if (typeof value === 'object' && value !== null) return parseFields(Object.entries(value), value);
  return { kind: 'literal', value };
}

function parseList(values: readonly unknown[]): Argument | Mistake {
  const items: Argument[] = [];
  for (const value of values) {
    const item = parseArgument(value);
    if ('mistake' in item) return item;
    items.push(item);
  }
  return items.every((item) => item.kind === 'literal')
    ? { kind: 'literal', value: values }
    : { kind: 'list', items };
}

function parseFields(entries: readonly (readonly [string, unknown])[], whole: unknown): Argument | Mistake {
  const fields: [string, Argument][] = [];
  for (const [name, value] of entries) {
    const field = parseArgument(value);
    if ('mistake' in field) return field;
    fields.push([name, field]);
  }
  return fields.every(([, field]) => field.kind === 'literal')
    ? { kind: 'literal', value: whole }
    : { kind: 'fields', fields: Object.fromEntries(fields) };
}

/** Every reference in it, in order. */
export function referencesIn(argument: Argument): readonly Reference[] {
  switch (argument.kind) {
    case 'literal':
      return [];
    case 'reference':
      return [argument.reference];
    case 'template':
      return argument.parts.filter((part) => typeof part !== 'string');
    case 'list':
      return argument.items.flatMap(referencesIn);
    case 'fields':
      return Object.values(argument.fields).flatMap(referencesIn);
  }
}
