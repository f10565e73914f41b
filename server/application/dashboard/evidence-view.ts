import { z } from 'zod';
import { checkVerdict } from '../../domain/evidence/index.ts';
import type { EvidenceDetail, EvidenceView } from '../views.ts';

const limits = z.object({ predicate: z.object({ does_not_prove: z.array(z.string()) }) });

/** What a record found, for those who may not have its bytes. */
export function toEvidenceView(record: EvidenceDetail): EvidenceView {
  const { statementText: _text, statement, remarks: _remarks, ...summary } = record;
  const read = limits.safeParse(statement);
  const doesNotProve = read.success ? read.data.predicate.does_not_prove : [];
  return { ...summary, doesNotProve, check: checkRecord(record) };
}

/** Whether confidence_status follows from the record's other fields, and is the one that lists show. */
export function checkRecord({ statement, confidence }: EvidenceDetail): EvidenceView['check'] {
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
