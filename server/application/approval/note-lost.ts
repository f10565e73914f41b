import type { SubjectKind, Voided } from '../ports/approvals.ts';
import type { AuditLog } from '../ports/audit.ts';
import type { Transaction } from '../ports/unit-of-work.ts';

/**
 * Puts on record whose decisions do not count any more, about what, and why: in the transaction that made them void.
 * Of a right that was lost the database itself says the same.
 */
export async function noteLost(
  deps: { readonly audit: AuditLog },
  tx: Transaction,
  voided: readonly Voided[],
  why: string,
  kind: SubjectKind = 'replay',
): Promise<void> {
  for (const { subjectId, decisionId, personId } of voided) {
    await deps.audit.append(tx, {
      actor: 'reprise',
      action: `${kind}.approval-lost`,
      subject: `${kind}:${subjectId}`,
      outcome: 'done',
      detail: { why, person: personId, decision: decisionId },
    });
  }
}
