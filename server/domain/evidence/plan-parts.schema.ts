import { z } from 'zod';
import {
  contractNamed,
  count,
  decimal,
  instant,
  orNull,
  partition,
  sha256Hex,
  text,
} from './predicate-parts.schema.ts';

const answers = (what: string) =>
  z
    .array(z.strictObject({ label: text('What is asked.'), value: text('What the contract answers.') }))
    .describe(what);

const description = z
  .strictObject({
    id: text('Id of the contract.'),
    title: text('Its title.'),
    description: text('What it says of itself.'),
    historyKind: z.enum(['kafka', 'postgres']).describe('Whether history is a topic or an event table.'),
    historyName: text('Name of the topic or table.'),
    compaction: z
      .enum(['none', 'last-value'])
      .describe('Whether only the last value of a key matters to it.'),
    derivedStates: z.array(z.string()).describe('Names of the derived states that it compares.'),
    invariants: z.array(z.string()).describe('Names of its invariants.'),
    eventTypes: z
      .array(
        z.strictObject({
          type: text('Type of the event.'),
          versions: z.array(z.number().int()).describe('Versions that it reads.'),
        }),
      )
      .describe('The events that it folds.'),
    approvals: z
      .strictObject({
        replay: count('Approvals that a replay needs.'),
        freeUpToEvents: orNull(count('Events up to which a replay needs none.'), 'Null where it always does.')
          .optional()
          .describe('Events up to which a replay needs none; null or absent where it always does.'),
        promotion: count('Approvals that a promotion needs.'),
      })
      .describe('The approvals that it asks for.'),
    maxEvidenceAgeHours: orNull(
      z.number().positive().describe('Hours that its latest trusted evidence may be old.'),
      'Null where it does not say.',
    )
      .optional()
      .describe('Hours that its latest trusted evidence may be old; null or absent where it does not say.'),
    answers: z
      .strictObject({
        history: answers('Where the authoritative history is.'),
        ordering: answers('In what order it holds.'),
        idempotency: answers('What makes two events the same.'),
        projection: answers('How events become state.'),
        scope: answers('What may be replayed.'),
        invariants: answers('What must hold.'),
        evidence: answers('What is recorded.'),
      })
      .describe('Its seven answers.'),
  })
  .nullable()
  .describe(
    'The contract as it was read, without its authors and budgets; null where it could not be, or is too long.',
  );

export const contractShown = contractNamed
  .extend({
    compaction: z
      .enum(['none', 'last-value'])
      .nullable()
      .describe('Whether the contract tolerates compaction; null where it could not be read.'),
    description,
  })
  .describe('The version of the contract, with its code and its answers.');

const offsets = {
  partition,
  from: decimal('First offset.'),
  to: decimal('Offset after the last one.'),
};

const scope = z
  .discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('all').describe('Everything.') }),
    z.strictObject({
      kind: z.literal('partitions').describe('Some partitions.'),
      partitions: z.array(z.number().int().min(0)).describe('Their numbers.'),
    }),
    z.strictObject({
      kind: z.literal('offsets').describe('Some offsets.'),
      ranges: z.array(z.strictObject(offsets)).describe('Which.'),
    }),
    z.strictObject({
      kind: z.literal('time').describe('What was recorded in a span of time.'),
      from: text('Its beginning, ISO 8601.'),
      to: text('Its end, which is no part of it, ISO 8601.'),
    }),
    z.strictObject({
      kind: z
        .literal('keys')
        .describe(
          'Some keys. Which ones is no part of a record; the plan hash covers them and a random salt, which is none either and goes when they are erased. Plans from before there was a salt have none.',
        ),
      key_count: count('How many.'),
    }),
  ])
  .describe('What somebody asked to have replayed.');

export const planShown = z
  .strictObject({
    format: z.literal('reprise.plan/v1').describe('Version of the plan.'),
    contract: contractNamed,
    scope,
    history: z
      .strictObject({
        kind: z.enum(['kafka', 'postgres']).describe('Whether history is a topic or an event table.'),
        name: text('Name of the topic or table.'),
        identity: text('Id of the topic, or the table with its oid: tells one that was made again.'),
        visibleBefore: z
          .string()
          .nullable()
          .describe(
            'Of an event table: rows of transactions before this one were complete; null of a topic.',
          ),
        partitionCount: count('Partitions that it had.'),
        cleanupPolicy: z.string().nullable().describe('The cleanup policy of the topic.'),
      })
      .describe('The history as it was when the replay was planned.'),
    ranges: z
      .array(
        z.strictObject({
          ...offsets,
          logStart: decimal('First offset that the log still held.'),
          lastStable: decimal('Offset after the last one that could be read.'),
          archiveUntil: orNull(
            decimal('Offset before which events come from an archive.'),
            'Null where none do.',
          ),
        }),
      )
      .describe('What was to be read of each partition.'),
    unread: z
      .array(
        z.strictObject({
          partition,
          from: decimal('First offset that could be had of it, from an archive or the log.'),
          logStart: decimal('First offset that the log still held.'),
          lastStable: decimal('Offset after the last one that could be read.'),
        }),
      )
      .optional()
      .describe(
        'The partitions that were not to be read, as they were. Left out where every one was, and by records that were made before it was written down: those do not tell what they leave out.',
      ),
    base: z
      .strictObject({
        replayId: text('Id of the replay.'),
        evidenceDigest: sha256Hex('Digest of its record.'),
        shadowDigest: sha256Hex('Digest of the state that it came to.'),
        visibleBefore: z.string().nullable().describe('As of the history, at that time.'),
      })
      .nullable()
      .describe('An earlier replay that this one goes on from; null where it began from nothing.'),
    compare: z.array(z.string()).describe('Names of the derived states to be compared.'),
    eventEstimate: decimal('Events that were expected.'),
    approvalsNeeded: count('Approvals by others than the requester that it needed.'),
    waivers: z
      .array(z.strictObject({ partition, offset: decimal('Offset of the record.') }))
      .optional()
      .describe('Records that may be set aside and the replay be trusted all the same.'),
    plannedAt: instant('When it was planned.'),
  })
  .nullable()
  .describe('What was to run; null where nothing was planned.');

export const readRanges = z
  .array(z.strictObject({ ...offsets, cursor: decimal('Offset up to which it was read.') }))
  .describe('How far each partition was read.');

export const seams = z
  .array(z.strictObject({ ...offsets, events: count('Events that both hold, and that were compared.') }))
  .describe('What archive and log both held of a partition that begins in an archive.');
