import { createHash, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import type { Transaction } from '../../application/ports/unit-of-work.ts';
import { mayDo, roles } from '../../domain/access/index.ts';
import { createMigratedDatabase, type ScratchDatabase, withoutRules } from '../postgres/scratch-database.ts';
import { createUnitOfWork } from '../postgres/unit-of-work.ts';
import { glassStore } from './glass-store.ts';
import { promotionStore } from './promotion-store.ts';

/** What the database itself refuses of promotions, whatever statement asks for it. */
let database: ScratchDatabase;
let pool: pg.Pool;
/** As the owner of the tables: a test’s own hand. */
let owner: pg.Pool;
let replayId: string;
let evidenceId: string;
let promotionId: string;
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const change = '{"fields":[],"key":"K1","kind":"extra","partition":0}';

beforeAll(async () => {
  database = await createMigratedDatabase(inject('databaseUrl'));
  pool = new pg.Pool({ connectionString: database.url, max: 4 });
  owner = new pg.Pool({ connectionString: database.ownerUrl, max: 4 });
  await owner.query(`
    INSERT INTO contract_version (contract_id, version, digest, bundle, description, authors) VALUES
      ('strict', 1, encode(sha256('x'), 'hex'), 'x', '{"approvals":{"promotion":2}}', '{rosa}'),
      ('easy', 1, encode(sha256('y'), 'hex'), 'y', '{"approvals":{"promotion":1}}', '{}');
    INSERT INTO person (id, name, email, roles) VALUES
      ('rosa', 'Rosa', 'rosa@example.test', '{approver}'), ('ada', 'Ada', 'ada@example.test', '{approver}'),
      ('lin', 'Lin', 'lin@example.test', '{approver}')`);
  replayId = await replay('trusted');
});
afterAll(async () => {
  await pool.end();
  await owner.end();
  await database.drop();
});
beforeEach(async () => {
  await owner.query(`UPDATE person SET roles = '{approver}'`);
  promotionId = await insert(plan());
});

async function evidence(kind: string, of: string, confidence: string | null): Promise<string> {
  const id = randomUUID();
  await owner.query(
    `INSERT INTO evidence_record (id, kind, contract_id, replay_id, statement, digest, status, confidence, requested_by)
     VALUES ($1, $2, 'strict', $3, $4, $5, 'finished', $6, 'olga')`,
    [id, kind, of, Buffer.from(id), sha256(id), confidence],
  );
  return id;
}

const whole = JSON.stringify({ ranges: [{}, {}], history: { partitionCount: 2 } });
const part = JSON.stringify({ ranges: [{}], history: { partitionCount: 2 } });

async function replay(confidence: string, read = whole): Promise<string> {
  const id = randomUUID();
  evidenceId = await evidence('replay', id, confidence);
  await owner.query(
    `INSERT INTO replay (id, contract_id, contract_version, scope, status, requested_by, plan, plan_hash, shadow_digest,
       confidence, evidence_id)
     VALUES ($1, 'strict', 1, '{}', 'finished', 'olga', $5, $2, 's', $3, $4)`,
    [id, sha256(read), confidence, evidenceId, read],
  );
  return id;
}

const plan = (over: object = {}) => ({
  contract: { id: 'strict', version: 1 },
  replay: { id: replayId, planHash: sha256(whole), shadowDigest: 's', evidenceId },
  derivedState: 'shop',
  approvalsNeeded: 2,
  diffDigest: sha256(`${change}\n`),
  undoes: null,
  // One plan is one promotion, and each test has its own.
  only: randomUUID(),
  ...over,
});

async function insert(given: ReturnType<typeof plan>, contract = 'strict'): Promise<string> {
  const id = randomUUID();
  const text = JSON.stringify(given);
  await owner.query(
    `INSERT INTO promotion (id, contract_id, contract_version, replay_id, derived_state, plan, plan_hash, status,
       requested_by, undoes)
     VALUES ($1, $2, 1, $3, 'shop', $4, $5, 'awaiting-approval', 'olga', $6)`,
    [id, contract, given.replay.id, text, sha256(text), given.undoes],
  );
  await joins(id, 'K1');
  return id;
}

const joins = (id: string, key: string) =>
  owner.query('INSERT INTO promotion_change (promotion_id, key, change, magnitude) VALUES ($1, $2, $3, 1)', [
    id,
    key,
    change.replace('K1', key),
  ]);

const decide = (person: string) =>
  owner.query(
    `INSERT INTO decision (id, subject_kind, subject_id, contract_id, plan_hash, person_id, verdict, reason, expires_at)
     SELECT gen_random_uuid(), 'promotion', id, contract_id, plan_hash, $2, 'approved', 'read', now() + interval '1 hour'
     FROM promotion WHERE id = $1`,
    [promotionId, person],
  );
const set = (assignments: string, id = promotionId) =>
  owner.query(`UPDATE promotion SET ${assignments} WHERE id = $1`, [id]);

async function begun(): Promise<void> {
  await decide('ada');
  await decide('lin');
  await set(`status = 'queued'`);
  await set(`status = 'running'`);
}

async function done(): Promise<void> {
  await begun();
  await owner.query(`UPDATE promotion_change SET outcome = 'written' WHERE promotion_id = $1`, [promotionId]);
  const ended = await evidence('promotion', replayId, null);
  await set(`status = 'promoted', ended_at = now(), outcome = '{}', evidence_id = '${ended}'`);
}

describe('a promotion that is put into the table past all code', () => {
  it('asks for as many approvals as its contract does, also where its plan is silent', async () => {
    await expect(insert(plan({ approvalsNeeded: 1 }))).rejects.toThrow(/asks for more approvals/);
    await expect(insert(plan({ approvalsNeeded: undefined }))).rejects.toThrow(/approved_by_somebody/);
    await expect(insert(plan({ approvalsNeeded: null }))).rejects.toThrow(/approved_by_somebody/);
  });

  it('names the contract of its replay, and no other that asks for less', async () => {
    const easy = plan({ contract: { id: 'easy', version: 1 }, approvalsNeeded: 1 });
    await expect(insert(easy, 'easy')).rejects.toThrow(/no trusted replay of its contract/);
    await expect(insert(plan({ contract: undefined }))).rejects.toThrow(/as_planned/);
  });

  it('stands on what a trusted replay has recorded', async () => {
    const right = evidenceId;
    const bad = await replay('untrusted');
    const lawless = new pg.Pool({ connectionString: withoutRules(database), max: 1 });
    await lawless.query(`UPDATE replay SET confidence = 'trusted' WHERE id = $1`, [bad]);
    await lawless.end();
    const untrusted = { id: bad, planHash: sha256(whole), shadowDigest: 's', evidenceId };
    evidenceId = right;
    await expect(insert(plan({ replay: untrusted }))).rejects.toThrow(/no trusted replay/);
    const other = { id: replayId, planHash: sha256(whole), shadowDigest: 'else', evidenceId };
    await expect(insert(plan({ replay: other }))).rejects.toThrow(/no trusted replay/);
    await expect(insert(plan({ undoes: promotionId }))).rejects.toThrow(/no such promotion to undo/);
  });

  it('is of a replay that has read every partition', async () => {
    const right = evidenceId;
    const id = await replay('trusted', part);
    const half = { id, planHash: sha256(part), shadowDigest: 's', evidenceId };
    evidenceId = right;
    await expect(insert(plan({ replay: half }))).rejects.toThrow(/has not read every partition/);
  });

  it('is of the newest version, and approved by nobody once there is another', async () => {
    await owner.query(
      `INSERT INTO contract_version (contract_id, version, digest, bundle, description, authors)
       VALUES ('strict', 2, encode(sha256('z'), 'hex'), 'z', '{"approvals":{"promotion":2}}', '{}')`,
    );
    await expect(insert(plan())).rejects.toThrow(/another version of its contract/);
    await expect(decide('ada')).rejects.toThrow(/another version of its contract/);
    await owner.query(`DELETE FROM contract_version WHERE contract_id = 'strict' AND version = 2`);
    await decide('ada');
  });

  it('keeps the version that says who may decide', async () => {
    await expect(owner.query(`DELETE FROM contract_version WHERE contract_id = 'strict'`)).rejects.toThrow(
      /version that a promotion stands on is kept/,
    );
    await expect(decide('rosa')).rejects.toThrow(/who wrote the contract/);
  });

  it('keeps a version of which a replay is on record, before anything of it is to be promoted', async () => {
    await owner.query(
      `INSERT INTO contract_version (contract_id, version, digest, bundle, description, authors)
       VALUES ('later', 1, encode(sha256('l'), 'hex'), 'l', '{}', '{rosa}')`,
    );
    const id = randomUUID();
    await owner.query(
      `INSERT INTO replay (id, contract_id, contract_version, scope, status, requested_by, evidence_id)
       VALUES ($1, 'later', 1, '{}', 'cancelled', 'olga', $2)`,
      [id, await evidence('replay', id, null)],
    );
    await expect(owner.query(`DELETE FROM contract_version WHERE contract_id = 'later'`)).rejects.toThrow(
      /a recorded replay ran is kept/,
    );
  });

  it('keeps what the version asks for, however it is described', async () => {
    const described = (description: string) =>
      owner.query(`UPDATE contract_version SET description = $1 WHERE contract_id = 'strict'`, [description]);
    await expect(described('{"approvals":{"promotion":1}}')).rejects.toThrow(/never changed/);
    await expect(described('{}')).rejects.toThrow(/never changed/);
    await described('{"approvals":{"promotion":2},"title":"Strict"}');
    await described('{"approvals":{"promotion":2,"replay":2,"freeUpToEvents":10}}');
    for (const laxer of ['"replay":1,"freeUpToEvents":10', '"replay":2,"freeUpToEvents":11'])
      await expect(described(`{"approvals":{"promotion":2,${laxer}}}`), laxer).rejects.toThrow(
        /never changed/,
      );
    await described('{"approvals":{"promotion":2,"replay":2,"freeUpToEvents":null}}');
  });
});

describe('promotions that have not ended', () => {
  it('are counted by how far they are', async () => {
    const count = () => createUnitOfWork(pool).run((tx) => promotionStore.countOpen(tx));
    const before = await count();
    await begun();
    promotionId = await insert(plan());
    expect(await count()).toEqual({ ...before, running: before.running + 1 });
  });
});

describe('glass that is broken for a promotion', () => {
  const breakBy = async (first: string, second: string, minutesAgo = 0) => {
    await owner.query('ALTER TABLE break_glass DISABLE TRIGGER break_glass_changes');
    await owner.query(
      `INSERT INTO break_glass (id, subject_kind, subject_id, contract_id, plan_hash, first_by, first_reason, expires_at,
         second_by, second_reason, second_at)
       SELECT gen_random_uuid(), 'promotion', id, contract_id, plan_hash, $2, 'x', now(), $3, 'x', now() - make_interval(mins => $4)
       FROM promotion WHERE id = $1`,
      [promotionId, first, second, minutesAgo],
    );
    await owner.query('ALTER TABLE break_glass ENABLE TRIGGER break_glass_changes');
  };

  it('lets it be queued without its approvals, while both still may and for a day', async () => {
    await breakBy('ada', 'rosa');
    await owner.query(`UPDATE person SET roles = '{viewer}' WHERE id = 'rosa'`);
    await expect(set(`status = 'queued'`)).rejects.toThrow(/needs 2 approvals/);
    await owner.query(`UPDATE person SET roles = '{operator}' WHERE id = 'rosa'`);
    await set(`status = 'queued'`);
  });

  it('lets nothing be queued that is older than a day', async () => {
    await breakBy('ada', 'rosa', 24 * 60 + 1);
    await expect(set(`status = 'queued'`)).rejects.toThrow(/needs 2 approvals/);
  });

  it('lapses for good where the promotion waits again, and may be broken again', async () => {
    const hash = sha256(
      (await owner.query('SELECT plan FROM promotion WHERE id = $1', [promotionId])).rows[0].plan,
    );
    const glassOf = () =>
      createUnitOfWork(pool).run((tx) => glassStore.of(tx, 'promotion', promotionId, hash));
    await breakBy('ada', 'rosa');
    const voidByHand = `UPDATE break_glass SET voided_at = now() WHERE subject_id = '${promotionId}'`;
    await set(`status = 'queued'`);
    await expect(pool.query(voidByHand)).rejects.toThrow(/does not wait for approval again/);
    expect(await glassOf()).toMatchObject({ firstBy: 'ada', lapsedAt: null });
    await owner.query(`UPDATE person SET roles = '{viewer}' WHERE id = 'rosa'`);
    await set(`status = 'awaiting-approval'`);
    expect(await glassOf()).toBeNull();
    // Nor does it count once they may again.
    await owner.query(`UPDATE person SET roles = '{approver}' WHERE id = 'rosa'`);
    await expect(set(`status = 'queued'`)).rejects.toThrow(/needs 2 approvals/);
    await expect(
      owner.query('UPDATE break_glass SET voided_at = NULL WHERE subject_id = $1', [promotionId]),
    ).rejects.toThrow(/never changed/);
    const open = await createUnitOfWork(pool).run((tx) => glassStore.openReviews(tx, 100));
    expect(open).toContainEqual(
      expect.objectContaining({ subjectId: promotionId, lapsedAt: expect.any(String) }),
    );
    await breakBy('lin', 'ada');
    await set(`status = 'queued'`);
    expect(await glassOf()).toMatchObject({ firstBy: 'lin', lapsedAt: null });
  });
});

describe('the changes of a promotion', () => {
  it('are joined by none once somebody may write them', async () => {
    await begun();
    await expect(joins(promotionId, 'K2')).rejects.toThrow(/those that were asked for/);
  });

  it('are waited for where one joins at the very moment at which it begins', async () => {
    await decide('ada');
    await decide('lin');
    const joining = await owner.connect();
    await joining.query('BEGIN');
    await joining.query(
      `INSERT INTO promotion_change (promotion_id, key, change, magnitude) VALUES ($1, 'K2', $2, 1)`,
      [promotionId, change.replace('K1', 'K2')],
    );
    const queued = set(`status = 'queued'`);
    const refused = expect(queued).rejects.toThrow(/not those that its plan names/);
    await new Promise((passed) => setTimeout(passed, 200));
    await joining.query('COMMIT');
    joining.release();
    await refused;
  });

  it('have no outcome before anybody has begun', async () => {
    await expect(owner.query(`UPDATE promotion_change SET outcome = 'written'`)).rejects.toThrow(
      /nothing has become of it yet/,
    );
  });
});

describe('the end of a promotion', () => {
  it('is none without evidence, and no success without an outcome', async () => {
    await begun();
    await expect(set(`status = 'failed', ended_at = now()`)).rejects.toThrow(/ends with its evidence/);
    const other = await evidence('replay', replayId, 'trusted');
    await expect(set(`status = 'failed', ended_at = now(), evidence_id = '${other}'`)).rejects.toThrow(
      /ends with its evidence/,
    );
    const own = await evidence('promotion', replayId, null);
    await expect(set(`status = 'promoted', ended_at = now(), evidence_id = '${own}'`)).rejects.toThrow(
      /says_what_was_done/,
    );
  });

  it('stays as it was recorded', async () => {
    await done();
    const edits = [
      `outcome = '{"positions":[]}'`,
      `evidence_id = gen_random_uuid()`,
      `ended_at = now() + interval '1 day'`,
      `failure = 'else'`,
      `reason = 'else'`,
      `undone_by = gen_random_uuid()`,
      `undone_by = id`,
    ];
    for (const edit of edits) await expect(set(edit), edit).rejects.toThrow(/never changed|has undone it/);
  });
});

describe('rights that the database knows too', () => {
  it.each(['approve', 'break_glass', 'review', 'reveal'] as const)('%s: as in the matrix', async (name) => {
    const right = (
      { approve: 'approve', break_glass: 'break-glass', review: 'review', reveal: 'values' } as const
    )[name];
    for (const role of roles) {
      await owner.query(`UPDATE person SET roles = $1 WHERE id = 'lin'`, [[role]]);
      const { rows } = await owner.query(`SELECT reprise_may_${name}('lin') AS may`);
      expect([role, rows[0].may]).toEqual([role, mayDo([role], right)]);
    }
  });

  it('reveal hidden values to nobody else, and for half an hour', async () => {
    const reveal = (who: string) =>
      owner.query(
        `INSERT INTO value_reveal (person_id, contract_id, until) VALUES ($1, 'strict', now() + interval '1 day')
         RETURNING until < now() + interval '31 minutes' AS bounded`,
        [who],
      );
    expect((await reveal('ada')).rows).toEqual([{ bounded: true }]);
    await expect(reveal('nobody')).rejects.toThrow(/reveals no values/);
    await owner.query(`UPDATE person SET roles = '{viewer,admin}' WHERE id = 'lin'`);
    await expect(reveal('lin')).rejects.toThrow(/reveals no values/);
  });
});

describe('a replay that needs approvals', () => {
  it('is made slower than it was asked for, and never faster', async () => {
    const id = randomUUID();
    const text = JSON.stringify({ approvalsNeeded: 2, eventEstimate: '100' });
    await owner.query(
      `INSERT INTO replay (id, contract_id, contract_version, scope, status, requested_by, plan, plan_hash, rate_limit)
       VALUES ($1, 'strict', 1, '{}', 'awaiting-approval', 'olga', $2, $3, 1000)`,
      [id, text, sha256(text)],
    );
    const rate = (to: string) => owner.query(`UPDATE replay SET rate_limit = ${to} WHERE id = $1`, [id]);
    await rate('10');
    await rate('1000');
    await expect(rate('1001')).rejects.toThrow(/goes no faster/);
    await expect(rate('NULL')).rejects.toThrow(/goes no faster/);
    await expect(
      owner.query(`UPDATE replay SET asked_rate_limit = 5000 WHERE id = $1`, [id]),
    ).rejects.toThrow(/never changed/);
  });
});

describe('a worker that takes a promotion up', () => {
  const claimedBy = (owner: string, until: () => Promise<unknown> = async () => undefined) =>
    createUnitOfWork(pool).run(async (tx) => {
      await promotionStore.lock(tx, promotionId);
      const approved = await promotionStore.isApproved(tx, promotionId);
      const lease = approved ? await promotionStore.claim(tx, promotionId, owner, 10_000) : null;
      await until();
      return lease;
    });
  const queued = async () => {
    await decide('ada');
    await decide('lin');
    await set(`status = 'queued'`);
  };
  const row = async () => {
    const { rows } = await pool.query(
      'SELECT status, problem, problem_since, retries FROM promotion WHERE id = $1',
      [promotionId],
    );
    return rows[0];
  };

  it('begins with no fault of the time in which it waited', async () => {
    await queued();
    await createUnitOfWork(pool).run((tx) =>
      promotionStore.setProblem(tx, promotionId, {
        sentence: 'its projector runs',
        lasting: false,
        asked: true,
      }),
    );
    await set(`problem_since = now() - interval '3 hours', retry_at = NULL`);
    expect(await claimedBy('somebody')).not.toBeNull();
    expect(await row()).toEqual({ status: 'running', problem: null, problem_since: null, retries: 0 });
    await expect(
      set(`status = 'failed', failure_code = 'promotion-unknown', lease_until = NULL`),
    ).rejects.toThrow(/can still be found out/);
  });

  it('goes by no approval that is made void meanwhile', async () => {
    await queued();
    let losing: Promise<unknown> | undefined;
    const lease = await claimedBy('somebody', async () => {
      losing = pool.query(`UPDATE person SET roles = '{viewer}' WHERE id = 'ada'`);
      await sleep(300);
    });
    await losing;
    expect(lease).not.toBeNull();
    const { rows } = await pool.query(
      'SELECT count(*)::int AS void FROM decision WHERE subject_id = $1 AND voided_at IS NOT NULL',
      [promotionId],
    );
    expect([(await row()).status, rows[0].void]).toEqual(['running', 0]);
  });

  it.each([
    [
      'an approver loses the right',
      (tx: Transaction) => tx.query(`UPDATE person SET roles = '{viewer}' WHERE id = 'ada'`),
      1,
    ],
    [
      'another version is registered',
      (tx: Transaction) => promotionStore.voidWaiting(tx, 'strict', 'a new version'),
      2,
    ],
  ])('takes nothing up where it comes second: %s', async (_what, change, lost) => {
    await queued();
    let claiming: Promise<unknown> | undefined;
    await createUnitOfWork(pool).run(async (tx) => {
      await change(tx);
      claiming = claimedBy('somebody');
      await sleep(300);
    });
    expect(await claiming).toBeNull();
    const { rows } = await pool.query(
      'SELECT count(*)::int AS void FROM decision WHERE subject_id = $1 AND voided_at IS NOT NULL',
      [promotionId],
    );
    expect([(await row()).status, rows[0].void]).toEqual(['queued', lost]);
  });
});
