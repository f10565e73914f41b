import { z } from 'zod';
import { isDeferred, isDeferredSchema, notAtOnce } from './answers-at-once.ts';
import { budgetsSchema, sagaSchema, sentSchema } from './budget-schemas.ts';
import { type ContractMistake, crossMistakes, versionMistakes } from './cross-mistakes.ts';
import type { EngineContract, EventTypes } from './define.ts';

export type { ContractMistake };
export type CheckedContract =
  | { readonly contract: EngineContract; readonly problems?: undefined }
  | { readonly contract?: undefined; readonly problems: readonly ContractMistake[] };

const name = (what: string) =>
  z.string().min(1, `${what} is empty`).max(200, `${what} is longer than 200 characters`);
const identifier = z
  .string()
  .regex(
    /^[A-Za-z_][A-Za-z0-9_$]*(\.[A-Za-z_][A-Za-z0-9_$]*)?$/,
    'not a table or column name (letters, digits, _; a schema before one dot)',
  );
const fn = z
  .custom<(...args: never) => unknown>((value) => typeof value === 'function', 'has to be a function')
  .refine((value) => !isDeferred(value), notAtOnce);

const selector = z.discriminatedUnion('from', [
  z.strictObject({ from: z.literal('key') }),
  z.strictObject({ from: z.literal('header'), name: name('the header’s name') }),
  z.strictObject({ from: z.literal('value'), path: z.string() }),
  z.strictObject({ from: z.literal('column'), name: identifier }),
  z.strictObject({ from: z.literal('constant'), value: z.union([z.string(), z.number()]) }),
]);

const topicName = z
  .string()
  .regex(/^[a-zA-Z0-9._-]{1,249}$/, 'not a topic name (letters, digits, . _ -; at most 249)');

const kafka = z.strictObject({
  kind: z.literal('kafka'),
  topic: topicName,
  format: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('json') }),
    z.strictObject({
      kind: z.literal('registry'),
      schemas: z.enum(['avro', 'protobuf', 'json-schema', 'any']),
    }),
  ]),
  retention: z.union([z.literal('everything'), z.object({ days: z.number().positive() })]),
  compaction: z.enum(['none', 'last-value']),
  tombstones: z.union([z.literal('filter'), z.object({ asEvent: name('the event type') })]),
  archive: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'not an archive name (lower-case letters, digits, -)')
    .nullable(),
});

const postgres = z.strictObject({
  kind: z.literal('postgres'),
  connection: name('the connection'),
  table: identifier,
  position: identifier,
  transactionId: identifier,
  key: identifier,
  occurredAt: identifier.nullable(),
});

const applied = z
  .discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('per-partition'),
      table: identifier,
      partition: identifier,
      next: identifier,
      where: z.record(identifier, z.string()),
    }),
    z.strictObject({
      kind: z.literal('transaction'),
      table: identifier,
      transactionId: identifier,
      position: identifier,
      where: z.record(identifier, z.string()),
    }),
  ])
  .nullable();

const comparedFields = <Place extends z.ZodRawShape>(place: Place) =>
  z
    .record(name('the field'), z.strictObject({ ...place, expected: fn, shown: z.boolean().optional() }))
    .refine((fields) => Object.keys(fields).length > 0, 'names no field to compare');
const path = name('the path').regex(/^[^.]+(\.[^.]+)*$/, 'not a path such as total or stock.total');
const deadLetters = z
  .strictObject({
    topic: name('the topic'),
    id: selector,
    cause: selector.nullable(),
    redriveTo: topicName.nullable().optional(),
  })
  .nullable();

const derivedState = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('postgres'),
    title: name('the title'),
    connection: name('the connection'),
    table: identifier,
    key: identifier,
    fields: comparedFields({ column: identifier }),
    exists: fn.nullable(),
    position: applied,
    consumerGroup: z.string().nullable(),
    deadLetters,
  }),
  z.strictObject({
    kind: z.literal('kafka'),
    title: name('the title'),
    topic: topicName,
    fields: comparedFields({ path }),
    exists: fn.nullable(),
    consumerGroup: name('the consumer group'),
    historyTopic: z.string(),
    transactionalId: name('the transactional id').nullable(),
    deadLetters,
  }),
]);

const invariant = z.discriminatedUnion('over', [
  z.strictObject({ over: z.literal('key'), holds: fn }),
  z.strictObject({ over: z.literal('whole'), start: fn, add: fn, holds: fn }),
  z.strictObject({
    over: z.literal('sql'),
    connection: name('the connection'),
    query: z.string().min(1, 'the query is empty').max(20_000, 'the query is longer than 20,000 characters'),
  }),
]);

const eventType = z.object({
  versions: z
    .array(
      z.object({
        version: z.number().int().min(1),
        schema: z
          .custom<z.ZodType>((value) => isSchema(value), 'has to be a zod schema')
          .refine((value) => !isDeferredSchema(value), `${notAtOnce}, in no refinement or transformation`),
        upcast: fn.nullable(),
      }),
    )
    .min(1),
});

const scopeKinds = z.enum(['all', 'partitions', 'offsets', 'time', 'keys']);

const contractSchema = z.strictObject({
  id: z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,62}$/, 'not an id (lower-case letters, digits, -; starts with a letter)'),
  title: name('the title'),
  description: z.string().max(2000),
  authors: z.array(name('an author')).min(1, 'names no author; they are who may not approve'),
  history: z.discriminatedUnion('kind', [kafka, postgres]),
  envelope: z.strictObject({
    id: selector,
    type: selector,
    version: selector,
    data: selector,
    occurredAt: selector.nullable(),
  }),
  ordering: z.strictObject({
    key: selector,
    partitioner: z.enum(['murmur2', 'java-hash', 'single', 'none']),
    sequence: selector.nullable(),
  }),
  events: z
    .record(name('the event type'), eventType)
    .refine((types) => Object.keys(types).length > 0, 'names no event type'),
  ignored: z.array(name('the event type')),
  projection: z.strictObject({ initial: fn, apply: fn, route: fn.optional() }),
  derivedStates: z.record(
    z.string().regex(/^[a-z][a-z0-9_-]{0,62}$/, 'not a name for a derived state'),
    derivedState,
  ),
  invariants: z.record(
    z
      .string()
      .regex(/^[a-z][a-z0-9_]{2,120}$/, 'not a true sentence in snake_case, such as stock_is_never_negative'),
    invariant,
  ),
  erasure: z
    .strictObject({
      subject: selector,
      fields: z.array(name('the field')).min(1),
      keys: z.strictObject({
        connection: name('the connection'),
        table: identifier,
        subject: identifier,
        key: identifier,
      }),
    })
    .nullable(),
  scope: z.strictObject({
    allow: z.array(scopeKinds).min(1, 'allows no scope'),
    maxEvents: z.number().int().positive().nullable(),
  }),
  approvals: z.strictObject({
    replay: z.number().int().min(0).max(10),
    // Of a bundle that was stored before there were free limits: none.
    freeUpToEvents: z.number().int().positive().nullable().default(null),
    promotion: z.number().int().min(1, 'is always at least 1').max(10),
  }),
  // Of a bundle that was stored before evidence could have an age: none is said.
  evidence: z
    .strictObject({
      maxAgeHours: z
        .number('has to be a number of hours, such as 24')
        .positive('has to be more than 0 hours')
        .max(87_600, 'is more than 87,600 hours, which are ten years')
        .nullable()
        .default(null),
    })
    .default({ maxAgeHours: null }),
  budgets: budgetsSchema,
  sent: sentSchema,
  saga: sagaSchema,
  // Of a bundle that was stored before it could be said: none.
  corrections: z
    .strictObject({
      by: z.literal('service'),
      service: z
        .string()
        .regex(/^[a-z][a-z0-9_-]{0,62}$/, 'not a name of a service (lower-case letters, digits, _ -)'),
    })
    .nullable()
    .default(null),
});

function isSchema(value: unknown): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    'safeParse' in value &&
    typeof value.safeParse === 'function'
  );
}

/**
 * Checks the values of a contract that a bundle exports. It comes from another realm and of no known type, so
 * everything is checked here once; afterwards the engine takes it as it is. `stored`: a bundle that was registered
 * before fields that nobody knows were refused is replayed as it was then, without them.
 */
export function checkContract(value: unknown, { stored = false } = {}): CheckedContract {
  const first = contractSchema.safeParse(value);
  const unknown = first.success ? [] : first.error.issues.filter(isUnknownField);
  const parsed =
    stored && unknown.length > 0 ? contractSchema.safeParse(withoutFields(value, unknown)) : first;
  if (!parsed.success) return { problems: parsed.error.issues.flatMap(mistakesOf) };
  // zod copies plain objects; the functions and schemas in them are the bundle's own.
  const contract = parsed.data as unknown as EngineContract;
  const problems = [...versionMistakes(contract.events), ...crossMistakes(contract)];
  return problems.length > 0
    ? { problems }
    : { contract: withOwnTypes(contract, value as { events: EventTypes }) };
}

type UnknownFields = z.core.$ZodIssueUnrecognizedKeys;
const isUnknownField = (issue: z.core.$ZodIssue): issue is UnknownFields =>
  issue.code === 'unrecognized_keys';

function mistakesOf(issue: z.core.$ZodIssue): ContractMistake[] {
  const path = issue.path.map(String);
  if (isUnknownField(issue))
    return issue.keys.map((key) => ({
      field: [...path, key].join('.'),
      sentence: 'There is no such field here, and what it says would have no effect. Is it misspelt?',
    }));
  if (path.length > 0) return [{ field: path.join('.'), sentence: sentenceOf(issue) }];
  return [
    {
      field: 'default export',
      sentence: 'The file has to export a contract by default: export default defineContract({…}).',
    },
  ];
}

/** A copy along the paths of these fields, without them. */
function withoutFields(value: unknown, issues: readonly UnknownFields[]): unknown {
  return issues.reduce((rest, { path, keys }) => leaveOut(rest, path, keys), value);
}

function leaveOut(
  value: unknown,
  [first, ...rest]: readonly PropertyKey[],
  keys: readonly string[],
): unknown {
  const fields = Object.entries(value as Readonly<Record<string, unknown>>);
  if (first === undefined) return Object.fromEntries(fields.filter(([name]) => !keys.includes(name)));
  const copy = fields.map(
    ([name, each]) => [name, name === first ? leaveOut(each, rest, keys) : each] as const,
  );
  return Array.isArray(value) ? copy.map(([, each]) => each) : Object.fromEntries(copy);
}

/** Of a name that is none, zod says only that a key is invalid, and keeps what is wrong with it inside. */
function sentenceOf(issue: z.core.$ZodIssue): string {
  const inner = issue.code === 'invalid_key' ? issue.issues[0] : undefined;
  if (issue.code === 'invalid_type' && / received undefined$/.test(issue.message))
    return 'It is missing: a contract has to say it.';
  return inner?.message ?? issue.message;
}

/** The event types keep their identity: their schemas hold compiled parsers that a copy would lose. */
function withOwnTypes(contract: EngineContract, original: { readonly events: EventTypes }): EngineContract {
  return { ...contract, events: original.events };
}
