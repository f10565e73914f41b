import type pg from 'pg';
import type { Prisma, PrismaClient } from '../../../../prisma/generated/client.ts';
import type { ReadinessCheck } from '../../../application/ports/history.ts';
import type { ContractDetail, ContractSummary, PageReads } from '../../../application/ports/page-reads.ts';
import { unmatchedAuthors, unmatchedWords } from '../../../domain/approval/index.ts';
import { allowedScopes, type ContractDescription, diffDescriptions } from '../../../domain/contract/index.ts';
import { ofLatestCode, type SummaryRow, summaryColumns, summaryTables, toSummary } from './replay-rows.ts';
import { readStanding } from './states.ts';
import { readWorkers } from './workers.ts';

type Reads = Pick<PageReads, 'contracts' | 'contract' | 'standings' | 'problems' | 'workers'>;

export function contractReads(pool: pg.Pool, prisma: PrismaClient): Reads {
  return {
    contracts: () => readContracts(pool, prisma),

    async contract(id) {
      const [summaries, versions, readiness, people] = await Promise.all([
        readContracts(pool, prisma, id),
        prisma.contractVersion.findMany({
          where: { contractId: id },
          orderBy: { version: 'desc' },
          omit: { bundle: true },
          take: 100,
        }),
        prisma.readiness.findUnique({ where: { contractId: id } }),
        prisma.person.findMany({ select: { id: true, email: true } }),
      ]);
      const [summary] = summaries;
      const [latest] = versions;
      if (summary === undefined || latest === undefined) return null;
      const described = descriptionOf(latest.description);
      return {
        ...summary,
        authors: latest.authors,
        authorsProblem: unmatchedWords(latest.authors, unmatchedAuthors(latest.authors, people)),
        answers: described.answers,
        eventTypes: described.eventTypes,
        versions: versions.map((each, at) => toVersion(each, versions[at + 1])),
        readinessChecks: readiness === null ? [] : checksOf(readiness.checks),
      };
    },

    async standings() {
      const contracts = (await readContracts(pool, prisma)).filter(({ goneAt }) => goneAt === null);
      return Promise.all(
        contracts.map(async (contract) => ({
          contract,
          proof: contract.lastProof ? await readStanding(pool, contract.id, contract.lastProof.id) : null,
        })),
      );
    },

    problems: () => prisma.contractProblem.findMany({ orderBy: { file: 'asc' }, omit: { seenAt: true } }),

    workers: () => readWorkers(pool),
  };
}

/** What registration stored: a described contract. */
function descriptionOf(stored: Prisma.JsonValue): ContractDescription {
  return stored as unknown as ContractDescription;
}
function checksOf(stored: Prisma.JsonValue): readonly ReadinessCheck[] {
  return stored as unknown as readonly ReadinessCheck[];
}

async function readContracts(
  pool: pg.Pool,
  prisma: PrismaClient,
  id?: string,
): Promise<readonly ContractSummary[]> {
  const [latest, readiness, replays, proofs] = await Promise.all([
    pool.query<{
      contract_id: string;
      version: number;
      digest: string;
      description: ContractDescription;
      registered_at: Date;
      gone_at: Date | null;
    }>(
      `SELECT DISTINCT ON (contract_id) contract_id, version, digest, description, registered_at,
         (SELECT f.gone_at FROM contract_file f WHERE f.contract_id = v.contract_id) AS gone_at
       FROM contract_version v WHERE $1::text IS NULL OR contract_id = $1 ORDER BY contract_id, version DESC`,
      [id ?? null],
    ),
    prisma.readiness.findMany({ where: { contractId: id } }),
    lastReplays(pool, id ?? null, 'requested'),
    lastReplays(pool, id ?? null, 'proof'),
  ]);
  const readinessOf = new Map(readiness.map((row) => [row.contractId, row]));
  return latest.rows.map((row) => {
    const checked = readinessOf.get(row.contract_id);
    return {
      id: row.contract_id,
      title: row.description.title,
      description: row.description.description,
      version: row.version,
      digest: row.digest,
      history: { kind: row.description.historyKind, name: row.description.historyName },
      derivedStates: row.description.derivedStates,
      allowedScopes: allowedScopes(row.description),
      registeredAt: row.registered_at.toISOString(),
      goneAt: row.gone_at?.toISOString() ?? null,
      readiness:
        checked === undefined
          ? null
          : { ...countOutcomes(checksOf(checked.checks)), checkedAt: checked.checkedAt.toISOString() },
      lastReplay: replays.get(row.contract_id) ?? null,
      lastProof: proofs.get(row.contract_id) ?? null,
    };
  });
}

type Proof = NonNullable<ContractSummary['lastProof']>;

async function lastReplays(
  pool: pg.Pool,
  contractId: string | null,
  which: 'requested' | 'proof',
): Promise<ReadonlyMap<string, Proof>> {
  const condition = which === 'proof' ? `AND r.status = 'finished' AND r.coverage->>'kind' = 'whole'` : '';
  const order = which === 'proof' ? `${ofLatestCode} DESC,` : '';
  const { rows } = await pool.query<SummaryRow & { of_latest_code: boolean; compared: Proof['compared'] }>(
    `SELECT latest.* FROM (SELECT DISTINCT contract_id FROM contract_version
        WHERE $1::text IS NULL OR contract_id = $1) AS known
     CROSS JOIN LATERAL (SELECT ${summaryColumns}, ${ofLatestCode} AS of_latest_code,
          (SELECT coalesce(json_agg(json_build_object('derivedState', o.derived_state, 'outcome', o.outcome)
             ORDER BY o.derived_state), '[]') FROM replay_comparison o WHERE o.replay_id = r.id) AS compared
        FROM ${summaryTables}
        WHERE r.id = (SELECT r.id FROM ${summaryTables} WHERE r.contract_id = known.contract_id ${condition}
          ORDER BY ${order} r.requested_at DESC, r.id DESC LIMIT 1)) AS latest`,
    [contractId],
  );
  return new Map(
    rows.map((row) => [
      row.contract_id,
      { ...toSummary(row), ofLatestCode: row.of_latest_code, compared: row.compared },
    ]),
  );
}

function countOutcomes(checks: readonly ReadinessCheck[]) {
  const count = (outcome: ReadinessCheck['outcome']) =>
    checks.filter((check) => check.outcome === outcome).length;
  return {
    passed: count('passed'),
    warnings: count('warning'),
    failed: count('failed'),
    couldNotRun: count('could-not-run'),
  };
}

type VersionRow = {
  version: number;
  digest: string;
  authors: string[];
  registeredAt: Date;
  description: Prisma.JsonValue;
};

function toVersion(row: VersionRow, before: VersionRow | undefined): ContractDetail['versions'][number] {
  return {
    version: row.version,
    digest: row.digest,
    authors: row.authors,
    registeredAt: row.registeredAt.toISOString(),
    changes:
      before === undefined
        ? []
        : diffDescriptions(descriptionOf(before.description), descriptionOf(row.description)),
  };
}
