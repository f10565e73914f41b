import { z } from 'zod';
import {
  approvalPredicateType,
  breakGlassPredicateType,
  checkApproval,
  checkBreakGlass,
  checkPromotion,
  checkReview,
  checkRunbookStep,
  checkVerdict,
  isOutcomeUnknown,
  isPromotionRecord,
  type PromotionCheck,
  parseStatement,
  remarksName,
  resultName,
  reviewPredicateType,
  rowsName,
  runbookStepPredicateType,
} from '../../domain/evidence/index.ts';
import type { EvidenceAttachment, EvidenceDetail, EvidenceView } from '../views.ts';

const limits = z.object({
  predicate: z.object({
    does_not_prove: z.array(z.string()),
    attachments: z.array(z.object({ of: z.string(), count: z.number(), shown: z.number() })).default([]),
  }),
});

/** What a record found, for those who may not have its bytes. */
export function toEvidenceView(record: EvidenceDetail): EvidenceView {
  const {
    statementText: _text,
    statement,
    remarks: _remarks,
    remarksReplaced: _replaced,
    ...summary
  } = record;
  const read = limits.safeParse(statement);
  const doesNotProve = read.success ? limitsOf(read.data.predicate) : [];
  return {
    ...summary,
    doesNotProve,
    outcomeUnknown: isOutcomeUnknown(statement),
    check: checkRecord(record),
  };
}

/** A list that the record does not show in full says so: else it would read as if there were no more. */
function limitsOf({ does_not_prove, attachments }: z.infer<typeof limits>['predicate']): readonly string[] {
  const cut = attachments.find((each) => each.of === 'does_not_prove');
  if (cut === undefined) return does_not_prove;
  return [...does_not_prove, `And ${cut.count - cut.shown} more, which the record names by their digest.`];
}

const promotionPassed: Readonly<
  Record<Extract<PromotionCheck, { readonly outcome: 'passed' }>['by'], string>
> = {
  approvals: 'What became of its keys adds up, and as many others approved it as its plan asks for.',
  'broken-glass':
    'What became of its keys adds up, and two people let it be written without the approvals that its plan asks for.',
  'nothing-written':
    'It says that nothing was written, and counts no key as written; whether it was approved is not checked then.',
  'outcome-unknown':
    'It says that nobody can tell whether it was written, and counts no key as written; whether it was approved is not checked then.',
};

/** Whether confidence_status follows from the record's other fields, and is the one that lists show. */
export function checkRecord({ statement, confidence }: EvidenceDetail): EvidenceView['check'] {
  if (isPromotionRecord(statement)) {
    const check = checkPromotion(statement);
    if (check.outcome === 'failed') return check;
    return { outcome: 'passed', sentence: promotionPassed[check.by] };
  }
  const known = parseStatement(statement);
  if (known.ok && known.value.predicateType === approvalPredicateType) {
    const check = checkApproval(known.value.predicate);
    if (check.outcome === 'failed') return check;
    return { outcome: 'passed', sentence: 'The decision had not run out, and counts what it says.' };
  }
  if (known.ok && known.value.predicateType === runbookStepPredicateType) {
    const check = checkRunbookStep(known.value.predicate);
    if (check.outcome === 'failed') return check;
    return { outcome: 'passed', sentence: 'What it says of its end, times and approvals agrees.' };
  }
  if (known.ok && known.value.predicateType === reviewPredicateType) {
    const check = checkReview(known.value.predicate);
    if (check.outcome === 'failed') return check;
    return { outcome: 'passed', sentence: 'It was signed by somebody who neither wrote nor completed it.' };
  }
  if (known.ok && known.value.predicateType === breakGlassPredicateType) {
    const check = checkBreakGlass(known.value.predicate);
    if (check.outcome === 'failed') return check;
    return {
      outcome: 'passed',
      sentence: 'Two different people broke the glass in time, and neither reviewed it.',
    };
  }
  const check = checkVerdict(statement);
  if (check.outcome === 'failed') return check;
  const status = check.recomputed?.status ?? null;
  if (status !== confidence)
    return {
      outcome: 'failed',
      sentence: `The record gives ${status ?? 'no verdict'}, and the list says ${confidence ?? 'that there is none'}.`,
    };
  return {
    outcome: 'passed',
    sentence:
      status === null
        ? 'The record gives no confidence_status, and its replay came to none.'
        : `The confidence_status ${status} follows from the record's other fields.`,
  };
}

const named = z.object({
  predicate: z.object({
    remarks: z.object({ sha256: z.string() }).optional(),
    rows: z.object({ sha256: z.string() }).optional(),
    result: z.object({ sha256: z.string() }).optional(),
    attachments: z.array(z.object({ of: z.string(), sha256: z.string() })).default([]),
  }),
});

/** Whether what is attached to a record is what the record names by its digest. */
export function checkAttachment(
  { statement }: Pick<EvidenceDetail, 'statement'>,
  attached: { readonly name: string; readonly sha256: string },
): EvidenceAttachment['check'] {
  const { name, sha256 } = attached;
  const { data } = named.safeParse(statement);
  const beside: Readonly<Record<string, { readonly sha256: string } | undefined>> = {
    [remarksName]: data?.predicate.remarks,
    [rowsName]: data?.predicate.rows,
    [resultName]: data?.predicate.result,
  };
  const part = data?.predicate.attachments.find((each) => each.of === name);
  const expected = (beside[name] ?? part)?.sha256;
  if (expected === undefined)
    return { outcome: 'failed', sentence: `The record names no digest of ${name}.` };
  if (expected !== sha256)
    return {
      outcome: 'failed',
      sentence: `${name} has the SHA-256 ${sha256}, and the record names ${expected}: this is not what was recorded.`,
    };
  return { outcome: 'passed', sentence: `${name} has the SHA-256 that the record names: ${sha256}.` };
}
