import type { AuditLog } from '../../application/ports/audit.ts';
import { jsonb } from '../jsonb.ts';

/**
 * The audit in Reprise's own database, which refuses to change or delete a row of it. `origin` is where acts come
 * from: the address of a request, or the name of the process that acts by itself.
 */
export function auditFrom(origin: string): AuditLog {
  return {
    async append(tx, note) {
      await tx.query(
        'INSERT INTO audit_entry (actor, action, subject, outcome, detail, origin) VALUES ($1, $2, $3, $4, $5, $6)',
        [note.actor, note.action, note.subject, note.outcome, jsonb(note.detail), origin],
      );
    },
  };
}
