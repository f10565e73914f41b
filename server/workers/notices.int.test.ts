import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { smtpReceiver, webhookReceiver } from '../../demo/testing/receivers.ts';
import { eventually, openReplayWorld, type ReplayWorld } from '../../demo/testing/replay-world.ts';

/** Without a broker these can't run; the set-up has said so, and CI requires one. */
const suite = describe.runIf(inject('kafkaBrokers') !== '');

let world: ReplayWorld;
let smtp: Awaited<ReturnType<typeof smtpReceiver>>;
let hook: Awaited<ReturnType<typeof webhookReceiver>>;
beforeAll(async () => {
  if (inject('kafkaBrokers') === '') return;
  smtp = await smtpReceiver();
  hook = await webhookReceiver();
  world = await openReplayWorld({
    databaseUrl: inject('databaseUrl'),
    kafkaBrokers: inject('kafkaBrokers'),
  });
});
afterAll(async () => {
  await world?.close();
  await Promise.all([smtp?.stop(), hook?.stop()]);
});

const settings = () => ({
  REPRISE_SMTP_URL: smtp.url,
  REPRISE_MAIL_FROM: 'reprise@example.test',
  REPRISE_WEBHOOK_URL: hook.url,
  REPRISE_WEBHOOK_PRIVATE: 'true',
});

/** Somebody who has just signed in. The contract names rosa as its author. */
async function person(name: string, roles: readonly string[]) {
  const id: string = randomUUID();
  const sessionId: string = randomUUID();
  const email = `${name}@${id.slice(0, 8)}.example.test`;
  await world.pool.query('INSERT INTO person (id, name, email, roles) VALUES ($1, $2, $3, $4)', [
    id,
    name,
    email,
    roles,
  ]);
  await world.pool.query(
    `INSERT INTO person_session (id, person_id, token, expires_at) VALUES ($1, $2, $1, now() + interval '1 hour')`,
    [sessionId, id],
  );
  return { personId: id, sessionId, email };
}

const needing =
  (needed: number, more = '') =>
  (source: string) =>
    source.replace("authors: ['rosa'],", `authors: ['rosa'],\n  approvals: { replay: ${needed} },${more}`);

async function waiting(requestedBy: string, needed = 1) {
  const topic = await world.topic(1);
  await world.contract('tally', topic, needing(needed));
  await world.produce(
    topic,
    Array.from({ length: 10 }, (_, i) => ({ id: `e${i}`, key: `K${i % 3}`, value: { amount: 1 } })),
  );
  const { replayId, planHash } = await world.launch('tally', { actor: requestedBy });
  return { replayId, planHash: planHash ?? '', topic };
}
type Waiting = Awaited<ReturnType<typeof waiting>>;
const decide = (
  what: Waiting,
  who: { personId: string; sessionId: string },
  verdict: 'approved' | 'rejected',
) =>
  world.commands.decide({
    replayId: what.replayId,
    planHash: what.planHash,
    verdict,
    reason: 'read it',
    personId: who.personId,
    sessionId: who.sessionId,
  });

/** Of one replay, in the order in which they were written: the kind, and whose e-mail. */
async function told({ replayId }: Waiting) {
  const { rows } = await world.pool.query<{ kind: string; people: string[] }>(
    `SELECT n.kind, array_agg(d.person_id ORDER BY d.person_id) FILTER (WHERE d.channel = 'email') AS people
     FROM notice n JOIN notice_delivery d ON d.notice_id = n.id
     WHERE n.subject_id = $1 GROUP BY n.id, n.created_at ORDER BY n.created_at, n.id`,
    [replayId],
  );
  return rows.map(({ kind, people }) => [kind, people ?? []]);
}
async function lostApprovals({ replayId }: Waiting) {
  const { rows } = await world.pool.query(
    `SELECT detail FROM audit_entry WHERE action = 'replay.approval-lost' AND subject = $1 ORDER BY id`,
    [`replay:${replayId}`],
  );
  return rows.map(({ detail }) => detail);
}

suite('those concerned', () => {
  it('hear by e-mail and webhook that a replay waits, is approved, and how it ended', async () => {
    const ada = await person('ada', ['approver']);
    const rosa = await person('rosa', ['approver']);
    const omar = await person('omar', ['operator', 'approver']);
    const worker = world.startWorker(1, settings());
    const what = await waiting(omar.personId);
    await eventually('ada to hear of it', 20_000, async () => {
      const seen = smtp.mails.filter(({ text }) => text.includes(what.replayId));
      return { done: seen.length > 0, value: null, seen };
    });
    await decide(what, ada, 'approved');
    await world.ended(what.replayId);
    const heard = (address: string) =>
      smtp.mails
        .filter(({ to, text }) => to.includes(address) && text.includes(what.replayId))
        .map(({ headers }) => headers.get('subject'));
    await eventually('omar to hear of the end', 20_000, async () => {
      const seen = heard(omar.email);
      return { done: seen.length >= 2, value: null, seen };
    });
    expect(heard(ada.email)).toEqual(['[Reprise] A replay of Tally of items waits for approval']);
    expect(heard(rosa.email)).toEqual([]);
    expect(heard(omar.email).sort()).toEqual([
      '[Reprise] The replay of Tally of items has ended: no derived state was compared; the replay is trusted',
      '[Reprise] The replay of Tally of items is approved',
    ]);
    await eventually('the webhook to hear all of it', 20_000, async () => ({
      done: hook.posts.length >= 3,
      value: null,
      seen: hook.posts,
    }));
    expect(new Set(hook.posts.map(({ key }) => key)).size).toBe(3);
    await worker.stop();
  });

  it('hear once of what a killed worker had in hand, from another under the same id', async () => {
    const what = await waiting('operator');
    hook.posts.length = 0;
    hook.hang(true);
    const doomed = world.startWorker(1, settings());
    await eventually('the receiver to be in the middle of it', 30_000, async () => ({
      done: hook.posts.length > 0,
      value: null,
      seen: hook.posts,
    }));
    await doomed.kill();
    hook.hang(false);
    await world.pool.query(
      `UPDATE notice_delivery SET lease_until = clock_timestamp() WHERE state = 'waiting' AND lease_until IS NOT NULL`,
    );
    const next = world.startWorker(1, settings());
    await eventually('the notice to be settled', 30_000, async () => {
      const { rows } = await world.pool.query(
        `SELECT d.state, d.tries FROM notice_delivery d JOIN notice n ON n.id = d.notice_id
         WHERE n.subject_id = $1 AND d.channel = 'webhook'`,
        [what.replayId],
      );
      return { done: rows[0]?.state === 'sent' && rows[0].tries === 2, value: null, seen: rows };
    });
    expect(hook.posts).toHaveLength(2);
    expect(hook.posts[0]?.key).toBe(hook.posts[1]?.key);
    await next.stop();
  });
});

suite('an approval that does not count any more', () => {
  it('of somebody who lost the right is on record with who and what, and is told of', async () => {
    const ada = await person('ada', ['approver']);
    const omar = await person('omar', ['operator']);
    const what = await waiting(omar.personId, 2);
    await decide(what, ada, 'approved');
    await world.pool.query(`UPDATE person SET roles = '{}' WHERE id = $1`, [ada.personId]);
    expect(await lostApprovals(what)).toMatchObject([
      { why: 'who gave it does not approve any more', person: ada.personId, decision: expect.any(String) },
    ]);
    const after = await told(what);
    expect(after.map(([kind]) => kind)).toEqual(['waiting', 'voided']);
    expect(after[1]?.[1]).toContain(omar.personId);
    expect(after[1]?.[1]).not.toContain(ada.personId);
  });

  it('is not taken back, recorded or told of where the act that took the right is rolled back', async () => {
    const ada = await person('ada', ['approver']);
    const what = await waiting('operator', 2);
    await decide(what, ada, 'approved');
    const client = await world.pool.connect();
    await client.query('BEGIN');
    await client.query(`UPDATE person SET roles = '{}' WHERE id = $1`, [ada.personId]);
    await client.query('ROLLBACK');
    client.release();
    expect(await lostApprovals(what)).toEqual([]);
    expect((await told(what)).map(([kind]) => kind)).toEqual(['waiting']);
  });

  it('since the contract was registered anew is on record with whose it was', async () => {
    const ada = await person('ada', ['approver']);
    const what = await waiting('operator', 2);
    await decide(what, ada, 'approved');
    await world.contract('tally', what.topic, needing(2, "\n  description: 'changed once more',"));
    expect(await lostApprovals(what)).toMatchObject([
      { why: expect.stringContaining('was registered after it was given'), person: ada.personId },
    ]);
    expect((await told(what)).map(([kind]) => kind)).toEqual(['waiting', 'voided']);
  });

  it('since it ran out is made void, recorded and told of', async () => {
    const ada = await person('ada', ['approver']);
    const what = await waiting('operator', 2);
    await world.pool.query('ALTER TABLE decision DISABLE TRIGGER decision_made');
    await world.pool.query(
      `INSERT INTO decision (id, subject_kind, subject_id, contract_id, plan_hash, person_id, verdict, reason, decided_at, expires_at)
       VALUES (gen_random_uuid(), 'replay', $1, 'tally', $2, $3, 'approved', 'read it', now() - interval '25 hours', now() - interval '1 hour')`,
      [what.replayId, what.planHash, ada.personId],
    );
    await world.pool.query('ALTER TABLE decision ENABLE TRIGGER decision_made');
    const worker = world.startWorker(1, settings());
    await eventually('it to be told of', 30_000, async () => {
      const seen = (await told(what)).map(([kind]) => kind);
      return { done: seen.includes('expired'), value: null, seen };
    });
    expect(await lostApprovals(what)).toMatchObject([{ why: 'it ran out', person: ada.personId }]);
    await worker.stop();
  });

  it('since it ran out, where whoever gave it gives it anew, is on record too', async () => {
    const ada = await person('ada', ['approver']);
    const what = await waiting('operator', 2);
    await world.pool.query('ALTER TABLE decision DISABLE TRIGGER decision_made');
    await world.pool.query(
      `INSERT INTO decision (id, subject_kind, subject_id, contract_id, plan_hash, person_id, verdict, reason, decided_at, expires_at)
       VALUES (gen_random_uuid(), 'replay', $1, 'tally', $2, $3, 'approved', 'read it', now() - interval '25 hours', now() - interval '1 hour')`,
      [what.replayId, what.planHash, ada.personId],
    );
    await world.pool.query('ALTER TABLE decision ENABLE TRIGGER decision_made');
    await decide(what, ada, 'approved');
    expect(await lostApprovals(what)).toMatchObject([{ why: 'it ran out', person: ada.personId }]);
  });

  it('tells of a rejection once, with what was said', async () => {
    const ada = await person('ada', ['approver']);
    const omar = await person('omar', ['operator']);
    const what = await waiting(omar.personId);
    await decide(what, ada, 'rejected');
    expect((await told(what)).map(([kind]) => kind)).toEqual(['waiting', 'rejected']);
    expect((await told(what))[1]).toEqual(['rejected', [omar.personId]]);
  });
});
