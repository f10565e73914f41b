import { z } from 'zod';
import type { EntryView, IncidentReads, IncidentSummary } from '../../application/ports/incident-reads.ts';
import { incidentClasses } from '../../domain/contract/index.ts';
import { isOpen, milestones } from '../../domain/incident/index.ts';
import { decodeCursor, toPage } from '../../domain/shared/cursors.ts';
import { type IncidentRecord, incidentColumns, OPEN, toIncident } from './incident-rows.ts';

/** What is open stands before what has ended, by its class. */
const ENDED = 'P9';
const rank = `CASE WHEN i.status IN ${OPEN} THEN i.class ELSE '${ENDED}' END`;
const place = z.tuple([z.enum([...incidentClasses, ENDED]), z.iso.datetime(), z.uuid()]);

const linePlace = z.tuple([z.iso.datetime(), z.string().regex(/^\d{1,18}$/)]);

function toSummary(record: IncidentRecord): IncidentSummary {
  const row = toIncident(record);
  return {
    id: row.id,
    kind: row.kind,
    contractId: row.contractId,
    class: row.class,
    status: row.status,
    isOpen: isOpen(row.status),
    title: row.title,
    beganAt: row.beganAt.toISOString(),
    openedAt: row.openedAt.toISOString(),
    respondBy: row.respondBy.toISOString(),
    acknowledgedAt: row.acknowledgedAt?.toISOString() ?? null,
    acknowledgedBy: row.acknowledgedBy,
    assignee: row.assignee,
    clearedAt: row.clearedAt?.toISOString() ?? null,
    recoveredAt: row.recoveredAt?.toISOString() ?? null,
    reopened: row.reopened,
  };
}

const rankOf = (row: IncidentSummary) => (row.isOpen ? row.class : ENDED);

export const incidentReads: IncidentReads = {
  async list(tx, filter, { cursor, limit }) {
    const after = cursor === undefined ? null : decodeCursor(cursor, place);
    const values: unknown[] = [];
    const where: string[] = [];
    const add = (value: unknown, condition: (at: string) => string) => {
      values.push(value);
      where.push(condition(`$${values.length}`));
    };
    if (filter.status === 'open') where.push(`i.status IN ${OPEN}`);
    else if (filter.status !== undefined) add(filter.status, (at) => `i.status = ${at}`);
    if (filter.class !== undefined) add(filter.class, (at) => `i.class = ${at}`);
    if (filter.contractId !== undefined) add(filter.contractId, (at) => `i.contract_id = ${at}`);
    if (after !== null) {
      values.push(...after);
      const [first, second, third] = [values.length - 2, values.length - 1, values.length];
      where.push(
        `(${rank} > $${first} OR (${rank} = $${first} AND (i.opened_at, i.id) < ($${second}::timestamptz, $${third}::uuid)))`,
      );
    }
    values.push(limit + 1);
    const rows = await tx.query<IncidentRecord>(
      `SELECT ${incidentColumns} FROM incident i ${where.length === 0 ? '' : `WHERE ${where.join(' AND ')}`}
       ORDER BY ${rank}, i.opened_at DESC, i.id DESC LIMIT $${values.length}`,
      values,
    );
    return toPage(rows.map(toSummary), limit, (row) => [rankOf(row), row.openedAt, row.id]);
  },

  async open(tx, limit) {
    const [total] = await tx.query<{ count: number; unacknowledged: number }>(
      `SELECT count(*)::int AS count, (count(*) FILTER (WHERE status = 'detected'))::int AS unacknowledged FROM incident WHERE status IN ${OPEN}`,
    );
    const rows = await tx.query<IncidentRecord>(
      `SELECT ${incidentColumns} FROM incident i WHERE i.status IN ${OPEN}
       ORDER BY i.class, i.status <> 'detected', i.respond_by, i.id LIMIT $1`,
      [limit],
    );
    const { count, unacknowledged } = total ?? { count: 0, unacknowledged: 0 };
    return { count, unacknowledged, rows: rows.map(toSummary) };
  },

  async row(tx, id) {
    const [row] = await tx.query<IncidentRecord>(
      `SELECT ${incidentColumns} FROM incident i WHERE i.id = $1`,
      [id],
    );
    return row === undefined ? null : toIncident(row);
  },

  async timeline(tx, id, { cursor, limit }) {
    const before = cursor === undefined ? null : decodeCursor(cursor, linePlace);
    const rows = await tx.query<EntryRecord>(
      `SELECT e.id::text, e.kind, e.occurred_at, e.recorded_at, e.actor, e.text, e.detail, e.link, e.evidence_id::text,
         e.replay_id::text, e.promotion_id::text, e.file_id::text, e.corrects::text,
         coalesce((SELECT s.starred FROM incident_star s WHERE s.entry_id = e.id ORDER BY s.id DESC LIMIT 1),
           e.kind = ANY($5)) AS starred
       FROM incident_entry e WHERE e.incident_id = $1
         AND ($2::timestamptz IS NULL OR (e.occurred_at, e.id) < ($2, $3::bigint))
       ORDER BY e.occurred_at DESC, e.id DESC LIMIT $4`,
      [id, before?.[0] ?? null, before?.[1] ?? null, limit + 1, milestones],
    );
    const page = toPage(rows.map(toEntry), limit, (line) => [line.occurredAt, line.id]);
    return { lines: page.rows.toReversed(), earlier: page.next };
  },

  async records(tx, id) {
    const rows = await tx.query<{
      evidence_id: string;
      contract_id: string;
      kind: string;
      status: string;
      confidence: string | null;
      agreement: string | null;
      coverage: string | null;
      recorded_at: Date;
      measured_at: Date;
      linked_by: string;
    }>(
      `SELECT l.evidence_id::text, r.contract_id, r.kind, r.status, r.confidence, r.agreement,
         r.coverage_kind AS coverage, r.recorded_at, reprise_measured_at(r.id) AS measured_at, l.linked_by
       FROM incident_evidence l JOIN evidence_record r ON r.id = l.evidence_id
       WHERE l.incident_id = $1 ORDER BY r.recorded_at DESC, r.id LIMIT 200`,
      [id],
    );
    return rows.map((row) => ({
      evidenceId: row.evidence_id,
      contractId: row.contract_id,
      kind: row.kind,
      status: row.status,
      confidence: row.confidence,
      agreement: row.agreement,
      coverage: row.coverage,
      recordedAt: row.recorded_at.toISOString(),
      measuredAt: row.measured_at.toISOString(),
      linkedBy: row.linked_by,
    }));
  },

  async related(tx, id) {
    const rows = await tx.query<IncidentRecord>(
      `SELECT ${incidentColumns} FROM incident i WHERE i.id IN (
         SELECT (e.detail ->> 'incident')::uuid FROM incident_entry e WHERE e.incident_id = $1 AND e.kind = 'related')
       ORDER BY i.opened_at DESC LIMIT 50`,
      [id],
    );
    return rows.map(toSummary);
  },

  async ofRecord(tx, evidenceId) {
    const rows = await tx.query<IncidentRecord>(
      `SELECT ${incidentColumns} FROM incident i JOIN incident_evidence l ON l.incident_id = i.id
       WHERE l.evidence_id = $1 ORDER BY i.opened_at DESC LIMIT 50`,
      [evidenceId],
    );
    return rows.map(toSummary);
  },

  async file(tx, incidentId, fileId) {
    const [row] = await tx.query<{ name: string; media_type: string; content: Buffer }>(
      'SELECT name, media_type, content FROM incident_file WHERE id = $1 AND incident_id = $2',
      [fileId, incidentId],
    );
    return row === undefined ? null : { name: row.name, mediaType: row.media_type, content: row.content };
  },
};

type EntryRecord = {
  id: string;
  kind: EntryView['kind'];
  occurred_at: Date;
  recorded_at: Date;
  actor: string;
  text: string;
  detail: Record<string, unknown>;
  link: string | null;
  evidence_id: string | null;
  replay_id: string | null;
  promotion_id: string | null;
  file_id: string | null;
  corrects: string | null;
  starred: boolean;
};

function toEntry(row: EntryRecord): EntryView {
  return {
    id: row.id,
    kind: row.kind,
    occurredAt: row.occurred_at.toISOString(),
    recordedAt: row.recorded_at.toISOString(),
    actor: row.actor,
    text: row.text,
    detail: row.detail,
    link: row.link,
    evidenceId: row.evidence_id,
    replayId: row.replay_id,
    promotionId: row.promotion_id,
    fileId: row.file_id,
    corrects: row.corrects,
    starred: row.starred,
  };
}
