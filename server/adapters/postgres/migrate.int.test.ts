import { createHash, randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { markKinds } from '../../application/ports/runs.ts';
import { roles, secondFactors, signInMethods, signInSteps } from '../../domain/access/index.ts';
import { incidentClasses } from '../../domain/contract/index.ts';
import { recordStatuses, statementMaxBytes } from '../../domain/evidence/index.ts';
import { entryKinds, incidentKinds, incidentStatuses } from '../../domain/incident/index.ts';
import { deliveryStates, noticeChannels, noticeKinds, noticeSubjects } from '../../domain/notice/index.ts';
import { keyOutcomes, promotionStatuses } from '../../domain/promotion/index.ts';
import { discrepancyKinds, explanationCauses, invariantOutcomes } from '../../domain/reconciliation/index.ts';
import {
  agreementStatuses,
  confidenceStatuses,
  findingKinds,
  replayStatuses,
} from '../../domain/replay/index.ts';
import { opinionSections, reviewStatuses } from '../../domain/review/index.ts';
import {
  actionNames,
  actions,
  endedAttempts,
  openAttempts,
  runStates,
  waitingActions,
} from '../../domain/runbook/index.ts';
import { sagaLifecycles } from '../../domain/saga/index.ts';
import { migrate } from './migrate.ts';
import { missingFromSchema } from './schema-engine.ts';
import { createScratchDatabase, type ScratchDatabase } from './scratch-database.ts';

let database: ScratchDatabase;
let client: pg.Client;
let first: { applied: string[] }[];

beforeAll(async () => {
  database = await createScratchDatabase(inject('databaseUrl'));
  first = await Promise.all([migrate(database), migrate(database)]);
  client = new pg.Client({ connectionString: database.ownerUrl });
  await client.connect();
});
afterAll(async () => {
  await client.end();
  await database.drop();
});

describe('migrations', () => {
  it('are applied once when two processes start at the same time', () => {
    expect(first.flatMap(({ applied }) => applied)).toContain('20261123000000_first');
    expect(first.filter(({ applied }) => applied.length > 0)).toHaveLength(1);
  });

  it('do nothing the second time', async () => {
    expect(await migrate(database)).toEqual({ applied: [], granted: 0, unruly: null });
  });

  it('give what schema.prisma says', async () => {
    expect(await missingFromSchema(database.ownerUrl)).toBe('');
  });

  it('leave the table that prisma migrate deploy reads', async () => {
    const { rows } = await client.query('SELECT migration_name, finished_at FROM _prisma_migrations');
    expect(rows.every((row) => row.finished_at !== null)).toBe(true);
  });

  it('sort keys by bytes, whatever the locale of the database', async () => {
    const { rows } = await client.query(
      `SELECT table_name FROM information_schema.columns
       WHERE table_schema = 'public' AND column_name = 'key' AND collation_name = 'C' ORDER BY 1`,
    );
    expect(rows.map((row) => row.table_name)).toEqual([
      'discrepancy',
      'key_trace',
      'promotion_change',
      'replay_finding',
      'saga_event',
      'saga_run',
      'shadow_state',
    ]);
  });
});

describe('the closed unions of the database', () => {
  const unions: [string, readonly string[]][] = [
    ['replay_status_known', replayStatuses],
    ['replay_resume_status_known', replayStatuses],
    ['replay_confidence_known', confidenceStatuses],
    ['replay_agreement_known', agreementStatuses],
    ['replay_finding_count_kind_known', findingKinds],
    ['replay_invariant_outcome_known', invariantOutcomes],
    ['discrepancy_kind_known', discrepancyKinds],
    ['discrepancy_cause_known', explanationCauses],
    ['evidence_record_status_known', recordStatuses],
    ['evidence_record_confidence_known', confidenceStatuses],
    ['evidence_record_agreement_known', agreementStatuses],
    ['person_roles_known', roles],
    ['promotion_status_known', promotionStatuses],
    ['promotion_change_outcome_known', keyOutcomes],
    ['notice_kind_known', noticeKinds],
    ['notice_subject_known', noticeSubjects],
    ['notice_delivery_channel_known', noticeChannels],
    ['notice_delivery_state_known', deliveryStates],
    ['notice_channel_known', noticeChannels],
    ['person_session_method_known', signInMethods],
    ['person_session_second_factor_known', secondFactors],
    ['sign_in_step_kind_known', signInSteps],
    ['incident_kind_known', incidentKinds],
    ['incident_class_known', incidentClasses],
    ['incident_status_known', incidentStatuses],
    ['incident_entry_kind_known', entryKinds],
    ['review_status_known', reviewStatuses],
    ['review_text_section_known', opinionSections],
    ['saga_run_lifecycle_known', sagaLifecycles],
    ['runbook_run_status_known', runStates],
    ['runbook_attempt_status_known', [...openAttempts, ...endedAttempts]],
    ['runbook_mark_kind_known', markKinds],
    ['runbook_attempt_asks_for_approval', actionNames.filter((name) => actions[name].approvals > 0)],
    [
      'runbook_attempt_touches_as_defined',
      [
        ...['nothing', 'outside', 'reprise'],
        ...actionNames.filter((name) => actions[name].touches !== 'nothing'),
      ],
    ],
  ];
  it.each(unions)('%s is the list in the code', async (constraint, members) => {
    const { rows } = await client.query(
      'SELECT pg_get_constraintdef(oid) AS text FROM pg_constraint WHERE conname = $1',
      [constraint],
    );
    const known = [...String(rows[0]?.text).matchAll(/'([^']+)'::text/g)].map((match) => match[1]);
    expect(known.sort()).toEqual([...members].sort());
  });
});

describe('an attempt of a step', () => {
  it('is gone on with by another worker as the actions have it', async () => {
    const { rows } = await client.query(`SELECT prosrc FROM pg_proc WHERE proname = 'reprise_attempt_moves'`);
    const list = /NEW."action" NOT IN \(([^)]*)\)/.exec(String(rows[0]?.prosrc))?.[1] ?? '';
    expect([...list.matchAll(/'([^']+)'/g)].map((match) => match[1]).sort()).toEqual(
      [...waitingActions].sort(),
    );
  });

  it('touches what its action touches', async () => {
    const found = await client.query(
      `SELECT pg_get_constraintdef(oid) AS text FROM pg_constraint WHERE conname = 'runbook_attempt_touches_as_defined'`,
    );
    const touchesOf = /CASE[\s\S]*END/.exec(String(found.rows[0]?.text))?.[0];
    for (const name of actionNames) {
      const { rows } = await client.query<{ touches: string }>(
        `SELECT ${touchesOf} AS touches FROM (SELECT $1::text AS action) AS a`,
        [name],
      );
      expect([name, rows[0]?.touches]).toEqual([name, actions[name].touches]);
    }
  });
});

describe('what was recorded stays', () => {
  const statement = Buffer.from('{"_type":"https://in-toto.io/Statement/v1"}');
  const digest = createHash('sha256').update(statement).digest('hex');
  const insertEvidence = (claimed: string) =>
    client.query(
      `INSERT INTO evidence_record (id, kind, contract_id, statement, digest, status, requested_by)
       VALUES ($1, 'replay', 'c', $2, $3, 'refused', 'someone')`,
      [randomUUID(), statement, claimed],
    );

  it('evidence can be neither changed nor deleted', async () => {
    await insertEvidence(digest);
    await expect(client.query(`UPDATE evidence_record SET confidence = 'trusted'`)).rejects.toThrow(
      /never changed/,
    );
    await expect(client.query('DELETE FROM evidence_record')).rejects.toThrow(/never changed/);
    await expect(client.query('TRUNCATE evidence_record CASCADE')).rejects.toThrow(/never changed/);
  });

  it('what is attached to evidence is what its digest says and never changed; the words alone can be deleted', async () => {
    const { rows } = await client.query('SELECT id FROM evidence_record LIMIT 1');
    const attach = (name: string, claimed: string) =>
      client.query(
        'INSERT INTO evidence_attachment (evidence_id, name, digest, content) VALUES ($1, $2, $3, $4)',
        [rows[0].id, name, claimed, statement],
      );
    await expect(attach('remarks', '0'.repeat(64))).rejects.toThrow(/digest_of_content/);
    await attach('remarks', digest);
    await attach('plan.ranges', digest);
    await expect(client.query(`UPDATE evidence_attachment SET name = 'x'`)).rejects.toThrow(/never changed/);
    await expect(client.query('TRUNCATE evidence_attachment')).rejects.toThrow(/never changed/);
    await expect(client.query('DELETE FROM evidence_attachment')).rejects.toThrow(/never changed/);
    await client.query(`DELETE FROM evidence_attachment WHERE name = 'remarks'`);
    const { rows: left } = await client.query('SELECT name FROM evidence_attachment');
    expect(left).toEqual([{ name: 'plan.ranges' }]);
  });

  it('a record that fits no leaf of the log can not be stored', async () => {
    const insert = (text: string) =>
      client.query(
        `INSERT INTO evidence_record (id, kind, contract_id, statement, digest, status, requested_by)
         VALUES ($1, 'replay', 'c', $2, $3, 'cancelled', 'someone')`,
        [randomUUID(), Buffer.from(text), createHash('sha256').update(text).digest('hex')],
      );
    await expect(insert('x'.repeat(statementMaxBytes + 1))).rejects.toThrow(/evidence_record_fits_a_leaf/);
    await insert('x'.repeat(statementMaxBytes));
  });

  it('evidence whose digest is not that of its bytes is refused', async () => {
    await expect(insertEvidence('0'.repeat(64))).rejects.toThrow(/digest_of_statement/);
  });

  it('the audit can be neither changed nor deleted', async () => {
    await client.query(
      `INSERT INTO audit_entry (actor, action, subject, outcome, detail) VALUES ('a', 'b', 'c', 'done', '{}')`,
    );
    await expect(client.query(`UPDATE audit_entry SET actor = 'x'`)).rejects.toThrow(/never changed/);
    await expect(client.query('DELETE FROM audit_entry')).rejects.toThrow(/never changed/);
  });

  it('a plan is frozen once it stands in a row', async () => {
    const id = randomUUID();
    await client.query(
      `INSERT INTO replay (id, contract_id, contract_version, plan, plan_hash, scope, status, requested_by)
       VALUES ($1, 'c', 1, '{}', encode(sha256('{}'), 'hex'), '{"kind":"all"}', 'queued', 'someone')`,
      [id],
    );
    await client.query(`UPDATE replay SET status = 'folding' WHERE id = $1`, [id]);
    await expect(client.query(`UPDATE replay SET plan = '{"a":1}' WHERE id = $1`, [id])).rejects.toThrow(
      /never changed/,
    );
    await expect(
      client.query(`UPDATE replay SET scope = '{"kind":"keys"}' WHERE id = $1`, [id]),
    ).rejects.toThrow(/never changed/);
  });

  it('a plan stands beside its own hash and no other', async () => {
    await expect(
      client.query(
        `INSERT INTO replay (id, contract_id, contract_version, plan, plan_hash, scope, status, requested_by)
         VALUES (gen_random_uuid(), 'c', 1, '{}', encode(sha256('{ }'), 'hex'), '{"kind":"all"}', 'queued', 'someone')`,
      ),
    ).rejects.toThrow(/replay_hash_of_plan/);
  });

  it('a replay that has ended runs no more', async () => {
    const id = randomUUID();
    await client.query(
      `INSERT INTO replay (id, contract_id, contract_version, scope, status, requested_by)
       VALUES ($1, 'c', 1, '{"kind":"all"}', 'refused', 'someone')`,
      [id],
    );
    await expect(client.query(`UPDATE replay SET status = 'folding' WHERE id = $1`, [id])).rejects.toThrow(
      /never changed/,
    );
  });

  it('a replay without a plan can only be one that never ran', async () => {
    await expect(
      client.query(
        `INSERT INTO replay (id, contract_id, contract_version, scope, status, requested_by)
         VALUES ($1, 'c', 1, '{"kind":"all"}', 'queued', 'someone')`,
        [randomUUID()],
      ),
    ).rejects.toThrow(/replay_runs_by_plan/);
  });
});
