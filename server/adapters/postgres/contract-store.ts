import type pg from 'pg';
import type {
  ContractProblem,
  ContractReads,
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

/** Of a contract `v`: its file is there, as far as anybody knows. */
export const hasItsFile = `NOT EXISTS (SELECT FROM contract_file f
  WHERE f.contract_id = v.contract_id AND f.gone_at IS NOT NULL)`;

function contractReads(
  query: (text: string, values: readonly unknown[]) => Promise<readonly Row[]>,
): ContractReads {
  const one = async (text: string, values: readonly unknown[]): Promise<StoredContractVersion | null> => {
    const [row] = await query(text, values);
    return row === undefined ? null : toStored(row);
  };
  return {
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
      const rows = await query(
        `SELECT DISTINCT ON (contract_id) ${columns} FROM contract_version ORDER BY contract_id, version DESC`,
        [],
      );
      return rows.map(toStored);
    },

    async latestOfPresent() {
      const rows = await query(
        `SELECT DISTINCT ON (contract_id) ${columns} FROM contract_version v WHERE ${hasItsFile}
         ORDER BY contract_id, version DESC`,
        [],
      );
      return rows.map(toStored);
    },
  };
}

/** Contract versions with their bundles. */
export function createContractStore(pool: pg.Pool): ContractStore {
  return {
    ...contractReads(async (text, values) => (await pool.query<Row>(text, [...values])).rows),
    within: (tx) => contractReads((text, values) => tx.query<Row>(text, values)),

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

    async keepFiles(tx, files, problemFiles) {
      await tx.query(`SELECT pg_advisory_xact_lock(hashtextextended('contract-files', 0))`);
      const ids = files.map(({ contractId }) => contractId);
      const back = await tx.query<{ id: string }>(
        'SELECT contract_id AS id FROM contract_file WHERE gone_at IS NOT NULL AND contract_id = ANY ($1)',
        [ids],
      );
      await tx.query(
        `INSERT INTO contract_file (contract_id, file)
         SELECT * FROM unnest($1::text[], $2::text[])
         ON CONFLICT (contract_id) DO UPDATE SET file = excluded.file, gone_at = NULL
         WHERE contract_file.gone_at IS NOT NULL OR contract_file.file <> excluded.file`,
        [ids, files.map(({ file }) => file)],
      );
      // Which contract a file with a mistake has is known from before alone: one that was never noted may be it.
      const gone = await tx.query<{ id: string }>(
        `INSERT INTO contract_file (contract_id, file, gone_at)
         SELECT DISTINCT contract_id, '', now() FROM contract_version v WHERE NOT contract_id = ANY ($1)
           AND (cardinality($2::text[]) = 0
             OR EXISTS (SELECT FROM contract_file k WHERE k.contract_id = v.contract_id))
         ON CONFLICT (contract_id) DO UPDATE SET gone_at = excluded.gone_at
         WHERE contract_file.gone_at IS NULL AND NOT contract_file.file = ANY ($2)
         RETURNING contract_id AS id`,
        [ids, problemFiles],
      );
      return { gone: gone.map(({ id }) => id), back: back.map(({ id }) => id) };
    },
  };
}

function sameProblems(before: readonly ContractProblem[], now: readonly ContractProblem[]): boolean {
  const text = (list: readonly ContractProblem[]) =>
    JSON.stringify(list.map(({ file, field, sentence }) => [file, field, sentence]));
  return text(before) === text(now);
}
