import type pg from 'pg';
import type { EvidenceSummary, PageReads } from '../../../application/ports/page-reads.ts';
import { decodeCursor, timeAndId, toPage } from '../../../domain/shared/cursors.ts';
import { RepriseError } from '../../../domain/shared/errors.ts';
import { type EvidenceRow, summaryColumns, toSummary } from './evidence-rows.ts';

type Filter = Parameters<PageReads['evidence']>[0];

/** Where rows are chosen from, and with which values. Only what is asked for stands in it: the plan depends on it. */
class Conditions {
  readonly values: unknown[] = [];
  private readonly all: string[] = [];

  add(value: unknown, condition: (place: string) => string): void {
    if (value === undefined) return;
    this.values.push(value);
    this.all.push(condition(`$${this.values.length}`));
  }

  get sql(): string {
    return this.all.length === 0 ? '' : `WHERE ${this.all.join(' AND ')}`;
  }
}

export function evidenceList(pool: pg.Pool): PageReads['evidence'] {
  return async (filter, { cursor, limit }) => {
    const after = cursor === undefined ? null : decodeCursor(cursor, timeAndId);
    const asked = await conditionsOf(pool, filter);
    if (after !== null) {
      asked.values.push(after[0]);
      asked.add(after[1], (id) => `(i.recorded_at, i.id) < ($${asked.values.length - 1}, ${id})`);
    }
    asked.values.push(limit + 1);
    // Chosen in the narrow index first, so that no record is read but those that are shown.
    const { rows } = await pool.query<EvidenceRow>(
      `SELECT ${summaryColumns} FROM (
         SELECT i.id, i.approved_by, i.generated FROM evidence_index i ${asked.sql}
         ORDER BY i.recorded_at DESC, i.id DESC LIMIT $${asked.values.length}
       ) i JOIN evidence_record r ON r.id = i.id ORDER BY r.recorded_at DESC, r.id DESC`,
      asked.values,
    );
    return toPage(rows.map(toSummary), limit, (row: EvidenceSummary) => [row.recordedAt, row.id]);
  };
}

async function conditionsOf(pool: pg.Pool, filter: Filter): Promise<Conditions> {
  const asked = new Conditions();
  asked.add(filter.contractId, (value) => `i.contract_id = ${value}`);
  asked.add(filter.kind, (value) => `i.kind = ${value}`);
  asked.add(filter.status, (value) => `i.status = ${value}`);
  asked.add(filter.confidence, (value) => `i.confidence = ${value}`);
  asked.add(filter.agreement, (value) => `i.agreement = ${value}`);
  asked.add(filter.requestedBy, (value) => `i.requested_by = ${value}`);
  asked.add(filter.approvedBy && [filter.approvedBy], (value) => `i.approved_by @> ${value}`);
  asked.add(filter.since, (value) => `i.recorded_at >= ${value}`);
  asked.add(filter.until, (value) => `i.recorded_at < ${value}`);
  asked.add(filter.asOf, (value) => `i.recorded_at <= ${value}`);
  asked.add(filter.key, touching);
  asked.add(
    filter.incidentId,
    (value) => `i.id IN (SELECT l.evidence_id FROM incident_evidence l WHERE l.incident_id = ${value}::uuid)`,
  );
  if (filter.search !== undefined) await searchInto(asked, pool, filter.search, filter.searchWords === true);
  return asked;
}

/** So many records are listed by their ids. What more have is found soon enough by walking through the newest. */
const FEW = 500;

/**
 * What few records have is looked up first: by its statistics alone PostgreSQL can't tell a word that nobody has from
 * one that is frequent enough to be met while walking, and would walk through all of them in vain.
 */
async function searchInto(asked: Conditions, pool: pg.Pool, text: string, inWords: boolean): Promise<void> {
  const terms = await lookedFor(pool, text);
  const matches = (value: string) =>
    inWords
      ? `(i.search @@ ${value}::tsquery OR i.words @@ ${value}::tsquery)`
      : `i.search @@ ${value}::tsquery`;
  const all = terms.map((_, at) => matches(`$${at + 1}`)).join(' AND ');
  const { rows } = await pool.query<{ id: string }>(
    `SELECT i.id FROM evidence_index i WHERE ${all} LIMIT ${FEW + 1}`,
    [...terms],
  );
  if (rows.length <= FEW)
    asked.add(
      rows.map(({ id }) => id),
      (value) => `i.id = ANY (${value}::uuid[])`,
    );
  else for (const term of terms) asked.add(term, matches);
}

/** Replays that found something at the key, and promotions that wrote its row. */
const touching = (key: string) =>
  `i.id IN (
     SELECT e.id FROM discrepancy d JOIN evidence_index e ON e.replay_id = d.replay_id AND e.kind = 'replay'
     WHERE d.key = ${key}
     UNION
     SELECT p.evidence_id FROM promotion_change c JOIN promotion p ON p.id = c.promotion_id
     WHERE c.key = ${key} AND c.outcome = 'written' AND p.evidence_id IS NOT NULL
   )`;

const TERMS_AT_MOST = 10;
/** Shorter ones begin so many words that reading them all would take longer than the page may. */
const PREFIX_FROM = 3;

/**
 * What is looked for, as one tsquery a term: each has to be found, one of three letters or more as the beginning of a
 * word, and one that begins a name finds what that person requested or approved. Throws RepriseError input-invalid.
 */
async function lookedFor(pool: pg.Pool, text: string): Promise<readonly string[]> {
  const { rows } = await pool.query<{ term: string; people: string[] }>(
    `WITH known AS MATERIALIZED (SELECT id, reprise_terms(name) AS terms FROM person)
     SELECT term, ARRAY(
       SELECT id FROM known WHERE EXISTS (SELECT FROM unnest(known.terms) AS name WHERE starts_with(name, term))
       ORDER BY id LIMIT 50
     ) AS people FROM unnest(reprise_terms($1)) AS term`,
    [text],
  );
  const mistake = (sentence: string) => new RepriseError('input-invalid', sentence, { where: 'search' });
  if (rows.length === 0)
    throw mistake('There is nothing to search for: give a word, an id, or the beginning of a digest.');
  if (rows.length > TERMS_AT_MOST) throw mistake(`Search for at most ${TERMS_AT_MOST} words at once.`);
  return rows.map(({ term, people }) => {
    const word = term.length < PREFIX_FROM ? quoted(term) : `${quoted(term)}:*`;
    return [word, ...people.map((id) => quoted(`@${id}`))].join(' | ');
  });
}

const quoted = (lexeme: string) => `'${lexeme.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;
