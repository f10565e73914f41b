import type { AuditLog } from '../../application/ports/audit.ts';

/** The audit in Reprise's own database, which refuses to change or delete a row of it. */
export const postgresAudit: AuditLog = {
  async append(tx, note) {
    await tx.query(
      'INSERT INTO audit_entry (actor, action, subject, outcome, detail) VALUES ($1, $2, $3, $4, $5)',
      [note.actor, note.action, note.subject, note.outcome, JSON.stringify(note.detail)],
    );
  },
};
