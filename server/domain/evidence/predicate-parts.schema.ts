import { z } from 'zod';
import { invariantOutcomes, type LayerDoubt } from '../reconciliation/index.ts';

/*
 * What the predicates of several kinds of record have in common. Every object is strict: a field that nobody has
 * described is no part of a record of this version.
 */

export const count = (what: string) => z.number().int().min(0).describe(what);
export const sha256Hex = (what: string) =>
  z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .describe(`${what} SHA-256 in lower-case hexadecimal.`);
export const instant = (what: string) => z.iso.datetime().describe(`${what} ISO 8601 in UTC.`);
/** A whole number that may be beyond what JSON's numbers carry exactly. */
export const decimal = (what: string) =>
  z
    .string()
    .regex(/^(0|[1-9][0-9]*)$/)
    .describe(`${what} Decimal digits, as text.`);
export const text = (what: string) => z.string().describe(what);
export const flag = (what: string) => z.boolean().describe(what);

/** Described once, with when it is null: a description is of the schema that it stands on. */
export const orNull = <T extends z.ZodType>(schema: T, when: string) =>
  schema.nullable().describe(`${schema.description ?? ''} ${when}`);

export const partition = count('Number of the partition; 0 for an event table.');

export const contractNamed = z
  .strictObject({
    id: text('Id of the recovery contract.'),
    version: z.number().int().min(1).describe('Version of the contract, from 1.'),
    bundleDigest: sha256Hex('Digest of the code that ran.'),
  })
  .describe('The version of the contract, with its code.');

export const failure = z
  .strictObject({
    code: text('Code of the error, of a closed list. What was said of it stands in the remarks.'),
  })
  .nullable()
  .describe('Why it ended early; null where it did not.');

const appliedPosition = z.strictObject({
  partition,
  next: z
    .string()
    .regex(/^(0|[1-9][0-9]*)(:(0|[1-9][0-9]*))?$/)
    .describe(
      'The next offset that the derived state would apply, in decimal digits; of an event table a transaction id and a position with a colon between.',
    ),
});
export const appliedPositions = z
  .array(appliedPosition)
  .describe('How far the derived state had applied each partition; empty where its store does not say.');

const doubt = (what: string) => count(what).optional();
const layerDoubts = z
  .strictObject({
    absentMissing: doubt('Offsets that delivered nothing, and nothing explains why.'),
    absentCompacted: doubt('Offsets that compaction has removed.'),
    quarantined: doubt('Records that could not be folded.'),
    notDeterministic: doubt('Keys whose events gave another state the second time they were folded.'),
    erasedReads: doubt('Values of erased subjects that the projection asked for.'),
    conflictingDuplicates: doubt('Events that were delivered again with other content.'),
    keysInTwoPartitions: doubt('Keys whose events stand in more than one partition.'),
  } satisfies Record<LayerDoubt, z.ZodType>)
  .describe(
    'What of the events beyond the plan could not be relied on, by kind; a kind that is left out had none. Left out where all could be relied on, and by records that were made before it was counted.',
  );

export const comparisons = z
  .array(
    z.strictObject({
      derivedState: text('Name of the derived state, as the contract gives it.'),
      mode: z
        .enum(['at-position', 'settled'])
        .describe(
          'Whether it was compared at its exact position, or after waiting for differences to settle.',
        ),
      appliedPositions,
      keys: count('Keys compared.'),
      equal: count('Keys that agree.'),
      missing: count('Keys that history has and the derived state lacks.'),
      extra: count('Keys that the derived state has and history lacks.'),
      different: count('Keys that both have, with different values.'),
      eventsBehind: decimal('Events of the plan that the derived state had not applied yet.'),
      layerEvents: decimal('Events beyond the plan that were folded only to compare at the same position.'),
      layerDoubts: layerDoubts.optional(),
      unplaced: count(
        'Rows that were not compared: the replay has no state of their keys, whose events may stand in a partition that it has not read. Where the contract’s partitioner places keys by their hash, only rows that it gives to a partition in scope are counted. Left out where there were none, and by records that were made before it was counted.',
      ).optional(),
      diffDigest: sha256Hex('Digest of the differences, in order of the key.'),
      outcome: z.enum(['equal', 'behind', 'different', 'could-not-compare']).describe('What was found.'),
      comparedAt: instant('When it was read.'),
    }),
  )
  .describe('Each derived state that was to be compared with history.');

export const comparisonOutcomes = z
  .strictObject({
    equal: count('Derived states that agree.'),
    behind: count('Derived states that agree as far as they are.'),
    different: count('Derived states that differ.'),
    could_not_compare: count('Derived states that could not be read or compared.'),
  })
  .describe('Comparisons by outcome, also of those that the record does not list.');

const over = ['key', 'whole', 'sql'] as const;

export const invariants = z
  .array(
    z.strictObject({
      name: text('Name of the invariant, as the contract gives it.'),
      over: z
        .enum(over)
        .describe('Whether it is asked of each replayed key, of all of them together, or of the live store.'),
      outcome: z.enum(invariantOutcomes).describe('What was found.'),
      failing: count('Keys or rows that break it.'),
    }),
  )
  .describe('Each invariant of the contract.');

const outcomesOver = (what: string) =>
  z
    .strictObject({
      passed: count('Invariants that hold.'),
      failed: count('Invariants that are broken.'),
      could_not_run: count('Invariants that gave no answer.'),
      not_applicable: count('Invariants that this scope says nothing about.'),
    })
    .describe(what);

export const invariantOutcomesShown = z
  .strictObject({
    key: outcomesOver('Of invariants over each key.'),
    whole: outcomesOver('Of invariants over all keys together.'),
    sql: outcomesOver('Of invariants over the live store.'),
  })
  .describe('Invariants by outcome, also of those that the record does not list.');

export const approvals = z
  .array(
    z.strictObject({
      by: text('Internal id of the person.'),
      at: instant('When it was decided.'),
      verdict: z.enum(['approved', 'rejected']).describe('What was decided about the plan with this hash.'),
      void: z.string().nullable().describe('Why it did not count any more; null where it did.'),
    }),
  )
  .describe('What people decided about it.');

export const breakGlass = z
  .strictObject({
    incident: text('Id of the act, which is reviewed afterwards.'),
    by: z.array(z.string()).min(1).describe('Internal ids of the people who let it run.'),
    at: instant('When the last of them did.'),
  })
  .nullable()
  .describe('Who let it run without its approvals; null where nobody did.');

export const remarks = z
  .strictObject({ sha256: sha256Hex('Digest of the attachment "remarks".') })
  .describe('What was said in words. It stands beside the record and may have been erased.');

export const times = z
  .strictObject({
    requested_at: instant('When it was asked for.'),
    started_at: orNull(instant('When a worker took it up first.'), 'Null where none did.'),
    ended_at: instant('When it ended.'),
  })
  .describe('Its times, by the clock of the server.');

export const software = z
  .record(z.string(), z.string())
  .describe('Versions of the software that ran, by name.');

export const doesNotProve = z
  .array(z.string())
  .describe('What somebody might take this record to prove, and it does not, in sentences.');

export const cutParts = z
  .array(
    z.strictObject({
      of: text('The part, by its path in the predicate; its whole is the attachment of that name.'),
      count: count('Members that the whole has.'),
      shown: count('Members that the record shows, from the first.'),
      sha256: sha256Hex('Digest of the whole as canonical JSON.'),
      bytes: count('Bytes of the whole as canonical JSON in UTF-8.'),
    }),
  )
  .describe('Parts that the record shows the beginning of, so that it fits an entry of the log.');
