import { randomUUID } from 'node:crypto';
import type { PoolClient } from 'pg';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { somebodyWaits } from '../../demo/testing/locks.ts';
import { peopleDeskOver } from '../../demo/testing/people-desk.ts';
import { openReplayWorld, type ReplayWorld } from '../../demo/testing/replay-world.ts';
import { approvalStore } from '../adapters/approval/approval-store.ts';
import { createUnitOfWork } from '../adapters/postgres/unit-of-work.ts';
import { foldStore } from '../adapters/replay-store/index.ts';
import type { Transaction } from '../application/ports/unit-of-work.ts';
import { checkVerdict } from '../domain/evidence/index.ts';

/** Without a broker these can't run; the set-up has said so, and CI requires one. */
const suite = describe.runIf(inject('kafkaBrokers') !== '');

let world: ReplayWorld;
beforeAll(async () => {
  if (inject('kafkaBrokers') === '') return;
  world = await openReplayWorld({
    databaseUrl: inject('databaseUrl'),
    kafkaBrokers: inject('kafkaBrokers'),
  });
});
afterAll(() => world?.close());

/** Somebody who has just signed in. The contract names rosa as its author. */
async function person(name: string, roles: readonly string[] = ['approver'], at = randomUUID().slice(0, 8)) {
  const id: string = randomUUID();
  const sessionId: string = randomUUID();
  await world.pool.query('INSERT INTO person (id, name, email, roles) VALUES ($1, $2, $3, $4)', [
    id,
    name,
    `${name}@${at}.example.test`,
    roles,
  ]);
  await world.pool.query(
    `INSERT INTO person_session (id, person_id, token, expires_at) VALUES ($1, $2, $1, now() + interval '1 hour')`,
    [sessionId, id],
  );
  return { personId: id, sessionId };
}

const events = (count: number) =>
  Array.from({ length: count }, (_, i) => ({ id: `e${i}`, key: `K${i % 3}`, value: { amount: 1 } }));

/** A replay that waits for `needed` approvals. */
async function waiting(needed = 1, requestedBy = 'operator') {
  const topic = await world.topic(1);
  await world.contract('tally', topic, (source) =>
    source.replace("authors: ['rosa'],", `authors: ['rosa'],\n  approvals: { replay: ${needed} },`),
  );
  await world.produce(topic, events(10));
  const { replayId, planHash } = await world.launch('tally', { actor: requestedBy });
  return { replayId, planHash: planHash ?? '', topic };
}

type Waiting = Awaited<ReturnType<typeof waiting>>;
type Someone = Awaited<ReturnType<typeof person>>;

const decide = (
  what: Waiting,
  who: Someone,
  change: Partial<Parameters<typeof world.commands.decide>[0]> = {},
) =>
  world.commands.decide({
    replayId: what.replayId,
    planHash: what.planHash,
    verdict: 'approved',
    reason: 'read it',
    ...who,
    ...change,
  });

/** The same by a statement, past all code. */
const insert = (what: Waiting, personId: string, change: { planHash?: string; reason?: string } = {}) =>
  world.pool.query(
    `INSERT INTO decision (id, subject_kind, subject_id, contract_id, plan_hash, person_id, verdict, reason, expires_at)
     VALUES (gen_random_uuid(), 'replay', $1, 'tally', $2, $3, 'approved', $4, now() + interval '1 hour')`,
    [what.replayId, change.planHash ?? what.planHash, personId, change.reason ?? 'read it'],
  );
const given = async (what: Waiting) => {
  const { rows } = await world.pool.query<{ given: number }>('SELECT reprise_approvals($1, $2) AS given', [
    what.replayId,
    what.planHash,
  ]);
  return rows[0]?.given;
};
const status = async ({ replayId }: Waiting) => (await world.replay(replayId)).status;

suite('a plan that needs approvals', () => {
  it('runs once the last different person has approved it, and its record says who', async () => {
    const what = await waiting(2);
    const [ada, lin] = [await person('ada'), await person('lin')];
    expect(await decide(what, ada)).toEqual({ status: 'waiting', given: 1, needed: 2 });
    await expect(decide(what, ada)).rejects.toThrow(/already/);
    expect(await decide(what, lin)).toEqual({ status: 'queued', given: 2, needed: 2 });
    world.startWorker();
    const ended = await world.ended(what.replayId);
    expect(ended).toMatchObject({ status: 'finished', confidence: 'trusted' });
    const { rows } = await world.pool.query(
      `SELECT convert_from(statement, 'UTF8')::json -> 'predicate' -> 'approvals' AS approvals FROM evidence_record WHERE id = $1`,
      [ended.evidence_id],
    );
    expect(rows[0].approvals).toMatchObject([
      { by: ada.personId, verdict: 'approved', void: null },
      { by: lin.personId, verdict: 'approved', void: null },
    ]);
    expect(JSON.stringify(rows)).not.toContain('read it');
  });

  it('ends as refused with its first rejection, with a record of it', async () => {
    const what = await waiting(2);
    await decide(what, await person('ada'));
    expect(await decide(what, await person('lin'), { verdict: 'rejected' })).toMatchObject({
      status: 'refused',
    });
    const row = await world.replay(what.replayId);
    expect(row).toMatchObject({ status: 'refused', failure_code: 'approval-rejected', confidence: null });
    expect(row.evidence_id).not.toBeNull();
    await expect(decide(what, await person('kim'))).rejects.toThrow(
      /does not wait for approval: it is refused/,
    );
  });
});

suite('a waiver', () => {
  it('lets a replay be trusted without exactly the records that it names, once somebody has approved it', async () => {
    const topic = await world.topic(1);
    await world.produce(topic, [
      ...events(5),
      { id: 'bad', key: 'K1', value: '{' },
      { id: 'worse', key: 'K2', value: '[' },
    ]);
    const replay = async (waivers: readonly string[]) => {
      const launched = await world.launch('tally', {
        waivers: waivers.map((offset) => ({ partition: 0, offset })),
      });
      return {
        replayId: launched.replayId,
        planHash: launched.planHash ?? '',
        topic,
        status: launched.status,
      };
    };
    world.startWorker();
    const plain = await replay([]);
    expect(await world.ended(plain.replayId)).toMatchObject({
      confidence: 'untrusted',
      confidence_reasons: ['quarantined'],
    });

    const half = await replay(['5']);
    expect(half.status).toBe('awaiting-approval');
    await decide(half, await person('ada'));
    expect(await world.ended(half.replayId)).toMatchObject({
      confidence: 'untrusted',
      confidence_reasons: ['quarantined'],
    });

    const both = await replay(['5', '6']);
    await decide(both, await person('ada'));
    const ended = await world.ended(both.replayId);
    expect(ended).toMatchObject({ confidence: 'trusted', confidence_reasons: [] });
    const { rows } = await world.pool.query(
      `SELECT convert_from(statement, 'UTF8')::json AS statement FROM evidence_record WHERE id = $1`,
      [ended.evidence_id],
    );
    expect(checkVerdict(rows[0].statement)).toMatchObject({ outcome: 'passed' });
    expect(rows[0].statement.predicate).toMatchObject({
      waived_quarantined: 2,
      counters: { quarantined: 2 },
    });
  });

  it('of a sound record changes nothing', async () => {
    const topic = await world.topic(1);
    await world.produce(topic, [...events(5), { id: 'bad', key: 'K1', value: '{' }]);
    const { replayId, planHash } = await world.launch('tally', { waivers: [{ partition: 0, offset: '2' }] });
    await decide({ replayId, planHash: planHash ?? '', topic }, await person('ada'));
    world.startWorker();
    expect(await world.ended(replayId)).toMatchObject({
      confidence: 'untrusted',
      confidence_reasons: ['quarantined'],
    });
  });
});

suite('who may not decide', () => {
  it.each<[string, () => Promise<[Waiting, Someone]>, RegExp, RegExp]>([
    [
      'who requested it',
      async () => {
        const self = await person('self', ['operator', 'approver']);
        return [await waiting(1, self.personId), self];
      },
      /You requested it/,
      /who requested it/,
    ],
    [
      'who is no approver',
      async () => [await waiting(), await person('op', ['operator', 'admin'])],
      /role approver/,
      /does not approve/,
    ],
    [
      'who is named as author',
      async () => {
        const rosa = await person('rosa');
        return [await waiting(), rosa];
      },
      /author/,
      /wrote the contract/,
    ],
    [
      'who is disabled',
      async () => {
        const gone = await person('gone');
        const what = await waiting();
        await world.pool.query('UPDATE person SET disabled_at = now() WHERE id = $1', [gone.personId]);
        return [what, gone];
      },
      /are disabled/,
      /does not approve/,
    ],
  ])('%s: neither through the code nor by a statement', async (_name, make, byCode, byStatement) => {
    const [what, who] = await make();
    await expect(decide(what, who)).rejects.toThrow(byCode);
    await expect(insert(what, who.personId)).rejects.toThrow(byStatement);
    expect(await status(what)).toBe('awaiting-approval');
  });

  it('somebody who proved who they are too long ago, and a token', async () => {
    const what = await waiting();
    const ada = await person('ada');
    const old = `UPDATE person_session SET proven_at = now() - interval '16 minutes' WHERE id = $1`;
    await expect(world.pool.query(old, [ada.sessionId])).rejects.toThrow(/never changed/);
    await world.pool.query('ALTER TABLE person_session DISABLE TRIGGER person_session_is_as_it_began');
    await world.pool.query(old, [ada.sessionId]);
    await world.pool.query('ALTER TABLE person_session ENABLE TRIGGER person_session_is_as_it_began');
    await expect(decide(what, ada)).rejects.toMatchObject({ code: 'sign-in-not-fresh' });
    await expect(decide(what, { ...ada, sessionId: null as unknown as string })).rejects.toThrow(
      /not with a token/,
    );
  });

  it('somebody who has a second factor, and came in before they had', async () => {
    const what = await waiting();
    const ada = await person('ada');
    await world.pool.query(
      `INSERT INTO authenticator (person_id, sealed, confirmed_at) VALUES ($1, 'sealed', now())`,
      [ada.personId],
    );
    await expect(decide(what, ada)).rejects.toMatchObject({ code: 'sign-in-not-fresh' });
  });

  it('anybody about another plan, without a reason, or twice', async () => {
    const what = await waiting(2);
    const ada = await person('ada');
    await expect(decide(what, ada, { planHash: 'f'.repeat(64) })).rejects.toThrow(/not the plan that waits/);
    await expect(insert(what, ada.personId, { planHash: 'f'.repeat(64) })).rejects.toThrow(/another plan/);
    await expect(decide(what, ada, { reason: '  ' })).rejects.toThrow(/has a reason/);
    await expect(insert(what, ada.personId, { reason: '  ' })).rejects.toThrow(/decision_has_reason/);
    const both = await Promise.allSettled([insert(what, ada.personId), insert(what, ada.personId)]);
    expect(both.map(({ status: outcome }) => outcome).sort()).toEqual(['fulfilled', 'rejected']);
  });
});

suite('a plan that was shown', () => {
  it('is not launched where more is asked for than it says', async () => {
    const topic = await world.topic(1);
    await world.produce(topic, events(3));
    const { planHash } = await world.commands.previewPlan('tally', { kind: 'all' });
    const launch = (asked: { review?: boolean; waivers?: { partition: number; offset: string }[] }) =>
      world.launch('tally', { planHash: planHash ?? '', ...asked });
    await expect(launch({ review: true })).rejects.toThrow(/its approvals or waivers differ/);
    await expect(launch({ waivers: [{ partition: 0, offset: '1' }] })).rejects.toThrow(/differ/);
    expect((await launch({})).status).toBe('queued');
  });

  it('of an older version asks for what the newest asks for', async () => {
    const topic = await world.topic(1);
    await world.contract('tally', topic);
    await world.produce(topic, events(3));
    const { rows } = await world.pool.query<{ version: number }>(
      `SELECT max(version) AS version FROM contract_version WHERE contract_id = 'tally'`,
    );
    await world.contract('tally', topic, (source) =>
      source.replace("authors: ['rosa'],", "authors: ['rosa'],\n  approvals: { replay: 2 },"),
    );
    const { status: of } = await world.launch('tally', { version: rows[0]?.version });
    expect(of).toBe('awaiting-approval');
  });
});

suite('what was shown or waits under an older version', () => {
  const asking = (topic: string, needed: number) =>
    world.contract('tally', topic, (source) =>
      source.replace("authors: ['rosa'],", `authors: ['rosa'],\n  approvals: { replay: ${needed} },`),
    );
  const newest = async () =>
    (
      await world.pool.query<{ version: number }>(
        `SELECT max(version) AS version FROM contract_version WHERE contract_id = 'tally'`,
      )
    ).rows[0]?.version;

  it('is not launched once the newest asks for more', async () => {
    const topic = await world.topic(1);
    await world.produce(topic, events(3));
    const version = await newest();
    const { planHash } = await world.commands.previewPlan('tally', { kind: 'all' });
    await asking(topic, 2);
    await expect(world.launch('tally', { version, planHash: planHash ?? '' })).rejects.toThrow(
      /asks for 2 approvals, and the plan for 0/,
    );
  });

  it('is not approved by fewer than the newest asks for, neither through the code nor by a statement', async () => {
    const what = await waiting(1);
    await asking(what.topic, 2);
    const ada = await person('ada');
    await expect(decide(what, ada)).rejects.toThrow(/asks for 2 approvals, and this plan for 1/);
    await expect(insert(what, ada.personId)).rejects.toThrow(/the newest version of its contract asks for 2/);
    expect(await decide(what, ada, { verdict: 'rejected' })).toMatchObject({ status: 'refused' });
  });

  it('is put into the table by no code', async () => {
    const what = await waiting(1);
    await asking(what.topic, 2);
    await expect(
      world.pool.query(
        `INSERT INTO replay (id, contract_id, contract_version, plan, plan_hash, scope, status, requested_by)
         SELECT gen_random_uuid(), contract_id, contract_version, plan, plan_hash, scope, status, requested_by
         FROM replay WHERE id = $1`,
        [what.replayId],
      ),
    ).rejects.toThrow(/the newest version of its contract asks for 2/);
  });
});

suite('the database', () => {
  it('counts by its own clock, and not by that of the process', async () => {
    const what = await waiting(2);
    await decide(what, await person('ada'));
    const lin = await person('lin');
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 25 * 3_600_000 });
    const decided = await decide(what, lin).finally(() => vi.useRealTimers());
    expect(decided).toEqual({ status: 'queued', given: 2, needed: 2 });
  });

  it('refuses in words that people are answered with', async () => {
    const what = await waiting();
    const unit = createUnitOfWork(world.runner);
    const given = { id: randomUUID(), personId: (await person('op', ['operator'])).personId };
    await expect(
      unit.run((tx) =>
        approvalStore.insert(tx, {
          ...given,
          kind: 'replay',
          subjectId: what.replayId,
          contractId: 'tally',
          planHash: what.planHash,
          verdict: 'approved',
          reason: 'read it',
          hours: 1,
        }),
      ),
    ).rejects.toMatchObject({ code: 'forbidden', message: 'This person does not approve.' });
  });

  it('lets no right be lost beside a decision without making it void', async () => {
    const what = await waiting();
    const ada = await person('ada');
    const deciding = await world.pool.connect();
    try {
      await deciding.query('BEGIN');
      await deciding.query(
        `INSERT INTO decision (id, subject_kind, subject_id, contract_id, plan_hash, person_id, verdict, reason, expires_at)
         VALUES (gen_random_uuid(), 'replay', $1, 'tally', $2, $3, 'approved', 'read it', now() + interval '1 hour')`,
        [what.replayId, what.planHash, ada.personId],
      );
      const losing = world.pool.query(`UPDATE person SET roles = '{viewer}' WHERE id = $1`, [ada.personId]);
      await somebodyWaits(world.pool);
      await deciding.query('COMMIT');
      await losing;
    } finally {
      deciding.release();
    }
    const { rows } = await world.pool.query(
      `SELECT void_reason FROM decision WHERE subject_id = $1 AND person_id = $2`,
      [what.replayId, ada.personId],
    );
    expect(rows).toEqual([{ void_reason: 'who gave it does not approve any more' }]);
  });

  it.each(['queued', 'folding', 'paused', 'recording', 'finished'])(
    'lets nothing become %s without its approvals, whatever code asks',
    async (next) => {
      const what = await waiting();
      await expect(
        world.pool.query('UPDATE replay SET status = $2 WHERE id = $1', [what.replayId, next]),
      ).rejects.toThrow(/needs 1 approvals that count, and has 0/);
    },
  );

  it('lets nothing that is not approved any more be said to have started, and go on', async () => {
    const what = await waiting();
    const ada = await person('ada');
    await insert(what, ada.personId);
    await world.pool.query(`UPDATE replay SET status = 'queued' WHERE id = $1`, [what.replayId]);
    await world.pool.query(`UPDATE person SET roles = '{viewer}' WHERE id = $1`, [ada.personId]);
    const set = (assignments: string) =>
      world.pool.query(`UPDATE replay SET ${assignments} WHERE id = $1`, [what.replayId]);
    await expect(set(`status = 'paused', started_at = now()`)).rejects.toThrow(/never changed/);
    await expect(set('started_at = now()')).rejects.toThrow(/never changed/);
    await expect(set(`status = 'folding', started_at = now()`)).rejects.toThrow(/needs 1 approvals/);
    await world.commands.cancel(what.replayId, 'operator', 'the test is over');
  });

  it('lets no decision be changed, backdated or taken out', async () => {
    const what = await waiting(2);
    await decide(what, await person('ada'));
    const change = (sql: string) => world.pool.query(`${sql} WHERE subject_id = $1`, [what.replayId]);
    await expect(change(`UPDATE decision SET verdict = 'rejected'`)).rejects.toThrow(/never changed/);
    await expect(change(`UPDATE decision SET expires_at = expires_at + interval '1 day'`)).rejects.toThrow(
      /never changed/,
    );
    await expect(change('DELETE FROM decision')).rejects.toThrow(/never changed/);
  });
});

suite('an approval', () => {
  const approvedAlone = async () => {
    const what = await waiting(2);
    const ada = await person('ada');
    await decide(what, ada);
    return { what, ada };
  };

  it('is void once who gave it has lost the right', async () => {
    const { what, ada } = await approvedAlone();
    expect(await given(what)).toBe(1);
    await world.pool.query(`UPDATE person SET roles = '{viewer}' WHERE id = $1`, [ada.personId]);
    expect(await given(what)).toBe(0);
    // Having it again does not bring it back.
    await world.pool.query(`UPDATE person SET roles = '{approver}' WHERE id = $1`, [ada.personId]);
    expect(await given(what)).toBe(0);
  });

  it('is void once the contract is registered anew', async () => {
    const { what } = await approvedAlone();
    await world.contract('tally', what.topic, (source) =>
      source.replace(
        "authors: ['rosa'],",
        "authors: ['rosa'],\n  approvals: { replay: 2 },\n  description: 'changed',",
      ),
    );
    expect(await given(what)).toBe(0);
  });

  it('that ran out before a worker took the replay up lets it wait again', async () => {
    const what = await waiting();
    // Nobody works: what is queued stays so.
    const { rows } = await world.pool.query(
      "SELECT count(*)::int AS alive FROM worker WHERE seen_at > now() - interval '5 s'",
    );
    const ada = await person('ada');
    await world.pool.query('ALTER TABLE decision DISABLE TRIGGER decision_made');
    await world.pool.query(
      `INSERT INTO decision (id, subject_kind, subject_id, contract_id, plan_hash, person_id, verdict, reason, decided_at, expires_at)
       VALUES (gen_random_uuid(), 'replay', $1, 'tally', $2, $3, 'approved', 'read it', now() - interval '25 hours', now() - interval '1 hour')`,
      [what.replayId, what.planHash, ada.personId],
    );
    await world.pool.query('ALTER TABLE decision ENABLE TRIGGER decision_made');
    expect(await given(what)).toBe(0);
    await world.pool.query('ALTER TABLE replay DISABLE TRIGGER replay_is_approved');
    await world.pool.query(`UPDATE replay SET status = 'queued' WHERE id = $1`, [what.replayId]);
    await world.pool.query('ALTER TABLE replay ENABLE TRIGGER replay_is_approved');
    if (rows[0].alive === 0) world.startWorker();
    await world.until(what.replayId, ['awaiting-approval']);
    const { rows: applied } = await world.pool.query(
      'SELECT sum("cursor" - "from")::int AS read FROM replay_partition WHERE replay_id = $1',
      [what.replayId],
    );
    expect(applied[0].read).toBe(0);
    // Whoever gave it may give it anew.
    expect(await decide(what, ada)).toMatchObject({ status: 'queued' });
  });
});

/** Somebody who is here comes through an issuer for the first time, and is linked to it. */
async function entersByIssuer({ personId }: Someone) {
  const issuer = 'https://issuer.example.test';
  const { atTheDoor } = peopleDeskOver(world.pool, {
    secret: 'x'.repeat(40),
    address: '198.51.100.7',
    issuer,
  });
  const { rows } = await world.pool.query<{ email: string }>('SELECT email FROM person WHERE id = $1', [
    personId,
  ]);
  return atTheDoor.enterByIssuer({
    issuer,
    subject: personId,
    email: rows[0]?.email ?? null,
    emailVerified: true,
    name: null,
    roles: ['viewer'],
    secondFactor: false,
    provenAt: null,
  });
}

suite('a worker that takes up what was approved', () => {
  /** One that both have approved, and that nobody has taken up. */
  const queued = async () => {
    const what = await waiting(2);
    const [ada, lin] = [await person('ada'), await person('lin')];
    await insert(what, ada.personId);
    await insert(what, lin.personId);
    await world.pool.query(`UPDATE replay SET status = 'queued' WHERE id = $1`, [what.replayId]);
    return { what, ada };
  };
  const voided = async ({ replayId }: Waiting) =>
    (
      await world.pool.query('SELECT FROM decision WHERE subject_id = $1 AND voided_at IS NOT NULL', [
        replayId,
      ])
    ).rowCount;
  const loses = (who: Someone, at: Pick<typeof world.pool, 'query'> | PoolClient = world.pool) =>
    at.query(`UPDATE person SET roles = '{viewer}' WHERE id = $1`, [who.personId]);
  const claim = (what: Waiting) =>
    createUnitOfWork(world.pool).run((tx) => foldStore.claim(tx, what.replayId, 'somebody', 1));

  it.each([
    ['an approver loses the right', (ada: Someone) => loses(ada)],
    [
      'another version is registered',
      () => createUnitOfWork(world.pool).run((tx) => approvalStore.voidWaiting(tx, 'tally', 'a new version')),
    ],
  ])('comes first, where it was first: %s, and nothing that it goes by is void', async (_what, change) => {
    const { what, ada } = await queued();
    let changing: Promise<unknown> | undefined;
    const taken = await createUnitOfWork(world.pool).run(async (tx) => {
      const works = await foldStore.claim(tx, what.replayId, 'somebody', 1);
      changing = change(ada);
      await somebodyWaits(world.pool);
      return works;
    });
    await changing;
    expect(taken).toHaveLength(1);
    expect([await status(what), await voided(what)]).toEqual(['folding', 0]);
    await world.commands.cancel(what.replayId, 'operator', 'the test is over');
  });

  it.each([
    [
      'an approver loses the right',
      (tx: Transaction, { personId }: Someone) =>
        tx.query(`UPDATE person SET roles = '{viewer}' WHERE id = $1`, [personId]),
      1,
    ],
    [
      'another version is registered',
      (tx: Transaction) => approvalStore.voidWaiting(tx, 'tally', 'a new version'),
      2,
    ],
  ])('takes nothing up where it comes second: %s', async (_what, change, lost) => {
    const { what, ada } = await queued();
    let claiming: Promise<unknown> | undefined;
    await createUnitOfWork(world.pool).run(async (tx) => {
      await change(tx, ada);
      claiming = claim(what);
      await somebodyWaits(world.pool);
    });
    expect(await claiming).toEqual([]);
    expect([await status(what), await voided(what)]).toEqual(['queued', lost]);
    await world.commands.cancel(what.replayId, 'operator', 'the test is over');
  });

  it('and somebody who decides, who takes rights, or whose address an issuer links, never wait for each other in a ring', async () => {
    const what = await waiting(6);
    const all = await Promise.all(Array.from({ length: 12 }, (_, each) => person(`ring${each}`)));
    const tries = await Promise.allSettled(
      all.flatMap((who) => [
        decide(what, who),
        claim(what),
        world.commands.pause(what.replayId, who.personId),
        entersByIssuer(who),
        loses(who),
        claim(what),
      ]),
    );
    const whys = tries.flatMap((each) => (each.status === 'rejected' ? [String(each.reason)] : []));
    expect(whys.filter((why) => /deadlock|RP0|internal/i.test(why))).toEqual([]);
    // All six stood when a worker took it up, or none does.
    expect(await given(what)).toBe((await status(what)) === 'folding' ? 6 : 0);
    await world.commands.cancel(what.replayId, 'operator', 'the test is over');
  });
});

suite('a first sign-in through an issuer', () => {
  it('holds what waits for approval first and the person second, as everybody does', async () => {
    const what = await waiting(2);
    const ada = await person('ada');
    await decide(what, ada);
    const holding = await world.pool.connect();
    try {
      await holding.query('BEGIN');
      await holding.query('SELECT FROM replay WHERE id = $1 FOR UPDATE', [what.replayId]);
      const entering = entersByIssuer(ada);
      await somebodyWaits(world.pool);
      await world.pool.query('SELECT FROM person WHERE id = $1 FOR UPDATE NOWAIT', [ada.personId]);
      await holding.query('COMMIT');
      expect(await entering).toMatchObject({ personId: ada.personId, roles: ['viewer'] });
    } finally {
      holding.release();
    }
    expect(await given(what)).toBe(0);
  });
});

suite('a replay that was paused before it started', () => {
  it('waits again where its approval was lost meanwhile, and does not run on the old one', async () => {
    const what = await waiting();
    const ada = await person('ada');
    await insert(what, ada.personId);
    await world.pool.query(
      `BEGIN;
       UPDATE replay SET status = 'queued' WHERE id = '${what.replayId}';
       UPDATE replay SET status = 'paused', resume_status = 'queued', intent = 'pause' WHERE id = '${what.replayId}';
       COMMIT`,
    );
    await world.pool.query(`UPDATE person SET roles = '{viewer}' WHERE id = $1`, [ada.personId]);
    await world.pool.query(`UPDATE person SET roles = '{approver}' WHERE id = $1`, [ada.personId]);
    await world.commands.resume(what.replayId, 'operator');
    expect(await status(what)).toBe('awaiting-approval');
    expect(await decide(what, ada)).toMatchObject({ status: 'queued' });
  });
});

suite('of a hundred who decide at once', () => {
  it('as many count as are different people, and the replay is queued once', async () => {
    const what = await waiting(3);
    const people = await Promise.all(Array.from({ length: 5 }, (_, i) => person(`p${i}`)));
    const outcomes = await Promise.allSettled(
      Array.from({ length: 100 }, (_, i) => decide(what, people[i % 5] as Someone)),
    );
    const made = outcomes.filter((each) => each.status === 'fulfilled');
    expect(made).toHaveLength(3);
    expect(made.filter((each) => each.status === 'fulfilled' && each.value.status === 'queued')).toHaveLength(
      1,
    );
    const { rows } = await world.pool.query(
      `SELECT count(*)::int AS decisions FROM decision WHERE subject_id = $1`,
      [what.replayId],
    );
    expect(rows).toEqual([{ decisions: 3 }]);
  });
});
