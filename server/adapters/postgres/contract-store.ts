import type pg from 'pg';
import type {
  ContractProblem,
  ContractStore,
  StoredContractVersion,
} from '../../application/ports/contracts.ts';

type Row = {
  contract_id: string;
  version: number;
  digest: string;
  bundle: Uint8Array;
  authors: string[];
};

const columns = 'contract_id, version, digest, bundle, authors';

function toStored(row: Row): StoredContractVersion {
  return {
    contractId: row.contract_id,
    version: row.version,
    digest: row.digest,
    bundle: row.bundle,
    authors: row.authors,
  };
}

/** Contract versions with their bundles. */
export function createContractStore(pool: pg.Pool): ContractStore {
  const one = async (text: string, values: unknown[]): Promise<StoredContractVersion | null> => {
    const { rows } = await pool.query<Row>(text, values);
    return rows[0] === undefined ? null : toStored(rows[0]);
  };
  return {
    async register(tx, { contractId, digest, bundle, description, authors }) {
      await tx.query(`SELECT pg_advisory_xact_lock(hashtextextended('contract:' || $1, 0))`, [contractId]);
      const [latest] = await tx.query<{ version: number; digest: string }>(
        'SELECT version, digest FROM contract_version WHERE contract_id = $1 ORDER BY version DESC LIMIT 1',
        [contractId],
      );
      if (latest?.digest === digest) {
        await tx.query(
          'UPDATE contract_version SET description = $3 WHERE contract_id = $1 AND version = $2 AND description <> $3::jsonb',
          [contractId, latest.version, JSON.stringify(description)],
        );
        return { version: latest.version, isNew: false };
      }
      const version = (latest?.version ?? 0) + 1;
      await tx.query(
        `INSERT INTO contract_version (contract_id, version, digest, bundle, description, authors)
         VALUES ($1, $2, $3, $4, $5, $6)`,
        [contractId, version, digest, Buffer.from(bundle), JSON.stringify(description), authors],
      );
      return { version, isNew: true };
    },

    async replaceProblems(tx, problems) {
      await tx.query(`SELECT pg_advisory_xact_lock(hashtextextended('contract-problems', 0))`);
      const before = await tx.query<ContractProblem>(
        'SELECT file, field, sentence FROM contract_problem ORDER BY file',
      );
      const now = [...problems].sort((a, b) => (a.file < b.file ? -1 : 1));
      if (sameProblems(before, now)) return false;
      await tx.query('DELETE FROM contract_problem');
      for (const { file, field, sentence } of now)
        await tx.query('INSERT INTO contract_problem (file, field, sentence) VALUES ($1, $2, $3)', [
          file,
          field,
          sentence,
        ]);
      return true;
    },

    latest: (contractId) =>
      one(`SELECT ${columns} FROM contract_version WHERE contract_id = $1 ORDER BY version DESC LIMIT 1`, [
        contractId,
      ]),

    version: (contractId, version) =>
      one(`SELECT ${columns} FROM contract_version WHERE contract_id = $1 AND version = $2`, [
        contractId,
        version,
      ]),

    async latestOfAll() {
      const { rows } = await pool.query<Row>(
        `SELECT DISTINCT ON (contract_id) ${columns} FROM contract_version ORDER BY contract_id, version DESC`,
      );
      return rows.map(toStored);
    },
  };
}

function sameProblems(before: readonly ContractProblem[], now: readonly ContractProblem[]): boolean {
  const text = (list: readonly ContractProblem[]) =>
    JSON.stringify(list.map(({ file, field, sentence }) => [file, field, sentence]));
  return text(before) === text(now);
}
