import { z } from 'zod';
import { count, doesNotProve, instant, remarks, sha256Hex, text } from './predicate-parts.schema.ts';

/** The predicate of the record of a decision about a replay or a promotion. */
export const approvalPredicate = z.strictObject({
  decision_id: text('Id of the decision.'),
  decides: z
    .strictObject({
      kind: z.enum(['replay', 'promotion']).describe('What it is.'),
      id: text('Its id.'),
    })
    .describe('What was decided about.'),
  contract: z
    .strictObject({
      id: text('Id of the recovery contract.'),
      version: z.number().int().min(1).describe('Version of the contract, from 1.'),
    })
    .describe('The version of the contract.'),
  plan_hash: sha256Hex('Digest of the plan that was looked at: the decision is about no other.'),
  verdict: z.enum(['approved', 'rejected']).describe('What was decided.'),
  by: text('Internal id of the person.'),
  decided_at: instant('When it was decided, by the clock of the server.'),
  expires_at: instant('Until when it counts.'),
  approvals: z
    .strictObject({
      needed: count('Approvals that the plan needs.'),
      counted: count('Approvals of different people that counted at that moment, this one among them.'),
    })
    .describe('How far it had come with this decision.'),
  break_glass: z
    .strictObject({
      incident: text('Id of the act, which is reviewed afterwards.'),
      by: z.array(z.string()).min(1).describe('Internal ids of the people who let it run.'),
    })
    .nullable()
    .describe('Who had let it run without its approvals by then; null where nobody had.'),
  remarks,
  does_not_prove: doesNotProve,
});
