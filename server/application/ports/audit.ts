import type { AuditNote, Transaction } from './unit-of-work.ts';

export interface AuditLog {
  /** In the transaction of the act: no audit row, no act. */
  append(tx: Transaction, note: AuditNote): Promise<void>;
}
