/**
 * `npm run bench:evidence`: times what the list of evidence asks, through the use case that the page calls, in a
 * database that `npm run seed:evidence` has filled. It only reads. What is counted is written in docs/evidence-history.md.
 */
import { availableParallelism, cpus, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import pg from 'pg';
import type { EvidenceFilter } from '../server/application/ports/dashboard.ts';
import { composeDashboard } from '../server/composition/dashboard.ts';
import type { Right } from '../server/domain/access/index.ts';
import { readSettings } from '../server/env.ts';
import { generatedContracts, generatedPeople } from './generated-evidence.ts';
import { markdown, thousands } from './table.ts';

const { values: flags } = parseArgs({
  options: { calls: { type: 'string', default: '200' }, rows: { type: 'string', default: '50' } },
});
const calls = Number(flags.calls);
const limit = Number(flags.rows);
const databaseUrl = process.env.DATABASE_URL ?? '';
if (databaseUrl === '')
  throw new Error('DATABASE_URL names the database that npm run seed:evidence has filled.');

type Ask = { readonly what: string; readonly filter: EvidenceFilter; readonly rights?: readonly Right[] };

/** Values that are frequent and values that are rare, of what was generated. */
async function asksOf(pool: pg.Pool): Promise<readonly Ask[]> {
  const { rows } = await pool.query<{
    id: string;
    digest: string;
    often: string;
    seldom: string;
    oldest: Date;
    newest: Date;
  }>(
    `SELECT (SELECT id FROM evidence_record LIMIT 1) AS id, (SELECT digest FROM evidence_record LIMIT 1) AS digest,
       (SELECT key FROM discrepancy GROUP BY key ORDER BY count(*) DESC LIMIT 1) AS often,
       (SELECT key FROM discrepancy GROUP BY key ORDER BY count(*) LIMIT 1) AS seldom,
       min(recorded_at) AS oldest, max(recorded_at) AS newest FROM evidence_index`,
  );
  const [found] = rows;
  if (found === undefined)
    throw new Error('This database holds no evidence: run npm run seed:evidence first.');
  const [contractId = '', rareContract = ''] = [generatedContracts[0], generatedContracts.at(-1)];
  const [requestedBy = '', rarePerson = ''] = [generatedPeople[0], generatedPeople.at(-1)];
  const middle = (found.oldest.getTime() + found.newest.getTime()) / 2;
  const since = new Date(middle).toISOString();
  const until = new Date(middle + 7 * 86_400_000).toISOString();
  const words = ['read', 'evidence'] as const;
  return [
    { what: 'no filter', filter: {} },
    { what: 'contract, the most frequent', filter: { contractId } },
    { what: 'contract, the rarest', filter: { contractId: rareContract } },
    { what: 'contract that there is not', filter: { contractId: 'nothing' } },
    { what: 'kind: promotion', filter: { kind: 'promotion' } },
    { what: 'status: finished', filter: { status: 'finished' } },
    { what: 'status: cancelled', filter: { status: 'cancelled' } },
    { what: 'confidence: trusted', filter: { confidence: 'trusted' } },
    { what: 'confidence: untrusted', filter: { confidence: 'untrusted' } },
    { what: 'agreement: different', filter: { agreement: 'different' } },
    { what: 'agreement: not compared', filter: { agreement: 'not-compared' } },
    { what: 'requested by, the most frequent', filter: { requestedBy } },
    { what: 'requested by, the rarest', filter: { requestedBy: rarePerson } },
    { what: 'approved by, the most frequent', filter: { approvedBy: requestedBy } },
    { what: 'approved by, the rarest', filter: { approvedBy: rarePerson } },
    { what: 'approved by somebody who never did', filter: { approvedBy: 'nobody' } },
    { what: 'a week in the middle', filter: { since, until } },
    { what: 'key, the most frequent', filter: { key: found.often } },
    { what: 'key, the rarest', filter: { key: found.seldom } },
    { what: 'search: an id', filter: { search: found.id } },
    { what: 'search: the beginning of a digest', filter: { search: found.digest.slice(0, 8) } },
    { what: 'search: three letters that digests begin with', filter: { search: 'abc' } },
    { what: 'search: a status word', filter: { search: 'finished' } },
    { what: 'search: a failure code', filter: { search: 'worker-lost' } },
    { what: 'search: two words', filter: { search: 'untrusted payments' } },
    { what: 'search: a word that there is not', filter: { search: 'xyzzy' } },
    { what: 'search in words too: a reason', filter: { search: 'shortfall' }, rights: words },
    { what: 'search in words too: a word that there is not', filter: { search: 'xyzzy' }, rights: words },
    { what: 'contract and untrusted', filter: { contractId, confidence: 'untrusted' } },
    {
      what: 'rare contract, untrusted, different',
      filter: { contractId: rareContract, confidence: 'untrusted', agreement: 'different' },
    },
    { what: 'contract, failed, since the middle', filter: { contractId, status: 'failed', since } },
    { what: 'contract, key', filter: { contractId, key: found.often } },
    { what: 'contract, search', filter: { contractId: rareContract, search: 'cancelled' } },
    { what: 'requested by, refused, a week', filter: { requestedBy, status: 'refused', since, until } },
    { what: 'refused and trusted (there is none)', filter: { status: 'refused', confidence: 'trusted' } },
    { what: 'promotion and trusted (there is none)', filter: { kind: 'promotion', confidence: 'trusted' } },
    {
      what: 'search in words too: finished, and a reason',
      filter: { search: 'finished shortfall' },
      rights: words,
    },
  ];
}

const pool = new pg.Pool({ connectionString: databaseUrl, max: 1 });
const dashboard = composeDashboard(
  readSettings({ DATABASE_URL: databaseUrl, LOG_LEVEL: 'silent' }, process.cwd()),
  'bench',
);
const at = (sorted: readonly number[], share: number) =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;

/** Pages by their cursors, so that deep ones are among the calls; a walk that has reached its end begins again. */
async function timeWalk({ what, filter, rights = ['read'] }: Ask): Promise<readonly string[]> {
  const times: number[] = [];
  let cursor: string | undefined;
  let first = 0;
  for (let call = -5; call < calls; call++) {
    const before = performance.now();
    const page = await dashboard.queries.evidence(filter, { cursor, limit }, { id: 'bench', rights });
    if (call >= 0) times.push(performance.now() - before);
    if (cursor === undefined) first = page.rows.length;
    cursor = page.next ?? undefined;
  }
  const sorted = times.toSorted((a, b) => a - b);
  const ms = (value: number) => value.toFixed(1);
  return [what, String(first), ms(at(sorted, 0.5)), ms(at(sorted, 0.95)), ms(at(sorted, 1))];
}

async function timeFacets(): Promise<readonly string[]> {
  const times: number[] = [];
  for (let call = -5; call < calls; call++) {
    const before = performance.now();
    await dashboard.queries.evidenceFacets();
    if (call >= 0) times.push(performance.now() - before);
  }
  const sorted = times.toSorted((a, b) => a - b);
  return ['the choices of the filters', '', ...[0.5, 0.95, 1].map((share) => at(sorted, share).toFixed(1))];
}

try {
  const { rows } = await pool.query<{ records: number; version: string }>(
    `SELECT count(*)::int AS records, current_setting('server_version') AS version FROM evidence_index`,
  );
  process.stdout.write(
    `${thousands(rows[0]?.records ?? 0)} records, pages of ${limit} rows, ${calls} calls each; PostgreSQL ${rows[0]?.version}, Node ${process.versions.node}, ${cpus()[0]?.model.trim()} with ${availableParallelism()} cores, load ${loadavg()[0]?.toFixed(1)} at the start, ${new Date().toISOString().slice(0, 16)}Z\n\n`,
  );
  const table: (readonly string[])[] = [];
  for (const ask of await asksOf(pool)) table.push(await timeWalk(ask));
  table.push(await timeFacets());
  process.stdout.write(
    `${markdown(['filter', 'rows of page 1', 'p50 ms', 'p95 ms', 'longest ms'], table)}\n\n`,
  );
  process.stdout.write(`load ${loadavg()[0]?.toFixed(1)} at the end\n`);
} finally {
  await dashboard.close();
  await pool.end();
}
process.exit(0);
