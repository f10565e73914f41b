import { z } from 'zod';
import type { ReviewChange, ReviewRow, ReviewStore, TextVersion } from '../../application/ports/reviews.ts';
import type { Transaction } from '../../application/ports/unit-of-work.ts';
import type { OpinionSection } from '../../domain/review/index.ts';
import { decodeCursor, toPage } from '../../domain/shared/cursors.ts';
import { jsonb } from '../jsonb.ts';
import { actionStore } from './action-rows.ts';
import { reviewLists } from './review-lists.ts';
import { reviewRows } from './review-rows.ts';
import { signingStore } from './signing-rows.ts';

type ReviewRecord = {
  id: string;
  incident_id: string;
  status: ReviewRow['status'];
  revision: number;
  facts: ReviewRow['facts'];
  facts_at: Date;
  changed: ReviewRow['changed'];
  completed_digest: string | null;
  completed_by: string | null;
  completed_at: Date | null;
  created_at: Date;
  created_by: string;
};

const columns = `id::text, incident_id::text, status, revision, facts, facts_at, changed, completed_digest, completed_by,
  completed_at, created_at, created_by`;

async function one(tx: Transaction, rest: string, id: string): Promise<ReviewRow | null> {
  const [row] = await tx.query<ReviewRecord>(`SELECT ${columns} FROM review WHERE ${rest}`, [id]);
  if (row === undefined) return null;
  return {
    id: row.id,
    incidentId: row.incident_id,
    status: row.status,
    revision: row.revision,
    facts: row.facts,
    factsAt: row.facts_at,
    changed: row.changed,
    completedDigest: row.completed_digest,
    completedBy: row.completed_by,
    completedAt: row.completed_at,
    createdAt: row.created_at,
    createdBy: row.created_by,
  };
}

type TextRecord = {
  section: OpinionSection;
  version: number;
  text: string;
  base_version: number;
  merge: TextVersion['merge'];
  written_by: string;
  written_at: Date;
};
const versionPlace = z.tuple([z.number().int().min(1)]);
const textColumns = 'section, version, text, base_version, merge, written_by, written_at';
const written = (row: Omit<TextRecord, 'text'>) => ({
  section: row.section,
  version: row.version,
  baseVersion: row.base_version,
  merge: row.merge,
  writtenBy: row.written_by,
  writtenAt: row.written_at,
});
const toText = (row: TextRecord): TextVersion => ({ ...written(row), text: row.text });
const toLine = (row: Omit<TextRecord, 'text'> & { letters: number }) => ({
  ...written(row),
  letters: row.letters,
});

const changeColumns: Readonly<Record<keyof ReviewChange, string>> = {
  status: 'status',
  revision: 'revision',
  facts: 'facts',
  factsAt: 'facts_at',
  changed: 'changed',
  completedDigest: 'completed_digest',
  completedBy: 'completed_by',
  completedAt: 'completed_at',
};
const asJson = new Set<string>(['facts', 'changed']);
const isChange = (name: string): name is keyof ReviewChange => name in changeColumns;

export const reviewStore: ReviewStore = {
  ...actionStore,
  ...signingStore,
  ...reviewLists,

  async now(tx) {
    const [row] = await tx.query<{ now: Date }>(
      `SELECT date_trunc('milliseconds', clock_timestamp()) AS now`,
    );
    if (row === undefined) throw new Error('the database does not say what time it is');
    return row.now;
  },

  rows: reviewRows,

  async insert(tx, { id, incidentId, facts, factsAt, createdBy }) {
    await tx.query(
      'INSERT INTO review (id, incident_id, facts, facts_at, created_by) VALUES ($1, $2, $3, $4, $5)',
      [id, incidentId, jsonb(facts), factsAt, createdBy],
    );
  },

  lock: (tx, id) => one(tx, 'id = $1 FOR NO KEY UPDATE', id),
  lockOf: (tx, incidentId) => one(tx, 'incident_id = $1 FOR NO KEY UPDATE', incidentId),
  get: (tx, id) => one(tx, 'id = $1', id),

  async idOf(tx, incidentId) {
    const [row] = await tx.query<{ id: string }>('SELECT id::text FROM review WHERE incident_id = $1', [
      incidentId,
    ]);
    return row?.id ?? null;
  },

  async change(tx, id, change) {
    const entries = Object.entries(change).filter(([name]) => isChange(name));
    const sets = entries.map(([name], at) => `${isChange(name) ? changeColumns[name] : ''} = $${at + 2}`);
    await tx.query(`UPDATE review SET ${sets.join(', ')} WHERE id = $1`, [
      id,
      ...entries.map(([name, value]) => (asJson.has(name) ? jsonb(value) : value)),
    ]);
  },

  async texts(tx, id) {
    const rows = await tx.query<TextRecord>(
      `SELECT DISTINCT ON (section) ${textColumns} FROM review_text WHERE review_id = $1
       ORDER BY section, version DESC`,
      [id],
    );
    return rows.map(toText);
  },

  async text(tx, id, section, version) {
    const [row] = await tx.query<TextRecord>(
      `SELECT ${textColumns} FROM review_text WHERE review_id = $1 AND section = $2 AND version = $3`,
      [id, section, version],
    );
    return row === undefined ? null : toText(row);
  },

  async versions(tx, id, section, { cursor, limit }) {
    const [before] = cursor === undefined ? [null] : decodeCursor(cursor, versionPlace);
    const rows = await tx.query<Omit<TextRecord, 'text'> & { letters: number }>(
      `SELECT section, version, length(text) AS letters, base_version, merge, written_by, written_at FROM review_text
       WHERE review_id = $1 AND section = $2 AND ($3::int IS NULL OR version < $3) ORDER BY version DESC LIMIT $4`,
      [id, section, before, limit + 1],
    );
    return toPage(rows.map(toLine), limit, ({ version }) => [version]);
  },

  async addText(tx, id, { section, version, text, baseVersion, merge, writtenBy }) {
    await tx.query(
      `INSERT INTO review_text (review_id, section, version, text, base_version, merge, written_by)
       VALUES ($1, $2, $3, $4, $5, $6, $7)`,
      [id, section, version, text, baseVersion, merge, writtenBy],
    );
  },

  async authors(tx, id) {
    const rows = await tx.query<{ id: string }>(
      `SELECT written_by AS id FROM review_text WHERE review_id = $1
       UNION SELECT written_by FROM review_action WHERE review_id = $1 ORDER BY id`,
      [id],
    );
    return rows.map((row) => row.id).toSorted();
  },

  async names(tx, ids) {
    const rows = await tx.query<{ id: string; name: string }>(
      'SELECT id, name FROM person WHERE id = ANY ($1)',
      [ids],
    );
    return new Map(rows.map((row) => [row.id, row.name]));
  },
};
