import { z } from 'zod';
import { incidentClasses } from '../contract/index.ts';
import { incidentKinds } from '../incident/index.ts';
import { type Against, type KnownContracts, noSuchContract } from './against.ts';
import { asType, isFrom } from './propose-parameters.ts';
import type { Located } from './raw.ts';
import {
  failureModes,
  type Parameter,
  parameterTypes,
  type Runbook,
  type RunbookMistake,
} from './runbook.ts';

const idForm = /^[a-z][a-z0-9-]{0,63}$/;
const idSentence = 'has lower-case letters, digits and -, and starts with a letter';
const line = (max: number) => z.string().trim().min(1, 'says nothing').max(max);
const oneOf = <const T extends readonly string[]>(values: T) =>
  z.enum(values, { error: ({ input }) => `${quoted(input)} is none of ${values.join(', ')}` });
const quoted = (value: unknown) => (value === undefined ? 'nothing' : JSON.stringify(value));

const parameter = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z][A-Za-z0-9_-]{0,63}$/, 'has letters, digits, _ and -, and starts with a small letter'),
  type: oneOf(parameterTypes),
  title: line(200),
  required: z.boolean().default(true),
  default: z
    .union([z.string().max(500), z.number()])
    .nullable()
    .default(null),
  from: z
    .string()
    .refine(isFrom, 'is none of incident.contract, incident.facts.<name>, incident.cause.<n>, contract.topic')
    .nullable()
    .default(null),
});

const front = z.strictObject({
  id: z.string().regex(idForm, idSentence),
  title: line(200),
  'failure-mode': oneOf(failureModes),
  severity: oneOf(incidentClasses),
  contracts: z.array(z.string().regex(idForm, idSentence)).max(100).default([]),
  owner: line(200),
  'last-rehearsed': z
    .string('is a day such as 2026-11-20, or never')
    .refine((text) => text === 'never' || isDay(text), 'is a day such as 2026-11-20, or never'),
  incidents: z
    .array(
      z
        .string()
        .max(200)
        .refine(
          (text) =>
            incidentKinds.some(
              (kind) => text === kind || (text.startsWith(`${kind}:`) && text.length > kind.length + 1),
            ),
          `begins with a kind of incidents: ${incidentKinds.join(', ')}`,
        ),
    )
    .max(50)
    .default([]),
  parameters: z.array(parameter).max(50).default([]),
});

function isDay(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  const at = Date.parse(`${text}T00:00:00Z`);
  return !Number.isNaN(at) && new Date(at).toISOString().startsWith(text);
}

export type Front = Omit<Runbook, 'introduction' | 'steps'>;

/** What stands before the text. null where it can't be read; mistakes go into `mistakes`. */
export function checkFront(located: Located, against: Against, mistakes: RunbookMistake[]): Front | null {
  const { value, lineOf } = located;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    mistakes.push({ line: 2, sentence: 'front matter is fields with values, such as id: poison-message' });
    return null;
  }
  const parsed = front.safeParse(value);
  if (!parsed.success) {
    for (const issue of parsed.error.issues) mistakes.push(...issueMistakes(issue, lineOf, value));
    return null;
  }
  const { data } = parsed;
  const parameters = checkParameters(data.parameters, lineOf, against, mistakes);
  for (const [at, id] of data.contracts.entries()) {
    const sentence =
      data.contracts.indexOf(id) === at ? noSuchContract(id, against.contracts) : `${id} is named twice`;
    if (sentence !== null) mistakes.push({ line: lineOf(['contracts', at]), sentence });
  }
  const rehearsed = data['last-rehearsed'];
  if (rehearsed !== 'never' && rehearsed > against.today)
    mistakes.push({
      line: lineOf(['last-rehearsed']),
      sentence: `\`last-rehearsed\`: ${rehearsed} has not come yet: it is ${against.today} at most, by the clock here`,
    });
  return {
    id: data.id,
    title: data.title,
    failureMode: data['failure-mode'],
    severity: data.severity,
    contracts: data.contracts,
    owner: data.owner,
    lastRehearsed: rehearsed === 'never' ? null : rehearsed,
    incidents: data.incidents,
    parameters,
  };
}

/** One mistake for each field that is unknown, missing or wrong, at its line. */
export function issueMistakes(
  issue: z.core.$ZodIssue,
  lineOf: Located['lineOf'],
  input: unknown,
): readonly RunbookMistake[] {
  const where = issue.path.map(String).join('.');
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => ({
      line: lineOf([...issue.path, key]),
      sentence: `there is no field \`${[...issue.path, key].map(String).join('.')}\``,
    }));
  const isMissing = issue.path.length > 0 && at(input, issue.path) === undefined;
  return [
    {
      line: lineOf(issue.path),
      sentence: isMissing
        ? `\`${where}\` is missing${issue.message.startsWith('nothing is none of') ? `: one of ${issue.message.slice('nothing is none of '.length)}` : ''}`
        : `\`${where}\`: ${issue.message}`,
    },
  ];
}

function at(input: unknown, path: readonly PropertyKey[]): unknown {
  let value: unknown = input;
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = Reflect.get(value, key);
  }
  return value;
}

function checkParameters(
  given: readonly z.output<typeof parameter>[],
  lineOf: Located['lineOf'],
  { contracts }: Against,
  mistakes: RunbookMistake[],
): readonly Parameter[] {
  const names = new Set<string>();
  return given.map((each, index) => {
    const path = ['parameters', index] as const;
    if (names.has(each.name))
      mistakes.push({
        line: lineOf([...path, 'name']),
        sentence: `two parameters are called \`${each.name}\``,
      });
    names.add(each.name);
    const value = each.default === null ? null : asType(each.type, String(each.default));
    const sentence = defaultMistake(each, value, contracts);
    if (sentence !== null) mistakes.push({ line: lineOf([...path, 'default']), sentence });
    return { ...each, default: value };
  });
}

function defaultMistake(
  { name, type, default: given }: z.output<typeof parameter>,
  value: string | number | null,
  contracts: KnownContracts,
): string | null {
  if (given === null) return null;
  if (value === null) return `the default of \`${name}\` is ${JSON.stringify(given)}, which is no ${type}`;
  if (String(value).includes('${'))
    return `the default of \`${name}\` stands as it is, and refers to nothing: no step has given anything yet`;
  return type === 'contract' ? noSuchContract(String(value), contracts) : null;
}
