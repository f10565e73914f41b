import type pg from 'pg';
import type { EvidenceSummary, PageReads } from '../../../application/ports/page-reads.ts';
import { decodeCursor, timeAndId, toPage } from '../../../domain/shared/cursors.ts';
import { RepriseError } from '../../../domain/shared/errors.ts';
import { type EvidenceRow, summaryColumns, toSummary } from './evidence-rows.ts';

type Filter = Parameters<PageReads['evidence']>[0];

/** Where rows are chosen from, and with which values. Only what is asked for stands in it: the plan depends on it. */
class Conditions {
  readonly values: unknown[];
  private readonly ofTime: string[];
  private readonly all: string[];

  constructor(from?: Conditions) {
    this.values = [...(from?.values ?? [])];
    this.ofTime = [...(from?.ofTime ?? [])];
    this.all = [...(from?.all ?? [])];
  }

  add(value: unknown, condition: (place: string) => string): void {
    if (value !== undefined) this.all.push(condition(this.place(value)));
  }

  /** One that the order of time answers by itself. */
  addOfTime(value: unknown, condition: (place: string) => string): void {
    if (value !== undefined) this.ofTime.push(condition(this.place(value)));
  }

  /** Where a value stands that is none of a condition. */
  place(value: unknown): string {
    this.values.push(value);
    return `$${this.values.length}`;
  }

  get sql(): string {
    return where([...this.ofTime, ...this.all]);
  }

  /** The newest so many by time alone, and of these what the rest is true of. */
  among(newest: number): string {
    return `(SELECT * FROM evidence_index i ${where(this.ofTime)} ORDER BY i.recorded_at DESC, i.id DESC LIMIT ${newest}) i
      ${where(this.all)}`;
  }
}

const where = (all: readonly string[]) => (all.length === 0 ? '' : `WHERE ${all.join(' AND ')}`);

export function evidenceList(pool: pg.Pool): PageReads['evidence'] {
  return async (filter, { cursor, limit }) => {
    const after = cursor === undefined ? null : decodeCursor(cursor, timeAndId);
    const asked = conditionsOf(filter);
    if (after !== null) {
      const at = asked.place(after[0]);
      asked.addOfTime(after[1], (id) => `(i.recorded_at, i.id) < (${at}, ${id})`);
    }
    const rows =
      filter.search === undefined
        ? await chosen(pool, asked, limit + 1)
        : await searched(pool, asked, limit + 1, filter.search, filter.searchWords === true);
    return toPage(rows.map(toSummary), limit, (row: EvidenceSummary) => [row.recordedAt, row.id]);
  };
}

/** Chosen in the narrow index first, so that no record is read but those that are shown. */
async function chosen(
  pool: pg.Pool,
  asked: Conditions,
  limit: number,
  newest: number | null = null,
): Promise<readonly EvidenceRow[]> {
  const from = newest === null ? `evidence_index i ${asked.sql}` : asked.among(newest);
  const { rows } = await pool.query<EvidenceRow>(
    `SELECT ${summaryColumns} FROM (
       SELECT i.id, i.approved_by, i.generated FROM ${from}
       ORDER BY i.recorded_at DESC, i.id DESC LIMIT ${asked.place(limit)}
     ) i JOIN evidence_record r ON r.id = i.id ORDER BY r.recorded_at DESC, r.id DESC`,
    asked.values,
  );
  return rows;
}

function conditionsOf(filter: Filter): Conditions {
  const asked = new Conditions();
  asked.add(filter.contractId, (value) => `i.contract_id = ${value}`);
  asked.add(filter.kind, (value) => `i.kind = ${value}`);
  asked.add(filter.status, (value) => `i.status = ${value}`);
  asked.add(filter.confidence, (value) => `i.confidence = ${value}`);
  asked.add(filter.agreement, (value) => `i.agreement = ${value}`);
  asked.add(filter.requestedBy, (value) => `i.requested_by = ${value}`);
  asked.add(filter.approvedBy && [filter.approvedBy], (value) => `i.approved_by @> ${value}`);
  asked.addOfTime(filter.since, (value) => `i.recorded_at >= ${value}`);
  asked.addOfTime(filter.until, (value) => `i.recorded_at < ${value}`);
  asked.addOfTime(filter.asOf, (value) => `i.recorded_at <= ${value}`);
  asked.add(filter.key, touching);
  asked.add(
    filter.incidentId,
    (value) => `i.id IN (SELECT l.evidence_id FROM incident_evidence l WHERE l.incident_id = ${value}::uuid)`,
  );
  return asked;
}

/** So many of the newest are looked at first, to see how frequent the words are. */
const GLANCE = 500;
/** And so many, where these would have more than fills the page. */
const NEWEST = 5_000;
/** So many records are listed by their ids. */
const FEW = 500;

/**
 * By its statistics alone PostgreSQL can't tell a word that nobody has from one that is frequent: it reads all records
 * that have a frequent one to sort them, or walks through all in vain. So a few of the newest are walked through first,
 * and more where the words are frequent among them, which fills the page. Else what few records have is looked up by its
 * words, and found by its ids.
 */
async function searched(
  pool: pg.Pool,
  asked: Conditions,
  limit: number,
  text: string,
  inWords: boolean,
): Promise<readonly EvidenceRow[]> {
  const terms = await lookedFor(pool, text);
  const matches = (value: string) =>
    inWords
      ? `(i.search @@ ${value}::tsquery OR i.words @@ ${value}::tsquery)`
      : `i.search @@ ${value}::tsquery`;
  const byWords = new Conditions(asked);
  for (const term of terms) byWords.add(term, matches);
  let newest = await chosen(pool, new Conditions(byWords), limit, GLANCE);
  if (newest.length < limit && newest.length * (NEWEST / GLANCE) > 1.2 * limit)
    newest = await chosen(pool, new Conditions(byWords), limit, NEWEST);
  if (newest.length === limit) return newest;
  const all = terms.map((_, at) => matches(`$${at + 1}`)).join(' AND ');
  const { rows } = await pool.query<{ id: string }>(
    `SELECT i.id FROM evidence_index i WHERE ${all} LIMIT ${FEW + 1}`,
    [...terms],
  );
  if (rows.length > FEW) return chosen(pool, byWords, limit);
  asked.add(
    rows.map(({ id }) => id),
    (value) => `i.id = ANY (${value}::uuid[])`,
  );
  return chosen(pool, asked, limit);
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
