import { z } from 'zod';
import { count, doesNotProve, instant, remarks, sha256Hex, text } from './predicate-parts.schema.ts';

/** A record names so many incidents, the gravest first; more are counted. */
export const incidentsNamedAtMost = 100;

/** The predicate of the record that two people let something run without its approvals, or that this was reviewed. */
export const breakGlassPredicate = z.strictObject({
  act_id: text(
    'Id of the act. The record of what it let run names it as the `incident` of its `break_glass`.',
  ),
  stage: z
    .enum(['broken', 'reviewed'])
    .describe(
      'What this is the record of: that two people let it run, or that somebody else has reviewed that.',
    ),
  lets_run: z
    .strictObject({
      kind: z.enum(['replay', 'promotion']).describe('What it is.'),
      id: text('Its id.'),
      requested_by: text('Internal id of the person who asked for it.'),
    })
    .describe('What ran, or may run, without its approvals.'),
  contract: z
    .strictObject({
      id: text('Id of the recovery contract.'),
      version: z.number().int().min(1).describe('Version of the contract, from 1.'),
    })
    .describe('The version of the contract.'),
  plan_hash: sha256Hex('Digest of the plan that was looked at: no other may run by it.'),
  broken_by: z
    .array(
      z.strictObject({
        by: text('Internal id of the person.'),
        at: instant('When they said so, by the clock of the server.'),
      }),
    )
    .length(2)
    .describe('Who let it run: who began it, and who confirmed it.'),
  approvals: z
    .strictObject({
      needed: count('Approvals that the plan needs.'),
      counted: count('Approvals of different people that counted at that moment.'),
    })
    .nullable()
    .describe('How far it had come when it was let run; null in the record of a review.'),
  incidents_open: count('Incidents of the contract that were open when the glass was broken.'),
  incidents: z
    .array(z.string())
    .max(incidentsNamedAtMost)
    .describe(`Ids of these, the gravest first: at most ${incidentsNamedAtMost}.`),
  review: z
    .strictObject({
      by: text('Internal id of the person, who is none of the three.'),
      at: instant('When it was closed, by the clock of the server.'),
      act_record: z
        .strictObject({
          id: text('Id of the record of evidence.'),
          sha256: sha256Hex('Digest of that record.'),
        })
        .nullable()
        .describe('The record that the glass was broken; null where that was before such records were made.'),
    })
    .nullable()
    .describe('Who has reviewed it; null in the record that it was broken.'),
  remarks,
  does_not_prove: doesNotProve,
});
