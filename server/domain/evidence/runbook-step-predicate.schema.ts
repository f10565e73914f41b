import { z } from 'zod';
import { endedAttempts } from '../runbook/index.ts';
import {
  approvals,
  count,
  doesNotProve,
  failure,
  orNull,
  remarks,
  sha256Hex,
  software,
  text,
  times,
} from './predicate-parts.schema.ts';

/** The predicate of the record of one time that the action of a runbook's step was asked for. */
export const runbookStepPredicate = z.strictObject({
  attempt_id: text('Id of the attempt.'),
  run_id: text('Id of the run of the runbook.'),
  incident_id: orNull(text('Id of the incident that the run is of.'), 'Null where it is of none.'),
  contract_id: orNull(text('Id of the recovery contract that it is about.'), 'Null where it is about none.'),
  runbook: z
    .strictObject({
      id: text('Id of the runbook.'),
      digest: sha256Hex('Digest of the file that the run is pinned to.'),
    })
    .describe('The version of the runbook.'),
  step: text('Id of the step within the runbook.'),
  action: text('Name of the typed action.'),
  touches: z
    .enum(['nothing', 'reprise', 'outside'])
    .describe('What the action may change: nothing, rows of Reprise alone, or something outside.'),
  status: z
    .enum(endedAttempts)
    .describe(
      'How it ended. `refused`: an approver rejected it, or it looked and declined. `unknown`: nobody can tell whether it was done.',
    ),
  failure,
  plan_hash: sha256Hex(
    'Digest of what was asked for as canonical JSON: action, resolved parameters, digest of the runbook, step, what its preview froze and showed, and a salt. That stands in the attachment "result".',
  ),
  approvals_needed: count('Approvals by others than the requester that it needed.'),
  approvals,
  requested_by: text('Internal id of the person who asked for it.'),
  tries: count('How often a worker took it up.'),
  output_lines: count('Lines that it said while it was done.'),
  result: z
    .strictObject({ sha256: sha256Hex('Digest of the attachment "result", which has a salt.') })
    .describe('What was asked for, what was shown before, and what it gave. It may have been erased.'),
  remarks,
  times,
  software,
  does_not_prove: doesNotProve,
});
