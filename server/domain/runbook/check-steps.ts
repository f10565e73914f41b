import { z } from 'zod';
import { type ActionName, actionNames, actions, type OutputType } from './actions.ts';
import { type KnownContracts, noSuchContract } from './against.ts';
import { argumentMistakes, conditionMistakes, type TypeOf } from './check-arguments.ts';
import { issueMistakes } from './check-front.ts';
import { parseCondition } from './conditions.ts';
import type { RawBlock, RawStep } from './raw.ts';
import { parseArgument, referencesIn, toText } from './references.ts';
import type {
  Argument,
  Condition,
  Reference,
  RunbookMistake,
  SectionName,
  Step,
  StepAction,
} from './runbook.ts';

const id = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,63}$/, 'has lower-case letters, digits and -, and starts with a letter')
  .optional();
const condition = z.union([z.string(), z.boolean()]).transform(String).optional();

const actionBlock = z.strictObject({
  id,
  action: z.enum(actionNames, {
    error: ({ input }) =>
      `${JSON.stringify(input ?? null)} is no action: there are ${actionNames.join(', ')}`,
  }),
  with: z.record(z.string(), z.json()).default({}),
  timeout: z.number().int().min(1).max(86_400).optional(),
  shows: condition,
  when: condition,
});
const stepBlock = z.strictObject({ id, when: condition });

/** What may be referred to, and what steps that came before give. */
export type Known = {
  readonly contracts: KnownContracts;
  /** null: the front matter is wrong, so that nobody knows them. */
  readonly parameters: ReadonlyMap<string, OutputType> | null;
  /** By id; null: a step without an action, which gives nothing; `wrong`: nobody can tell what it gives. */
  readonly steps: Map<string, ActionName | null | 'wrong'>;
  /** Of all steps of the file, to tell a later one from none. null: one has a block that can't be read. */
  readonly allIds: ReadonlySet<string> | null;
};

/** The id that a step has where its block names none: of its heading. */
export const idOf = (title: string): string =>
  title
    .normalize('NFKD')
    .replace(/[\u0300-\u036f’']/g, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^[^a-z]+|-+$/g, '')
    .slice(0, 64) || 'step';

/** The id as the block says it, before anything else of it is known to be right. */
export function saidId({ title, blocks }: RawStep): string {
  const value = blocks[0]?.data?.value;
  const said = typeof value === 'object' && value !== null && 'id' in value ? value.id : null;
  return typeof said === 'string' ? said : idOf(title);
}

/** One step with all of its mistakes. What is wrong in it never hides what is wrong in the next. */
export function checkStep(
  raw: RawStep,
  section: SectionName,
  known: Known,
  mistakes: RunbookMistake[],
): Step {
  const bare: Step = {
    id: saidId(raw),
    section,
    title: raw.title,
    body: raw.body,
    line: raw.line,
    action: null,
    when: null,
  };
  if (raw.title === '') mistakes.push({ line: raw.line, sentence: 'a step has a title' });
  if (known.steps.has(bare.id))
    mistakes.push({
      line: raw.blocks[0]?.line ?? raw.line,
      sentence: `two steps have the id \`${bare.id}\`: give one of them another \`id\` in its block (\`yaml action\`, or \`yaml step\`)`,
    });
  const [block, second] = raw.blocks;
  if (second !== undefined)
    mistakes.push({ line: second.line, sentence: 'a step has one block: make two steps of it' });
  const step = block === undefined ? bare : checkBlock(bare, block, known, mistakes);
  const isWrong = block?.kind === 'action' && step.action === null;
  known.steps.set(step.id, isWrong ? 'wrong' : (step.action?.name ?? null));
  return step;
}

function checkBlock(bare: Step, block: RawBlock, known: Known, mistakes: RunbookMistake[]): Step {
  const { data } = block;
  if (data === null) return bare;
  const at = (...path: PropertyKey[]) => data.lineOf(path);
  const schema = block.kind === 'action' ? actionBlock : stepBlock;
  const parsed = schema.safeParse(data.value ?? {});
  if (!parsed.success) {
    for (const issue of parsed.error.issues) mistakes.push(...issueMistakes(issue, data.lineOf, data.value));
    return bare;
  }
  const given: z.output<typeof stepBlock> & Partial<z.output<typeof actionBlock>> = parsed.data;
  const when = checkCondition(given.when, at('when'), 'when', known, mistakes);
  if (given.action === undefined) return { ...bare, when };
  const args = checkArguments(given.action, given.with ?? {}, at, known, mistakes);
  // By then it has given its own.
  const during: Known = { ...known, steps: new Map(known.steps).set(bare.id, given.action) };
  const shows = checkCondition(given.shows, at('shows'), 'shows', during, mistakes);
  if (shows !== null && bare.section !== 'symptoms')
    mistakes.push({
      line: at('shows'),
      sentence: '`shows` ticks a symptom, so it stands under Symptoms only',
    });
  const action: StepAction = {
    name: given.action,
    args,
    timeoutSeconds: given.timeout ?? actions[given.action].timeoutSeconds,
    shows,
  };
  return { ...bare, action, when };
}

function checkArguments(
  name: ActionName,
  given: Readonly<Record<string, unknown>>,
  at: (...path: PropertyKey[]) => number,
  known: Known,
  mistakes: RunbookMistake[],
): Readonly<Record<string, Argument>> {
  const shape: Readonly<Record<string, z.ZodType>> = actions[name].params.shape;
  const args: [string, Argument][] = [];
  for (const [field, value] of Object.entries(given)) {
    const line = at('with', field);
    const schema = Object.hasOwn(shape, field) ? shape[field] : undefined;
    if (schema === undefined) {
      const names = Object.keys(shape);
      mistakes.push({
        line,
        sentence: `${name} takes no \`${field}\`: it takes ${names.length === 0 ? 'nothing' : names.join(', ')}`,
      });
      continue;
    }
    const argument = parseArgument(value);
    if ('mistake' in argument) {
      mistakes.push({ line, sentence: `\`${field}\`: ${argument.mistake}` });
      continue;
    }
    for (const reference of referencesIn(argument)) refuseUnknown(reference, line, known, mistakes);
    for (const sentence of argumentMistakes(field, argument, schema, typesOf(known)))
      mistakes.push({ line, sentence });
    const noContract =
      field === 'contract' && argument.kind === 'literal' && typeof argument.value === 'string'
        ? noSuchContract(argument.value, known.contracts)
        : null;
    if (noContract !== null) mistakes.push({ line, sentence: `\`${field}\`: ${noContract}` });
    args.push([field, argument]);
  }
  for (const [field, schema] of Object.entries(shape))
    if (!Object.hasOwn(given, field) && !schema.safeParse(undefined).success)
      mistakes.push({ line: at('with'), sentence: `${name} needs \`${field}\` under \`with\`` });
  return Object.fromEntries(args);
}

function checkCondition(
  text: string | undefined,
  line: number,
  field: 'when' | 'shows',
  known: Known,
  mistakes: RunbookMistake[],
): Condition | null {
  if (text === undefined) return null;
  const parsed = parseCondition(text);
  if ('mistake' in parsed) {
    mistakes.push({ line, sentence: `\`${field}\`: ${parsed.mistake}` });
    return null;
  }
  for (const { left, right } of parsed.all)
    for (const reference of typeof right === 'object' ? [left, right] : [left])
      refuseUnknown(reference, line, known, mistakes);
  for (const sentence of conditionMistakes(parsed, typesOf(known)))
    mistakes.push({ line, sentence: `\`${field}\`: ${sentence}` });
  return parsed;
}

const typesOf =
  (known: Known): TypeOf =>
  ({ step, name }) => {
    if (step === null) return known.parameters?.get(name) ?? null;
    const action = known.steps.get(step) ?? null;
    if (action === null || action === 'wrong') return null;
    const outputs: Readonly<Record<string, OutputType>> = actions[action].outputs;
    return Object.hasOwn(outputs, name) ? (outputs[name] ?? null) : null;
  };

function refuseUnknown(reference: Reference, line: number, known: Known, mistakes: RunbookMistake[]): void {
  const wrong = (sentence: string) => {
    mistakes.push({ line, sentence: `\`${toText(reference)}\`: ${sentence}` });
  };
  const { step, name } = reference;
  const type = typesOf(known)(reference);
  if (reference.plus !== undefined && type !== null && type !== 'integer' && type !== 'offset')
    wrong(`nothing can be added to what is ${type === 'text' ? type : 'true or false'}`);
  if (step === null) {
    if (known.parameters?.has(name) === false) wrong('there is no such parameter');
    return;
  }
  const action = known.steps.get(step);
  if (action === 'wrong' || (action === undefined && known.allIds === null)) return;
  if (action === undefined)
    wrong(
      known.allIds?.has(step)
        ? `the step \`${step}\` comes later, or is this one: only steps before can be referred to`
        : `there is no step \`${step}\``,
    );
  else if (action === null) wrong(`the step \`${step}\` has no action, and gives nothing`);
  else if (!Object.hasOwn(actions[action].outputs, name))
    wrong(`${action} gives no \`${name}\`: it gives ${Object.keys(actions[action].outputs).join(', ')}`);
}
