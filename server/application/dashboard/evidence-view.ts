import { z } from 'zod';
import type { EvidenceDetail, EvidenceView } from '../views.ts';

const limits = z.object({ predicate: z.object({ does_not_prove: z.array(z.string()) }) });

/** What a record found, for those who may not have its bytes. */
export function toEvidenceView({
  statementText: _text,
  statement,
  remarks: _remarks,
  ...summary
}: EvidenceDetail): EvidenceView {
  const read = limits.safeParse(statement);
  return { ...summary, doesNotProve: read.success ? read.data.predicate.does_not_prove : [] };
}
