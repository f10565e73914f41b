import type { ReadinessStore } from '../../application/ports/page-reads.ts';
import { jsonb } from '../jsonb.ts';

export const postgresReadiness: ReadinessStore = {
  async save(tx, { contractId, version, checks, checkedAt }) {
    await tx.query(
      `INSERT INTO readiness (contract_id, version, checks, checked_at) VALUES ($1, $2, $3, $4)
       ON CONFLICT (contract_id) DO UPDATE
       SET version = excluded.version, checks = excluded.checks, checked_at = excluded.checked_at`,
      [contractId, version, jsonb(checks), checkedAt],
    );
  },
};
