import { z } from 'zod';
import { incidentClasses } from '../contract/index.ts';
import { incidentKinds } from '../incident/index.ts';
import { count, doesNotProve, instant, sha256Hex, text } from './predicate-parts.schema.ts';

const span = (what: string) =>
  z.number().int().min(0).nullable().describe(`${what} Milliseconds; null where it was not measured.`);
const person = z.string().describe('Internal id of a person.');

/** The predicate of the record of a signed post-incident review. It holds no words of the review. */
export const reviewPredicate = z.strictObject({
  review_id: text('Id of the review.'),
  revision: z.number().int().min(1).describe('Which revision was signed, from 1.'),
  incident: z
    .strictObject({
      id: text('Its id.'),
      class: z.enum(incidentClasses).describe('Its class when the facts were computed.'),
      kind: z.enum(incidentKinds).describe('What opened it: a signal of this kind, or a person.'),
    })
    .describe('The incident that it looks back on.'),
  contract: z
    .strictObject({ id: text('Id of the recovery contract.') })
    .nullable()
    .describe('The contract of the incident; null where it is of none.'),
  document: sha256Hex('Digest of the review in canonical JSON (RFC 8785).'),
  markdown: sha256Hex('Digest of the review as Markdown, with names of people as they were.'),
  times: z
    .strictObject({
      detect_ms: span('From its beginning, as it was measured, until it was opened.'),
      acknowledge_ms: span('From when its clock began until somebody acknowledged it.'),
      recover_ms: span('From its beginning, as it was measured, until it was recovered.'),
    })
    .describe('How long it took.'),
  counts: z
    .strictObject({
      sections_written: count('Sections that people have written.'),
      timeline: count('Lines of the timeline that it shows.'),
      evidence: count('Records that it names.'),
      runs: count('Runs of runbooks.'),
      attempts: count('Attempts at steps of these.'),
      actions: count('Action items.'),
    })
    .describe('How much of what it holds.'),
  evidence: z
    .array(
      z.strictObject({
        id: text('Id of a record of evidence.'),
        sha256: sha256Hex('Digest of that record.'),
      }),
    )
    .describe('The records that it stands on.'),
  authors: z.array(person).describe('Whoever wrote any version of it.'),
  completed_by: text('Internal id of whoever said that it was complete.'),
  signers: z.array(person).min(1).describe('Whoever signed it.'),
  signed_at: instant('When it was signed, by the clock of the server.'),
  does_not_prove: doesNotProve,
});
