import type { IncidentChange, IncidentStore } from '../../application/ports/incidents.ts';
import type { Transaction } from '../../application/ports/unit-of-work.ts';
import { isRole } from '../../domain/access/index.ts';
import type { EntryKind } from '../../domain/incident/index.ts';
import { jsonb } from '../jsonb.ts';
import { type IncidentRecord, incidentColumns, OPEN, toIncident } from './incident-rows.ts';

/** Which column keeps what, and how it goes in. */
const columns: Readonly<Record<keyof IncidentChange, string>> = {
  class: 'class',
  classSaidBy: 'class_said_by',
  status: 'status',
  title: 'title',
  facts: 'facts',
  href: 'href',
  runbook: 'runbook',
  scope: 'scope',
  clockFrom: 'clock_from',
  respondBy: 'respond_by',
  escalateAt: 'escalate_at',
  asked: 'asked',
  acknowledgedAt: 'acknowledged_at',
  acknowledgedBy: 'acknowledged_by',
  assignee: 'assignee',
  clearedAt: 'cleared_at',
  returnedAt: 'returned_at',
  measuredAt: 'measured_at',
  lastToldAt: 'last_told_at',
  told: 'told',
  recoveredAt: 'recovered_at',
  recoveryEvidenceId: 'recovery_evidence_id',
  recoveryReason: 'recovery_reason',
  reopened: 'reopened',
  version: 'version',
};

const asJson = new Set<string>(['facts', 'scope']);
const isChange = (name: string): name is keyof IncidentChange => name in columns;

async function one(tx: Transaction, rest: string, values: readonly unknown[]) {
  const [row] = await tx.query<IncidentRecord>(`SELECT ${incidentColumns} FROM incident i ${rest}`, values);
  return row === undefined ? null : toIncident(row);
}

const lockCause = (tx: Transaction, cause: string) =>
  tx.query(`SELECT pg_advisory_xact_lock(hashtextextended('incident:' || $1, 0))`, [cause]);

export const incidentStore: IncidentStore = {
  async now(tx) {
    const [row] = await tx.query<{ now: Date }>(
      `SELECT date_trunc('milliseconds', clock_timestamp()) AS now`,
    );
    if (row === undefined) throw new Error('the database does not say what time it is');
    return row.now;
  },

  async holdCause(tx, cause) {
    await lockCause(tx, cause);
    return one(
      tx,
      `WHERE i.cause = $1 ORDER BY i.status IN ${OPEN} DESC, i.opened_at DESC, i.id DESC LIMIT 1 FOR NO KEY UPDATE`,
      [cause],
    );
  },

  // A signal holds the cause first and the row then: the other way round the two would wait for each other.
  async lockWithCause(tx, id) {
    const [known] = await tx.query<{ cause: string }>('SELECT cause FROM incident WHERE id = $1', [id]);
    if (known === undefined) return null;
    await lockCause(tx, known.cause);
    return incidentStore.lock(tx, id);
  },

  lock: (tx, id) => one(tx, 'WHERE i.id = $1 FOR NO KEY UPDATE', [id]),

  async insert(tx, incident) {
    await tx.query(
      `INSERT INTO incident (id, cause, kind, contract_id, class, class_said_by, status, title, facts, href, runbook, scope,
         began_at, opened_at, opened_by, clock_from, respond_by, escalate_at, last_told_at,
         measured_at)
       VALUES ($1, $2, $3, $4, $5, $6, 'detected', $7, $8, $9, $10, $11, $12, $13, $14, $13, $15, $15, $13, $16)`,
      [
        incident.id,
        incident.cause,
        incident.kind,
        incident.contractId,
        incident.class,
        incident.classSaidBy,
        incident.title,
        jsonb(incident.facts),
        incident.href,
        incident.runbook,
        incident.scope === null ? null : jsonb(incident.scope),
        incident.beganAt,
        incident.openedAt,
        incident.openedBy,
        incident.respondBy,
        incident.measuredAt,
      ],
    );
  },

  async change(tx, id, change) {
    const set: string[] = [];
    const values: unknown[] = [id];
    for (const [name, value] of Object.entries(change)) {
      if (!isChange(name) || value === undefined) continue;
      values.push(asJson.has(name) && value !== null ? jsonb(value) : value);
      set.push(`${columns[name]} = $${values.length}`);
    }
    if (set.length > 0) await tx.query(`UPDATE incident SET ${set.join(', ')} WHERE id = $1`, values);
  },

  async isOpenElsewhere(tx, id, cause) {
    const rows = await tx.query(
      `SELECT id FROM incident WHERE cause = $2 AND id <> $1 AND status IN ${OPEN} LIMIT 1`,
      [id, cause],
    );
    return rows.length > 0;
  },

  async openedLately(tx, { id, contractId, openedAt }, withinMs) {
    const rows = await tx.query<{ id: string; opened_at: Date }>(
      `SELECT id::text, opened_at FROM incident WHERE contract_id = $1 AND id <> $2 AND status IN ${OPEN}
         AND opened_at BETWEEN $3::timestamptz - $4 * interval '1 ms' AND $3
       ORDER BY opened_at DESC, id LIMIT 20`,
      [contractId, id, openedAt, withinMs],
    );
    return rows.map((row) => ({ id: row.id, openedAt: row.opened_at }));
  },

  async note(tx, entry) {
    const [row] = await tx.query<{ id: string }>(
      `INSERT INTO incident_entry (incident_id, kind, occurred_at, actor, text, detail, link, evidence_id, file_id, corrects)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) RETURNING id::text`,
      [
        entry.incidentId,
        entry.kind,
        entry.occurredAt,
        entry.actor,
        entry.text ?? '',
        jsonb(entry.detail ?? {}),
        entry.link ?? null,
        entry.evidenceId ?? null,
        entry.fileId ?? null,
        entry.corrects ?? null,
      ],
    );
    return row?.id ?? '';
  },

  async entry(tx, incidentId, entryId) {
    const [row] = await tx.query<{ kind: EntryKind }>(
      'SELECT kind FROM incident_entry WHERE id = $1 AND incident_id = $2',
      [entryId, incidentId],
    );
    return row ?? null;
  },

  async lastAct(tx, incidentId) {
    const [row] = await tx.query<{ kind: EntryKind; by: string; at: Date }>(
      `SELECT e.kind, coalesce(p.name, e.actor) AS by, e.recorded_at AS at
       FROM incident_entry e LEFT JOIN person p ON p.id = e.actor
       WHERE e.incident_id = $1 AND e.kind IN ('acknowledged', 'assigned', 'class-changed', 'mitigating', 'recovered',
         'reviewed', 'closed', 'reopened')
       ORDER BY e.id DESC LIMIT 1`,
      [incidentId],
    );
    return row ?? null;
  },

  async star(tx, entryId, starred, actor) {
    await tx.query('INSERT INTO incident_star (entry_id, starred, actor) VALUES ($1, $2, $3)', [
      entryId,
      starred,
      actor,
    ]);
  },

  async insertFile(tx, file) {
    await tx.query(
      `INSERT INTO incident_file (id, incident_id, name, media_type, bytes, sha256, content, added_by)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
      [
        file.id,
        file.incidentId,
        file.name,
        file.mediaType,
        file.content.byteLength,
        file.sha256,
        Buffer.from(file.content),
        file.addedBy,
      ],
    );
  },

  async fileBytes(tx, incidentId) {
    const [row] = await tx.query<{ bytes: string }>(
      'SELECT coalesce(sum(bytes), 0)::text AS bytes FROM incident_file WHERE incident_id = $1',
      [incidentId],
    );
    return Number(row?.bytes ?? 0);
  },

  async record(tx, evidenceId) {
    const [row] = await tx.query<RecordRow>(
      `SELECT contract_id, confidence, agreement, coverage_kind, reprise_measured_at(id) AS measured_at, kind, status
       FROM evidence_record WHERE id = $1`,
      [evidenceId],
    );
    if (row === undefined) return null;
    const { contract_id: contractId, confidence, agreement, coverage_kind: coverage, kind, status } = row;
    return { contractId, confidence, agreement, coverage, measuredAt: row.measured_at, kind, status };
  },

  async linkEvidence(tx, incidentId, evidenceId, linkedBy) {
    const rows = await tx.query(
      `INSERT INTO incident_evidence (incident_id, evidence_id, linked_by) VALUES ($1, $2, $3)
       ON CONFLICT DO NOTHING RETURNING evidence_id`,
      [incidentId, evidenceId, linkedBy],
    );
    return rows.length > 0;
  },

  takeMissed: (tx) =>
    one(
      tx,
      `WHERE i.status = 'detected' AND i.escalate_at <= clock_timestamp()
       ORDER BY i.escalate_at LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED`,
      [],
    ),

  async responders(tx) {
    const rows = await tx.query<{
      id: string;
      name: string;
      roles: string[];
      disabled: boolean;
      signs_in: boolean;
      email: boolean;
      webhook: boolean;
    }>(
      `SELECT p.id, p.name, p.roles, p.disabled_at IS NOT NULL AS disabled,
         EXISTS (SELECT FROM sign_in_account a WHERE a.person_id = p.id)
           OR EXISTS (SELECT FROM passkey k WHERE k.person_id = p.id) AS signs_in,
         p.notices_by_email AND EXISTS (SELECT FROM notice_channel WHERE channel = 'email' AND configured) AS email,
         EXISTS (SELECT FROM notice_channel WHERE channel = 'webhook' AND configured) AS webhook
       FROM person p`,
    );
    return rows.map(({ id, name, roles, disabled, signs_in: signsIn, email, webhook }) => ({
      ...{ id, name, disabled, signsIn },
      roles: roles.filter(isRole),
      ways: [...(email ? (['e-mail'] as const) : []), ...(webhook ? (['webhook'] as const) : [])],
    }));
  },

  async contractExists(tx, contractId) {
    const rows = await tx.query('SELECT 1 FROM contract_version WHERE contract_id = $1 LIMIT 1', [
      contractId,
    ]);
    return rows.length > 0;
  },
};

type RecordRow = {
  contract_id: string;
  confidence: string | null;
  agreement: string | null;
  coverage_kind: string | null;
  measured_at: Date;
  kind: string;
  status: string;
};
