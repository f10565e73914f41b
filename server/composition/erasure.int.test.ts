import { spawn } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { createPageReads } from '../adapters/postgres/pages/index.ts';
import {
  createMigratedDatabase,
  type ScratchDatabase,
  withoutRules,
} from '../adapters/postgres/scratch-database.ts';
import type { ErasureRequest } from '../application/erasure/erase.ts';
import { canonicalJson } from '../domain/shared/canonical-json.ts';
import { eraseAsOwner } from './erasure.ts';

const ALICE = 'alice@example.test';
const sha256 = (text: string | Buffer) => createHash('sha256').update(text).digest('hex');

let database: ScratchDatabase;
let owner: pg.Pool;
let runner: pg.Pool;
/** Lays down what a running Reprise has left. */
let lawless: pg.Pool;

beforeAll(async () => {
  database = await createMigratedDatabase(inject('databaseUrl'));
  owner = new pg.Pool({ connectionString: database.ownerUrl, max: 3 });
  runner = new pg.Pool({ connectionString: database.url, max: 2 });
  lawless = new pg.Pool({ connectionString: withoutRules(database), max: 1 });
});
afterAll(async () => {
  for (const pool of [owner, runner, lawless]) await pool?.end();
  await database?.drop();
});
beforeEach(async () => {
  await lawless.query(
    `TRUNCATE replay, replay_partition, replay_comparison, replay_invariant, replay_finding, discrepancy, shadow_state,
       seen_block, key_trace, promotion, promotion_change, evidence_record, evidence_index, evidence_attachment, erasure, decision,
       break_glass, previewed_plan, saved_view, audit_entry, log_entry, contract_version, person CASCADE`,
  );
});

const erased = (what: ErasureRequest['what'], more: Partial<ErasureRequest> = {}) =>
  eraseAsOwner({ databaseUrl: database.url, ownerDatabaseUrl: database.ownerUrl }, 'test', {
    what,
    reason: 'request 17',
    user: 'omar',
    dryRun: false,
    ...more,
  });
const bySubject = (keys: readonly string[] = [ALICE], more: Partial<ErasureRequest> = {}) =>
  erased({ kind: 'subject', contractId: 'c', keys }, more);
const byAge = (days = 30, more: Partial<ErasureRequest> = {}) =>
  erased({ kind: 'policy', contractId: null, days }, more);

type Laid = { readonly id: string; readonly evidenceId: string; readonly remarks: string };

/** A replay that has ended 40 days ago, with rows of two keys and everything that can name one. */
async function replay({
  status = 'finished',
  scope = { kind: 'all' },
  base = null,
  names = ALICE,
  contract = 'c',
  salt,
}: {
  readonly status?: string;
  readonly scope?: object;
  readonly base?: string | null;
  readonly names?: string;
  readonly contract?: string;
  readonly salt?: string;
} = {}): Promise<Laid> {
  const [id, evidenceId] = [randomUUID(), randomUUID()];
  const plan = canonicalJson({
    scope,
    contract: { id: contract },
    ranges: [{}],
    history: { partitionCount: 1 },
    ...(salt === undefined ? {} : { salt }),
    ...(base === null ? {} : { base: { replayId: base } }),
  });
  await lawless.query(
    `INSERT INTO replay (id, contract_id, contract_version, plan, plan_hash, scope, status, requested_by, reason, failure_code,
       failure, discrepancies, confidence, shadow_digest, evidence_id, requested_at, started_at, ended_at)
     VALUES ($1, $7, 1, $2, $3, $4, $5, 'omar', $6, 'projection-failed', $6, 2, 'trusted', 'd', $8,
       now() - interval '41 days', now() - interval '41 days', CASE WHEN $5 <> 'folding' THEN now() - interval '40 days' END)`,
    [id, plan, sha256(plan), scope, status, `it failed at ${names}`, contract, evidenceId],
  );
  for (const key of [names, 'bob']) {
    await lawless.query(
      `INSERT INTO shadow_state (replay_id, partition, key, state, last_offset, events) VALUES ($1, 0, $2, '{"n":1}', 4, 1)`,
      [id, key],
    );
    await lawless.query(
      `INSERT INTO discrepancy (replay_id, derived_state, key, partition, kind, fields, magnitude, cause)
       VALUES ($1, 'stock', $2, 0, 'different', '[]', 1, 'never-applied')`,
      [id, key],
    );
    await lawless.query(
      `INSERT INTO key_trace (replay_id, key, status, steps) VALUES ($1, $2, 'ready', '[]')`,
      [id, key],
    );
  }
  await lawless.query(
    `INSERT INTO replay_finding (replay_id, kind, partition, "offset", key, detail)
     VALUES ($1, 'no-key', 0, 3, NULL, $2), ($1, 'duplicate', 0, 4, $3, 'twice'), ($1, 'duplicate', 0, 5, 'bob', 'twice')`,
    [id, `no key in the event of ${names}`, names],
  );
  await lawless.query(`INSERT INTO seen_block VALUES ($1, 0, 0, 'x')`, [id]);
  await lawless.query(`INSERT INTO replay_comparison VALUES ($1, 'stock', 'different', $2, now())`, [
    id,
    { derivedState: 'stock', problem: `${names} was not compared`, missing: 0 },
  ]);
  await lawless.query(`INSERT INTO replay_invariant VALUES ($1, 'sum', 'failed', $2)`, [
    id,
    { name: 'sum', failingKeys: [names, 'bob'], failing: 2, problem: null },
  ]);
  const remarks = canonicalJson({ salt: 'x', reason: `it failed at ${names}` });
  await record(evidenceId, { replayId: id, contract, kind: 'replay', beside: { remarks } });
  return { id, evidenceId, remarks };
}

async function record(
  id: string,
  {
    replayId,
    contract = 'c',
    kind,
    beside,
  }: {
    readonly replayId: string | null;
    readonly contract?: string;
    readonly kind: string;
    readonly beside: Readonly<Record<string, string>>;
  },
) {
  const statement = canonicalJson({
    id,
    predicate: { explained: { explained: 2, unexplained: 0, notSearched: 0 } },
  });
  await lawless.query(
    `INSERT INTO evidence_record (id, kind, contract_id, replay_id, statement, digest, status, confidence, requested_by)
     VALUES ($1, $2, $3, $4, convert_to($5, 'UTF8'), $6, 'finished', 'trusted', 'omar')`,
    [id, kind, contract, replayId, statement, sha256(statement)],
  );
  await lawless.query(
    `INSERT INTO evidence_index (id, recorded_at, contract_id, replay_id, kind, status, requested_by, approved_by, generated, search, words)
     VALUES ($1, now(), $2, $3, $4, 'finished', 'omar', '{}', false, '', to_tsvector('simple', $5))`,
    [id, contract, replayId, kind, beside.remarks ?? ''],
  );
  for (const [name, content] of Object.entries(beside))
    await lawless.query(`INSERT INTO evidence_attachment VALUES ($1, $2, $3, convert_to($4, 'UTF8'))`, [
      id,
      name,
      sha256(content),
      content,
    ]);
}

/** A promotion of a replay, with a row of each of two keys. */
async function promotion(replayId: string, status = 'promoted', names = ALICE) {
  const [id, evidenceId] = [randomUUID(), randomUUID()];
  const plan = canonicalJson({
    approvalsNeeded: 1,
    keys: 2,
    contract: { id: 'c', version: 1 },
    replay: { id: replayId },
    derivedState: 'stock',
  });
  const done = !['awaiting-approval', 'queued', 'running'].includes(status);
  await lawless.query(
    `INSERT INTO promotion (id, contract_id, contract_version, replay_id, derived_state, plan, plan_hash, status, requested_by,
       reason, requested_at, ended_at, outcome, evidence_id)
     VALUES ($1, 'c', 1, $2, 'stock', $3, $4, $5, 'omar', $6, now() - interval '40 days',
       CASE WHEN $7 THEN now() - interval '39 days' END, $8, $9)`,
    [
      id,
      replayId,
      plan,
      sha256(plan),
      status,
      `for ${names}`,
      done,
      done
        ? {
            written: 2,
            after: { comparisons: [], invariants: [{ name: 'sum', failingKeys: [names], problem: null }] },
          }
        : null,
      done ? evidenceId : null,
    ],
  );
  for (const key of [names, 'bob'])
    await lawless.query(
      `INSERT INTO promotion_change (promotion_id, key, change, magnitude, outcome, before, after)
       VALUES ($1, $2, $3, 1, 'written', '{"n":1}', '{"n":2}')`,
      [id, key, canonicalJson({ key })],
    );
  if (done)
    await record(evidenceId, {
      replayId,
      kind: 'promotion',
      beside: {
        remarks: canonicalJson({ salt: 'x', reason: 'by the book' }),
        rows: canonicalJson({ salt: 'x', rows: [{ key: names }, { key: 'bob' }] }),
      },
    });
  return { id, evidenceId };
}

/** Every text of every table but the ones that are never changed: a key that is nowhere in it is erased. */
async function everything(): Promise<string> {
  const { rows: tables } = await owner.query<{ name: string }>(
    `SELECT relname AS name FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'`,
  );
  const texts: string[] = [];
  for (const { name } of tables) {
    const { rows } = await owner.query<{ text: string }>(`SELECT t::text AS text FROM "${name}" t`);
    texts.push(...rows.map(({ text }) => `${name}: ${text}`));
  }
  const { rows: contents } = await owner.query<{ text: string }>(
    `SELECT convert_from(content, 'UTF8') AS text FROM evidence_attachment`,
  );
  return [...texts, ...contents.map(({ text }) => text)].join('\n');
}

const count = async (table: string, replayId?: string) => {
  const where = replayId === undefined ? '' : ` WHERE replay_id = '${replayId}'`;
  const { rows } = await owner.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM ${table}${where}`,
  );
  return rows[0]?.count;
};

describe('erasing by subject', () => {
  it('leaves the key nowhere, and of other keys everything', async () => {
    const { id, evidenceId } = await replay();
    const made = await promotion(id);
    const before = await owner.query(`SELECT id, digest, statement FROM evidence_record ORDER BY id`);
    const report = await bySubject();
    expect(report.counts).toEqual({
      states: 1,
      discrepancies: 1,
      findings: 2,
      traces: 1,
      promotionRows: 1,
      attachments: 2,
      words: 6,
    });
    expect(await everything()).not.toContain('alice');
    for (const table of ['shadow_state', 'discrepancy', 'key_trace', 'replay_finding', 'seen_block'])
      expect(await count(table, id), table).toBe(1);
    expect(await count('promotion_change')).toBe(1);
    // Of the promotion's words none names the key, so they stay.
    const { rows: kept } = await owner.query('SELECT evidence_id, name FROM evidence_attachment');
    expect(kept).toEqual([{ evidence_id: made.evidenceId, name: 'remarks' }]);
    const { rows: invariants } = await owner.query('SELECT result FROM replay_invariant');
    expect(invariants).toEqual([
      { result: { name: 'sum', failing: 2, failingKeys: ['bob'], problem: null } },
    ]);
    expect((await owner.query(`SELECT id, digest, statement FROM evidence_record ORDER BY id`)).rows).toEqual(
      before.rows,
    );
    expect(
      (await owner.query('SELECT words::text FROM evidence_index WHERE id = $1', [evidenceId])).rows,
    ).toEqual([{ words: '' }]);
  });

  it('says so in a row of its own and in the audit, by a salted digest', async () => {
    const { id, evidenceId } = await replay();
    await bySubject();
    const { rows } = await owner.query(`SELECT *, encode(salt, 'hex') AS salt_hex FROM erasure`);
    expect(rows).toHaveLength(1);
    const [row] = rows;
    expect(row).toMatchObject({
      kind: 'subject',
      replay_id: id,
      reason: 'request 17',
      unusable: true,
      attachments: [`${evidenceId}/remarks`],
    });
    expect(row.erased_by).toMatch(/^omar as /);
    expect(row.key_hashes).toEqual([sha256(Buffer.concat([row.salt, Buffer.from(ALICE)]))]);
    const { rows: audit } = await owner.query('SELECT action, subject, detail, origin FROM audit_entry');
    expect(audit).toEqual([
      {
        action: 'evidence.erased',
        subject: `replay:${id}`,
        origin: 'test',
        detail: { erasure: row.id, user: 'omar', why: 'by subject: request 17', counts: row.counts },
      },
    ]);
  });

  it('takes the key out of a plan whose scope names it, and keeps the hash that it ran by', async () => {
    const { id } = await replay({ scope: { kind: 'keys', keys: [ALICE, 'bob'] }, salt: 'of the hash' });
    const hash = (await owner.query('SELECT plan_hash FROM replay')).rows;
    expect((await bySubject()).counts).toMatchObject({ planKeys: 1 });
    const { rows } = await owner.query(
      `SELECT scope, plan::json -> 'scope' AS planned, plan::json ->> 'salt' AS salt, plan_erased FROM replay WHERE id = $1`,
      [id],
    );
    const scope = { kind: 'keys', keys: ['bob'] };
    expect(rows).toEqual([{ scope, planned: scope, salt: null, plan_erased: true }]);
    expect((await owner.query('SELECT plan_hash FROM replay')).rows).toEqual(hash);
    expect(await everything()).not.toContain('alice');
  });

  it('deletes views and plans that were shown that name it, and says that the audit does', async () => {
    await replay();
    await lawless.query(`INSERT INTO person (id, name, email) VALUES ('omar', 'Omar', 'omar@example.test')`);
    await lawless.query(
      `INSERT INTO saved_view (id, person_id, page, name, query) VALUES (gen_random_uuid(), 'omar', 'evidence', 'hers', $1),
         (gen_random_uuid(), 'omar', 'evidence', 'bobs', 'key=bob')`,
      [new URLSearchParams({ key: ALICE }).toString()],
    );
    const plan = canonicalJson({ contract: { id: 'c' }, scope: { kind: 'keys', keys: [ALICE] } });
    await lawless.query(`INSERT INTO previewed_plan VALUES ($1, $2, '{}', now() + interval '1 hour')`, [
      sha256(plan),
      plan,
    ]);
    await lawless.query(
      `INSERT INTO audit_entry (actor, action, subject, outcome, detail) VALUES ('a', 'b', 'c', 'done', $1)`,
      [{ reason: `for ${ALICE}` }],
    );
    const report = await bySubject();
    expect(report).toMatchObject({ auditEntries: 1, counts: { savedViews: 1, previewedPlans: 1 } });
    expect((await owner.query('SELECT name FROM saved_view')).rows).toEqual([{ name: 'bobs' }]);
  });

  it('deletes its sagas and their events, and no others', async () => {
    await replay();
    for (const [contract, key] of [
      ['c', ALICE],
      ['c', 'bob'],
      ['other', ALICE],
    ]) {
      await lawless.query(
        `INSERT INTO saga_run (contract_id, key, lifecycle, marks, started_at, last_at, last_type, last_place, events, oddities)
         VALUES ($1, $2, 'running', '{}', now(), now(), 'Placed', '0:1', 1, 0)`,
        [contract, key],
      );
      await lawless.query(
        `INSERT INTO saga_event VALUES ($1, 'topic', 0, $3, $2, $2, 'Placed', '{}', '{}', now())`,
        [contract, key, key === ALICE ? 1 : 2],
      );
    }
    expect((await bySubject()).counts).toMatchObject({ sagas: 2 });
    for (const table of ['saga_run', 'saga_event']) {
      const { rows } = await owner.query(`SELECT contract_id, key FROM ${table} ORDER BY 1`);
      expect(rows).toEqual([
        { contract_id: 'c', key: 'bob' },
        { contract_id: 'other', key: ALICE },
      ]);
    }
    await lawless.query('TRUNCATE saga_run, saga_event');
  });

  it('erases words of those who decided', async () => {
    const { id } = await replay();
    await lawless.query(
      `INSERT INTO decision (id, subject_kind, subject_id, contract_id, plan_hash, person_id, verdict, reason, expires_at, voided_at, void_reason)
       VALUES (gen_random_uuid(), 'replay', $1, 'c', 'h', 'ada', 'approved', $2, now(), now(), 'it ran out'),
         (gen_random_uuid(), 'replay', $1, 'c', 'h', 'bea', 'approved', 'read it', now(), NULL, NULL)`,
      [id, `because of ${ALICE}`],
    );
    await lawless.query(
      `INSERT INTO break_glass (id, subject_kind, subject_id, contract_id, plan_hash, first_by, first_reason, expires_at,
         second_by, second_reason, second_at)
       VALUES (gen_random_uuid(), 'replay', $1, 'c', 'h', 'ada', $2, now(), 'bea', 'agreed', now())`,
      [id, `because of ${ALICE}`],
    );
    await bySubject();
    expect((await owner.query('SELECT person_id, reason FROM decision ORDER BY 1')).rows).toEqual([
      { person_id: 'ada', reason: 'erased' },
      { person_id: 'bea', reason: 'read it' },
    ]);
    expect(await everything()).not.toContain('alice');
  });

  it('finds nothing of a key that nobody has, or that stands in a longer word only', async () => {
    await replay();
    for (const key of ['carol', 'lice'])
      expect(await bySubject([key])).toMatchObject({ replays: [], counts: {} });
    expect(await count('erasure')).toBe(0);
    expect(await count('audit_entry')).toBe(0);
  });

  it('leaves other contracts as they are, and refuses one that there is not', async () => {
    const other = await replay({ contract: 'other' });
    await replay();
    await bySubject();
    expect(await count('shadow_state', other.id)).toBe(2);
    await expect(erased({ kind: 'subject', contractId: 'none', keys: ['a'] })).rejects.toThrow(
      'There is no contract none',
    );
  });

  it('refuses a reason that names the key, an empty one, and an empty key', async () => {
    await replay();
    await expect(bySubject([ALICE], { reason: `${ALICE} asked` })).rejects.toThrow('names a key');
    await expect(bySubject([ALICE], { reason: ' ' })).rejects.toThrow('has a reason');
    await expect(bySubject([''])).rejects.toThrow('not empty');
    expect(await count('shadow_state')).toBe(2);
  });

  it.each(['awaiting-approval', 'queued', 'running'])(
    'is refused whole while a promotion of one of them is %s',
    async (status) => {
      await replay();
      const { id } = await replay();
      const waiting = await promotion(id, status);
      await expect(bySubject()).rejects.toThrow(`promotion ${waiting.id} is ${status}`);
      expect(await count('shadow_state')).toBe(4);
      expect(await count('erasure')).toBe(0);
    },
  );

  it('is refused while a replay goes on from one of them, and names what has not ended', async () => {
    const { id } = await replay();
    const going = await replay({ status: 'folding', base: id, names: 'carol' });
    await expect(bySubject()).rejects.toThrow(`replay ${going.id} is folding and goes on from it`);
    await lawless.query(`UPDATE replay SET status = 'cancelled' WHERE id = $1`, [going.id]);
    const other = await replay({ status: 'folding', names: 'carol' });
    expect(await bySubject()).toMatchObject({ running: [other.id], counts: { states: 1 } });
  });

  it('says in a dry run what it would erase, and erases nothing', async () => {
    const { id } = await replay();
    await promotion(id);
    const before = await everything();
    const dry = await bySubject([ALICE], { dryRun: true });
    expect(await everything()).toBe(before);
    expect((await bySubject()).counts).toEqual(dry.counts);
  });
});

describe('erasing by age', () => {
  it('erases what replays that ended long ago hold, and what stands on them, once', async () => {
    const { id } = await replay({ scope: { kind: 'keys', keys: [ALICE] } });
    await promotion(id);
    const young = await replay();
    await lawless.query(`UPDATE replay SET ended_at = now() WHERE id = $1`, [young.id]);
    const dry = await byAge(30, { dryRun: true });
    const report = await byAge();
    expect(report.counts).toEqual(dry.counts);
    expect(report.counts).toEqual({
      states: 2,
      discrepancies: 2,
      findings: 3,
      traces: 2,
      seenBlocks: 1,
      promotionRows: 2,
      attachments: 3,
      words: 7,
      planKeys: 1,
    });
    for (const table of ['shadow_state', 'discrepancy', 'key_trace', 'replay_finding', 'seen_block']) {
      expect(await count(table, id), table).toBe(0);
      expect(await count(table, young.id), table).toBeGreaterThan(0);
    }
    expect((await owner.query('SELECT kind, older_than_days, unusable FROM erasure')).rows).toEqual([
      { kind: 'policy', older_than_days: 30, unusable: true },
    ]);
    expect(await byAge()).toMatchObject({ replays: [], counts: {} });
  });

  it('keeps what was counted, and the verdicts and digests', async () => {
    const { id } = await replay();
    const figures = `SELECT status, confidence, discrepancies, shadow_digest, plan, plan_hash, counters, evidence_id FROM replay WHERE id = '${id}'`;
    const before = await owner.query(figures);
    await byAge();
    expect((await owner.query(figures)).rows).toEqual(before.rows);
    expect((await owner.query(`SELECT result ->> 'failing' AS failing FROM replay_invariant`)).rows).toEqual([
      { failing: '2' },
    ]);
  });

  it('skips what something waits on, and takes the others', async () => {
    const held = await replay();
    await promotion(held.id, 'queued');
    const free = await replay();
    const report = await byAge();
    expect(report.skipped).toEqual([{ replayId: held.id, why: expect.stringContaining('is queued') }]);
    expect(report.replays.map(({ replayId }) => replayId)).toEqual([free.id]);
    expect(await count('shadow_state', held.id)).toBe(2);
  });

  it('leaves a replay with a promotion that has ended since', async () => {
    const { id } = await replay();
    await promotion(id);
    await lawless.query('UPDATE promotion SET ended_at = now()');
    expect(await byAge()).toMatchObject({ replays: [] });
  });

  it('erases 200,000 states and as many differences in seconds, and nobody waits for it who records something', async () => {
    const { id } = await replay();
    await lawless.query(
      `INSERT INTO shadow_state (replay_id, partition, key, state, last_offset, events)
       SELECT $1, 0, 'K' || i, '{"quantity":17,"reserved":4}', i, 1 FROM generate_series(1, 200000) i`,
      [id],
    );
    await lawless.query(
      `INSERT INTO discrepancy (replay_id, derived_state, key, partition, kind, fields, magnitude)
       SELECT $1, 'stock', 'K' || i, 0, 'different', '[{"field":"quantity","history":17,"live":16}]', 1 FROM generate_series(1, 200000) i`,
      [id],
    );
    await lawless.query('ANALYZE shadow_state, discrepancy');
    const began = Date.now();
    const running = byAge();
    let waited = 0;
    let done = false;
    void running.finally(() => {
      done = true;
    });
    while (!done) {
      const asked = Date.now();
      await owner.query(`BEGIN; SELECT * FROM reprise_hold_log('test'); ROLLBACK`);
      waited = Math.max(waited, Date.now() - asked);
    }
    expect((await running).counts).toMatchObject({ states: 200_002, discrepancies: 200_002 });
    expect(Date.now() - began).toBeLessThan(30_000);
    expect(waited).toBeLessThan(1_000);
  }, 90_000);
});

describe('what was erased', () => {
  const asRunner = (sql: string, values: readonly unknown[] = []) => runner.query(sql, [...values]);

  it('is the owner’s to erase: the role that runs is refused, in the command and past it', async () => {
    const { id } = await replay();
    const request = {
      what: { kind: 'policy', contractId: null, days: 30 },
      reason: 'r',
      user: 'omar',
      dryRun: false,
    } as const;
    await expect(
      eraseAsOwner({ databaseUrl: database.url, ownerDatabaseUrl: null }, 'test', request),
    ).rejects.toThrow(/Only the owner of Reprise's tables erases, which is .*, and not reprise_scratch/);
    const row = `INSERT INTO erasure (id, run_id, kind, contract_id, replay_id, reason, erased_by, salt, key_hashes, counts, unusable)
      VALUES (gen_random_uuid(), gen_random_uuid(), 'subject', 'c', '${id}', 'r', 'x', sha256('x'), '{h}', '{}', true)`;
    await expect(asRunner(row)).rejects.toThrow(/permission denied/);
    // Were it given the right to, it would still not be the owner.
    const { rows } = await runner.query<{ name: string }>('SELECT current_user::text AS name');
    await owner.query(`GRANT INSERT ON erasure TO ${rows[0]?.name}`);
    await expect(asRunner(row)).rejects.toThrow(/only the owner of the database erases/);
    await owner.query(`REVOKE INSERT ON erasure FROM ${rows[0]?.name}`);
    for (const sql of [
      `DELETE FROM shadow_state WHERE replay_id = $1`,
      `DELETE FROM discrepancy WHERE replay_id = $1`,
    ])
      await expect(asRunner(sql, [id])).rejects.toThrow(/never changed/);
  });

  it('lets nothing pass the rules before it or after it, not for the owner either', async () => {
    const { id } = await replay();
    const other = await replay();
    await bySubject();
    for (const sql of [
      'DELETE FROM shadow_state WHERE replay_id = $1',
      'DELETE FROM discrepancy WHERE replay_id = $1',
      'DELETE FROM replay_finding WHERE replay_id = $1',
      'DELETE FROM seen_block WHERE replay_id = $1',
      `UPDATE erasure SET reason = 'another' WHERE replay_id = $1`,
      `UPDATE erasure SET counts = '{}' WHERE replay_id = $1`,
      'DELETE FROM erasure WHERE replay_id = $1',
      `UPDATE replay SET plan = '{}', plan_erased = true WHERE id = $1`,
      `UPDATE replay SET scope = '{}' WHERE id = $1`,
    ])
      await expect(owner.query(sql, [id]), sql).rejects.toThrow(/never changed/);
    // The row of one replay lets nothing of another pass, nor figures of its own.
    const client = await owner.connect();
    for (const sql of [
      `DELETE FROM shadow_state WHERE replay_id = '${other.id}'`,
      `UPDATE replay SET confidence = 'suspect' WHERE id = '${id}'`,
      `UPDATE replay SET plan_hash = 'x' WHERE id = '${id}'`,
      `UPDATE replay_finding_count SET count = 0 WHERE replay_id = '${id}'`,
      `UPDATE discrepancy SET cause = NULL WHERE replay_id = '${id}'`,
      `UPDATE shadow_state SET state = '{"n":2}' WHERE replay_id = '${id}'`,
    ]) {
      await client.query('BEGIN');
      await client.query(
        `INSERT INTO erasure (id, run_id, kind, contract_id, replay_id, reason, erased_by, salt, key_hashes, counts, unusable)
         VALUES (gen_random_uuid(), gen_random_uuid(), 'subject', 'c', $1, 'r', 'x', sha256('x'), '{h}', '{}', true)`,
        [id],
      );
      if (sql.includes('finding_count'))
        await lawless.query(`INSERT INTO replay_finding_count VALUES ('${id}', 0, 'duplicate', 2)`);
      await expect(client.query(sql), sql).rejects.toThrow(/never changed/);
      await client.query('ROLLBACK');
    }
    client.release();
  });

  it('is not read again from the history of the key, and other keys are', async () => {
    const { id } = await replay();
    await bySubject();
    const ask = (key: string) =>
      asRunner(
        `INSERT INTO key_trace (replay_id, key, status) VALUES ($1, $2, 'queued') ON CONFLICT DO NOTHING`,
        [id, key],
      );
    await expect(ask(ALICE)).rejects.toThrow(/was erased/);
    await ask('carol');
    await byAge();
    await expect(ask('dora')).rejects.toThrow(/was erased/);
  });

  const promotionPlan = (replayId: string, undoes: string | null) =>
    canonicalJson({
      approvalsNeeded: 1,
      keys: 1,
      contract: { id: 'c', version: 1 },
      replay: { id: replayId },
      derivedState: 'stock',
      undoes,
    });

  it.each([
    ['by subject', () => bySubject()],
    ['by policy', () => byAge()],
  ])('is gone on from by nobody, past all code: %s', async (how, eraseIt) => {
    const { id } = await replay();
    await eraseIt();
    const plan = promotionPlan(id, null);
    const client = await owner.connect();
    // Only the rules that ask what was erased: others ask for people and versions that these tests do not lay down.
    await client.query('BEGIN');
    await client.query('ALTER TABLE promotion DISABLE TRIGGER promotion_begins');
    await client.query('ALTER TABLE promotion DISABLE TRIGGER promotion_begins_whole');
    await expect(
      client.query(
        `INSERT INTO promotion (id, contract_id, contract_version, replay_id, derived_state, plan, plan_hash, status, requested_by)
         VALUES (gen_random_uuid(), 'c', 1, $1, 'stock', $2, $3, 'awaiting-approval', 'omar')`,
        [id, plan, sha256(plan)],
      ),
    ).rejects.toThrow(new RegExp(`rows of replay ${id} were erased on .* UTC \\(${how}.*request 17`));
    await client.query('ROLLBACK');
    client.release();
    const going = canonicalJson({ scope: { kind: 'all' }, approvalsNeeded: 0, base: { replayId: id } });
    await expect(
      asRunner(
        `INSERT INTO replay (id, contract_id, contract_version, plan, plan_hash, scope, status, requested_by)
         VALUES (gen_random_uuid(), 'c', 1, $1, $2, '{"kind":"all"}', 'queued', 'omar')`,
        [going, sha256(going)],
      ),
    ).rejects.toThrow(/Nothing goes on from it/);
  });

  it('is found by whoever goes on from it at the same moment', async () => {
    const { id } = await replay();
    const client = await owner.connect();
    await client.query('BEGIN');
    await client.query(
      `INSERT INTO erasure (id, run_id, kind, contract_id, replay_id, older_than_days, reason, erased_by, salt, key_hashes, counts, unusable)
       VALUES (gen_random_uuid(), gen_random_uuid(), 'policy', 'c', $1, 30, 'r', 'x', sha256('x'), '{}', '{}', true)`,
      [id],
    );
    const going = canonicalJson({ scope: { kind: 'all' }, approvalsNeeded: 0, base: { replayId: id } });
    const begun = asRunner(
      `INSERT INTO replay (id, contract_id, contract_version, plan, plan_hash, scope, status, requested_by)
       VALUES (gen_random_uuid(), 'c', 1, $1, $2, '{"kind":"all"}', 'queued', 'omar')`,
      [going, sha256(going)],
    ).catch((error: Error) => error.message);
    await expect
      .poll(
        async () =>
          (
            await owner.query(
              `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
            )
          ).rowCount,
      )
      .toBe(1);
    await client.query('COMMIT');
    client.release();
    expect(await begun).toMatch(/Nothing goes on from it/);
  });

  it('of a promotion undoes nothing, whether by the command or by hand', async () => {
    const { id } = await replay();
    const undone = await promotion(id, 'promoted', 'carol');
    await owner.query(`DELETE FROM promotion_change WHERE key = 'carol'`);
    const plan = promotionPlan(id, undone.id);
    const client = await owner.connect();
    await client.query('BEGIN');
    await client.query('ALTER TABLE promotion DISABLE TRIGGER promotion_begins');
    await client.query('ALTER TABLE promotion DISABLE TRIGGER promotion_begins_whole');
    await expect(
      client.query(
        `INSERT INTO promotion (id, contract_id, contract_version, replay_id, derived_state, plan, plan_hash, status, requested_by, undoes)
         VALUES (gen_random_uuid(), 'c', 1, $1, 'stock', $2, $3, 'awaiting-approval', 'omar', $4)`,
        [id, plan, sha256(plan), undone.id],
      ),
    ).rejects.toThrow(`rows of promotion ${undone.id} were erased`);
    await client.query('ROLLBACK');
    client.release();
  });

  it('takes by age what was written beside a replay after it was erased, once that is as old', async () => {
    const { id } = await replay();
    await byAge();
    expect(await count('erasure', id)).toBe(1);
    const evidenceId = randomUUID();
    await record(evidenceId, {
      replayId: id,
      kind: 'break-glass',
      beside: { remarks: canonicalJson({ salt: 'x', conclusion: `it was ${ALICE}` }) },
    });
    await lawless.query(`UPDATE erasure SET erased_at = now() - interval '35 days' WHERE replay_id = $1`, [
      id,
    ]);
    const atAge = async (days: number) => {
      await lawless.query(
        `UPDATE evidence_record SET recorded_at = now() - $2 * interval '1 day' WHERE id = $1`,
        [evidenceId, days],
      );
      await byAge();
      const { rowCount } = await owner.query('SELECT FROM evidence_attachment WHERE evidence_id = $1', [
        evidenceId,
      ]);
      return rowCount;
    };
    expect(await atAge(29)).toBe(1);
    expect(await atAge(31)).toBe(0);
    const erasures = await count('erasure', id);
    await byAge();
    expect(await count('erasure', id)).toBe(erasures);
  });

  it('is whole or not at all where the command is killed, and the next one goes on', async () => {
    const first = await replay();
    const second = await replay();
    await lawless.query(`UPDATE replay SET requested_at = requested_at - interval '1 day' WHERE id = $1`, [
      first.id,
    ]);
    const holder = await owner.connect();
    await holder.query('BEGIN');
    // What comes last of a replay is held, so that all else of it is done and not committed.
    await holder.query(`SELECT FROM evidence_attachment WHERE evidence_id = $1 FOR UPDATE`, [
      second.evidenceId,
    ]);
    const command = spawn(
      process.execPath,
      [
        fileURLToPath(new URL('../../cli/reprise.ts', import.meta.url)),
        'evidence',
        'erase',
        '--older-than',
        '30',
        '--reason',
        'old',
      ],
      {
        env: { ...process.env, DATABASE_URL: database.url, REPRISE_OWNER_DATABASE_URL: database.ownerUrl },
        stdio: 'ignore',
      },
    );
    const ended = once(command, 'exit');
    try {
      await expect
        .poll(
          async () =>
            (
              await owner.query(
                `SELECT FROM pg_stat_activity WHERE application_name = 'reprise erase' AND datname = current_database() AND wait_event_type = 'Lock'`,
              )
            ).rowCount,
          { timeout: 60_000 },
        )
        .toBe(1);
    } finally {
      // Whatever came of it: what is held here would hold up every test behind this one.
      command.kill('SIGKILL');
      await ended;
      await holder.query('ROLLBACK');
      holder.release();
    }
    await expect
      .poll(
        async () =>
          (
            await owner.query(
              `SELECT FROM pg_stat_activity WHERE application_name = 'reprise erase' AND datname = current_database()`,
            )
          ).rowCount,
        { timeout: 30_000 },
      )
      .toBe(0);
    expect([await count('shadow_state', first.id), await count('shadow_state', second.id)]).toEqual([0, 2]);
    expect([
      await count('erasure', first.id),
      await count('erasure', second.id),
      await count('audit_entry'),
    ]).toEqual([1, 0, 1]);
    expect((await byAge()).replays.map(({ replayId }) => replayId)).toEqual([second.id]);
  }, 120_000);
});

describe('what stands beside the record of a step of a runbook', () => {
  const step = async (contract: string, { days = 40, names = ALICE } = {}) => {
    const id = randomUUID();
    const beside = {
      remarks: canonicalJson({ salt: 'x', reason: 'by the book' }),
      result: canonicalJson({ salt: 'x', output: `found ${names}`, plan: { params: { key: names } } }),
    };
    await record(id, { replayId: null, contract, kind: 'runbook-step', beside });
    await lawless.query(
      `UPDATE evidence_record SET recorded_at = now() - $2 * interval '1 day' WHERE id = $1`,
      [id, days],
    );
    return id;
  };
  const left = async () =>
    (
      await owner.query<{ part: string }>(
        `SELECT evidence_id || '/' || name AS part FROM evidence_attachment`,
      )
    ).rows
      .map(({ part }) => part)
      .toSorted();
  const rows = async () =>
    (
      await owner.query(
        `SELECT kind, contract_id, replay_id, older_than_days, reason, unusable, counts, attachments, cardinality(key_hashes) AS keys
         FROM erasure ORDER BY attachments`,
      )
    ).rows;

  it('goes by subject where it names the key, of the contract and of none, and its row names what is gone', async () => {
    const [ours, none] = [await step('c'), await step('')];
    const [theirs, other] = [await step('d'), await step('c', { names: 'bob' })];
    await replay();
    const before = await owner.query('SELECT id, digest FROM evidence_record ORDER BY id');
    expect(
      (await bySubject([ALICE], { dryRun: true })).steps.map(({ evidenceId }) => evidenceId).toSorted(),
    ).toEqual([ours, none].toSorted());
    expect(await rows()).toEqual([]);
    const report = await bySubject();
    expect(report.counts.attachments).toBe(3);
    expect(
      report.steps.map(({ evidenceId, contractId, counts }) => [evidenceId, contractId, counts]),
    ).toEqual(
      expect.arrayContaining([
        [ours, 'c', { attachments: 1 }],
        [none, '', { attachments: 1 }],
      ]),
    );
    expect(await left()).toEqual(
      [
        ...[ours, none].map((id) => `${id}/remarks`),
        ...[theirs, other].flatMap((id) => [`${id}/remarks`, `${id}/result`]),
      ].toSorted(),
    );
    const ofSteps = (await rows()).filter(({ replay_id }) => replay_id === null);
    expect(ofSteps).toHaveLength(2);
    expect(ofSteps).toContainEqual({
      kind: 'subject',
      contract_id: 'c',
      replay_id: null,
      older_than_days: null,
      reason: 'request 17',
      unusable: false,
      counts: { attachments: 1 },
      attachments: [`${ours}/result`],
      keys: 1,
    });
    expect((await owner.query('SELECT id, digest FROM evidence_record ORDER BY id')).rows).toEqual(
      before.rows,
    );
    const audited = await owner.query(
      `SELECT detail::text FROM audit_entry WHERE action = 'evidence.erased' AND subject = $1`,
      [`evidence:${ours}`],
    );
    expect(audited.rows).toHaveLength(1);
    expect(audited.rows[0].detail).not.toContain('alice');
    expect((await bySubject()).steps).toEqual([]);
  });

  it('goes by age whole, of what is old enough, once', async () => {
    const [old, young] = [await step('c'), await step('c', { days: 3 })];
    const ofNone = await step('');
    expect((await byAge()).steps.map(({ evidenceId }) => evidenceId).toSorted()).toEqual(
      [old, ofNone].toSorted(),
    );
    expect(await left()).toEqual([`${young}/remarks`, `${young}/result`]);
    expect(await rows()).toHaveLength(2);
    expect(await byAge()).toMatchObject({ steps: [], counts: {} });
    expect(await rows()).toHaveLength(2);
  });

  it('of one contract goes by age without those of others, and of none', async () => {
    const [ours, theirs, none] = [await step('c'), await step('d'), await step('')];
    await replay();
    const report = await erased({ kind: 'policy', contractId: 'c', days: 30 });
    expect(report.steps.map(({ evidenceId }) => evidenceId)).toEqual([ours]);
    expect(await left()).toEqual(
      [theirs, none].flatMap((id) => [`${id}/remarks`, `${id}/result`]).toSorted(),
    );
  });

  it('that has not ended is named, where it was given the key', async () => {
    await replay();
    const runId = randomUUID();
    const insert = (step: string, status: string, key: string) => {
      const plan = canonicalJson({ runId, step, action: 'inspect', params: { key } });
      return lawless.query(
        `INSERT INTO runbook_attempt (id, run_id, step, section, title, action, touches, status, plan, plan_hash, preview,
           approvals_needed, timeout_seconds, requested_by, ended_at, evidence_id)
         VALUES (gen_random_uuid(), $1, $2, 'diagnosis', 't', 'inspect', 'nothing', $3, $4, $5, '{}', 0, 60, 'omar',
           CASE WHEN $3 = 'succeeded' THEN now() END, CASE WHEN $3 = 'succeeded' THEN gen_random_uuid() END)`,
        [runId, step, status, plan, sha256(plan)],
      );
    };
    await insert('look', 'queued', ALICE);
    await insert('over', 'succeeded', ALICE);
    await insert('other', 'running', 'bob');
    expect((await bySubject()).runningSteps).toEqual([{ runId, step: 'look' }]);
    expect((await byAge()).runningSteps).toEqual([]);
    await lawless.query('DELETE FROM runbook_attempt');
  });

  it('is said by a record’s page also where it was erased by hand beside one of a replay', async () => {
    const { evidenceId } = await replay();
    const other = await step('c');
    await owner.query(
      `INSERT INTO erasure (id, run_id, kind, contract_id, reason, erased_by, salt, key_hashes, counts, unusable, promotions, attachments)
       VALUES (gen_random_uuid(), gen_random_uuid(), 'by-hand', 'c', 'r', 'ada', sha256('x'), '{}', '{"attachments": 3}',
         false, '{}', ARRAY['${evidenceId}/remarks', '${other}/remarks', '${other}/result'])`,
    );
    const erasures = async (of = evidenceId) =>
      (await createPageReads(runner).evidenceRecord(of))?.erasures ?? [];
    expect((await erasures()).map(({ by }) => by)).toEqual(['by hand']);
    expect((await erasures())[0]).toMatchObject({
      counts: [{ part: 'attachments', count: 1 }],
      attachments: [`${evidenceId}/remarks`],
    });
    expect((await erasures(other))[0]?.counts).toEqual([{ part: 'attachments', count: 2 }]);
    await byAge();
    expect((await erasures()).map(({ by }) => by)).toEqual(['by policy of 30 days', 'by hand']);
  });

  it('is said to be erased by nobody but the owner, and by a row that stays as it is', async () => {
    const id = await step('c');
    const insert = (pool: pg.Pool, more: string) =>
      pool.query(
        `INSERT INTO erasure (id, run_id, kind, contract_id, reason, erased_by, salt, key_hashes, counts, unusable, promotions, attachments)
         VALUES (gen_random_uuid(), gen_random_uuid(), 'by-hand', 'c', 'r', 'ada', sha256('x'), '{}', '{}', ${more})`,
      );
    await expect(insert(runner, `false, '{}', ARRAY['${id}/result']`)).rejects.toThrow(/permission denied/);
    await expect(insert(owner, `true, '{}', ARRAY['${id}/result']`)).rejects.toThrow(
      /erasure_of_replay_or_beside/,
    );
    await expect(insert(owner, `false, '{}', '{}'`)).rejects.toThrow(/erasure_of_replay_or_beside/);
    await insert(owner, `false, '{}', ARRAY['${id}/result']`);
    for (const sql of [`UPDATE erasure SET attachments = '{}'`, 'DELETE FROM erasure'])
      await expect(owner.query(sql)).rejects.toThrow(/never changed/);
  });
});
