import { createHash, randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { smtpReceiver, webhookReceiver } from '../../../demo/testing/receivers.ts';
import { openMail } from '../../adapters/mail/smtp-sender.ts';
import { noticeStore } from '../../adapters/notices/notice-store.ts';
import { auditFrom } from '../../adapters/postgres/audit.ts';
import { postgresNotifier } from '../../adapters/postgres/live-feed.ts';
import { createMigratedDatabase, type ScratchDatabase } from '../../adapters/postgres/scratch-database.ts';
import { createUnitOfWork } from '../../adapters/postgres/unit-of-work.ts';
import { openWebhook } from '../../adapters/webhook/webhook-sender.ts';
import type { NoticeSenders, Telling } from '../ports/notices.ts';
import type { UnitOfWork } from '../ports/unit-of-work.ts';
import { type DeliverDeps, deliverNotice, introduceChannels } from './deliver.ts';
import { createNoticeDesk } from './desk.ts';

let database: ScratchDatabase;
let pool: pg.Pool;
/** As the owner of the tables: a test’s own hand. */
let owner: pg.Pool;
let unitOfWork: UnitOfWork;
let smtp: Awaited<ReturnType<typeof smtpReceiver>>;
let hook: Awaited<ReturnType<typeof webhookReceiver>>;
const logged: { level: string; fields: Readonly<Record<string, unknown>> }[] = [];

beforeAll(async () => {
  database = await createMigratedDatabase(inject('databaseUrl'));
  pool = new pg.Pool({ connectionString: database.url });
  owner = new pg.Pool({ connectionString: database.ownerUrl });
  unitOfWork = createUnitOfWork(pool);
  smtp = await smtpReceiver();
  hook = await webhookReceiver();
});
afterAll(async () => {
  await smtp.stop();
  await hook.stop();
  await pool.end();
  await owner.end();
  await database.drop();
});
beforeEach(async () => {
  await owner.query('DELETE FROM notice');
  await owner.query(`UPDATE person SET roles = '{}'`);
  smtp.mails.length = 0;
  smtp.refuseWith(null);
  hook.posts.length = 0;
  logged.length = 0;
});

const note = (level: string) => (fields: Readonly<Record<string, unknown>>) => {
  logged.push({ level, fields });
};
function deps(senders: Partial<NoticeSenders> = {}): DeliverDeps {
  return {
    unitOfWork,
    notices: noticeStore,
    live: postgresNotifier,
    log: { info: note('info'), warn: note('warn'), error: note('error') },
    origin: 'https://reprise.example',
    firstPauseMs: 0,
    senders: {
      email: openMail({ url: smtp.url, from: 'Reprise <reprise@example.test>' }),
      webhook: openWebhook({ url: hook.url, hosts: ['127.0.0.1'], allowPrivate: true }),
      ...senders,
    },
  };
}

async function person(name: string, roles: readonly string[], change: { byEmail?: boolean } = {}) {
  const id = randomUUID();
  const email = `${name}-${id.slice(0, 8)}@example.test`;
  await owner.query(
    'INSERT INTO person (id, name, email, roles, notices_by_email) VALUES ($1, $2, $3, $4, $5)',
    [id, name, email, roles, change.byEmail ?? true],
  );
  return { id, email };
}

/** A replay that waits for one approval; `author` wrote its contract. */
async function waitingReplay(
  requestedBy: string,
  change: { title?: string; reason?: string; author?: string } = {},
) {
  const contractId = `stock-${randomUUID().slice(0, 8)}`;
  const replayId = randomUUID();
  const plan = JSON.stringify({ approvalsNeeded: 1, eventEstimate: '1842' });
  await owner.query(
    `INSERT INTO contract_version (contract_id, version, digest, bundle, description, authors)
     VALUES ($1, 1, encode(sha256(''), 'hex'), '', $2, $3)`,
    [contractId, JSON.stringify({ title: change.title ?? 'Inventory' }), [change.author ?? 'nobody']],
  );
  await owner.query(
    `INSERT INTO replay (id, contract_id, contract_version, plan, plan_hash, scope, status, requested_by, reason)
     VALUES ($1, $2, 1, $3, $4, '{"kind":"all"}', 'awaiting-approval', $5, $6)`,
    [
      replayId,
      contractId,
      plan,
      createHash('sha256').update(plan).digest('hex'),
      requestedBy,
      change.reason ?? 'after the fault',
    ],
  );
  const telling: Telling = {
    kind: 'waiting',
    subject: { kind: 'replay', id: replayId },
    contractId,
    contractVersion: 1,
    requestedBy,
    audience: ['approvers'],
  };
  return { replayId, contractId, telling };
}

const tell = (telling: Telling) => unitOfWork.run((tx) => noticeStore.tell(tx, telling));
const due = () => unitOfWork.run((tx) => noticeStore.due(tx, 100));
async function deliverAll(own: DeliverDeps): Promise<void> {
  for (const id of await due()) await deliverNotice(own, id);
}
const deliveries = async () =>
  (
    await owner.query(
      'SELECT id::text, channel, person_id, state, tries, problem FROM notice_delivery ORDER BY channel, person_id',
    )
  ).rows;

describe('who is told', () => {
  it('that something waits: the approvers who may decide about it, and the webhook', async () => {
    const omar = await person('omar', ['operator', 'approver']);
    const ada = await person('ada', ['approver']);
    const rosa = await person('rosa', ['approver']);
    await person('quiet', ['approver'], { byEmail: false });
    await person('vito', ['viewer', 'admin']);
    const gone = await person('gone', ['approver']);
    await owner.query('UPDATE person SET disabled_at = now() WHERE id = $1', [gone.id]);
    const { telling } = await waitingReplay(omar.id, { author: rosa.email });
    await tell(telling);
    expect(await deliveries()).toMatchObject([
      { channel: 'email', person_id: ada.id, state: 'waiting' },
      { channel: 'webhook', person_id: null, state: 'waiting' },
    ]);
  });

  it('what has become of it: who requested it', async () => {
    const omar = await person('omar', ['operator']);
    await person('ada', ['approver']);
    const { telling } = await waitingReplay(omar.id);
    await tell({ ...telling, kind: 'approved', audience: ['requester'] });
    expect(await deliveries()).toMatchObject([
      { channel: 'email', person_id: omar.id },
      { channel: 'webhook' },
    ]);
  });

  it('of begun glass: who may confirm it; of broken glass: who may review it; and never who knows', async () => {
    const omar = await person('omar', ['operator']);
    const olga = await person('olga', ['operator']);
    const ada = await person('ada', ['approver']);
    const iris = await person('iris', ['auditor']);
    await person('vito', ['viewer', 'admin']);
    const { telling } = await waitingReplay(omar.id);
    const told = async () =>
      (await deliveries()).flatMap(({ person_id }) => (person_id === null ? [] : [person_id])).sort();
    await tell({ ...telling, kind: 'glass-begun', audience: ['breakers'], except: [olga.id] });
    expect(await told()).toEqual([omar.id, ada.id].sort());
    await owner.query('DELETE FROM notice');
    await tell({ ...telling, kind: 'glass-broken', audience: ['reviewers'], except: [olga.id, ada.id] });
    expect(await told()).toEqual([iris.id]);
    await deliverAll(deps());
    expect(smtp.mails[0]?.text).toContain('Its review is open');
  });

  it('that it is called off: who was asked to approve it, also without the right by now', async () => {
    const omar = await person('omar', ['operator']);
    const ada = await person('ada', ['approver']);
    const { telling } = await waitingReplay(omar.id);
    await tell(telling);
    await owner.query(`UPDATE person SET roles = '{viewer}' WHERE id = $1`, [ada.id]);
    await person('late', ['approver']);
    await tell({ ...telling, kind: 'ended', audience: ['requester', 'told'] });
    const { rows } = await owner.query(
      `SELECT d.person_id FROM notice_delivery d JOIN notice n ON n.id = d.notice_id
       WHERE n.kind = 'ended' AND d.person_id IS NOT NULL`,
    );
    expect(rows.map(({ person_id }) => person_id).sort()).toEqual([omar.id, ada.id].sort());
  });

  it('nobody, where the transaction of the act rolls back', async () => {
    const ada = await person('ada', ['approver']);
    const { telling } = await waitingReplay('omar');
    const act = unitOfWork.run(async (tx) => {
      await noticeStore.tell(tx, telling);
      throw new Error('the act failed');
    });
    await expect(act).rejects.toThrow('the act failed');
    await deliverAll(deps());
    expect(await deliveries()).toEqual([]);
    expect([smtp.mails, hook.posts]).toEqual([[], []]);
    expect(ada.id).not.toBe('');
  });
});

describe('a notice', () => {
  it('reaches a real mail server and a real webhook, named by the id of its delivery', async () => {
    const ada = await person('ada', ['approver']);
    const omar = await person('omar', ['operator']);
    const { telling, replayId } = await waitingReplay(omar.id);
    await tell(telling);
    await deliverAll(deps());
    const [byMail, byHook] = await deliveries();
    expect([byMail, byHook]).toMatchObject([
      { state: 'sent', tries: 1 },
      { state: 'sent', tries: 1 },
    ]);
    const [mail] = smtp.mails;
    expect(mail?.to).toEqual([ada.email]);
    expect(mail?.headers.get('message-id')).toBe(`<${byMail.id}@example.test>`);
    expect(mail?.headers.get('subject')).toBe('[Reprise] A replay of Inventory waits for approval');
    expect(mail?.text).toContain(`https://reprise.example/replays/${replayId}`);
    expect(hook.posts).toMatchObject([{ key: byHook.id }]);
  });

  it('puts nothing of its own into the head of a mail, whatever a title or a reason holds', async () => {
    const ada = await person('ada', ['approver']);
    const { telling } = await waitingReplay('omar', {
      title: 'Stock\r\nBcc: eve@example.test\r\n\r\nclick here',
      reason: 'x\r\n.\r\nMAIL FROM:<eve@example.test>',
    });
    await tell(telling);
    await deliverAll(deps());
    expect(smtp.mails).toHaveLength(1);
    expect(smtp.mails[0]?.to).toEqual([ada.email]);
    expect(smtp.mails[0]?.headers.has('bcc')).toBe(false);
    expect(smtp.mails[0]?.headers.get('subject')).toContain('Stock Bcc: eve@example.test click here');
  });

  it('waits while its receivers are away, and is delivered once when they are back', async () => {
    await person('ada', ['approver']);
    const { telling } = await waitingReplay('omar');
    await tell(telling);
    await Promise.all([smtp.stop(), hook.stop()]);
    const own = deps();
    for (const _ of [1, 2]) await deliverAll(own);
    expect(await deliveries()).toMatchObject([
      { state: 'waiting', tries: 2, problem: expect.stringContaining('ECONNREFUSED') },
      { state: 'waiting', tries: 2, problem: expect.stringContaining('ECONNREFUSED') },
    ]);
    await Promise.all([smtp.comeBack(), hook.comeBack()]);
    for (const _ of [1, 2]) await deliverAll(own);
    expect(await deliveries()).toMatchObject([
      { state: 'sent', tries: 3 },
      { state: 'sent', tries: 3 },
    ]);
    expect([smtp.mails.length, hook.posts.length]).toEqual([1, 1]);
  });

  it('is sent again under the same id where a worker vanished before it could say so', async () => {
    const { telling } = await waitingReplay('omar');
    await tell(telling);
    const [id = ''] = await due();
    const settled = deps();
    const vanishing = {
      ...settled,
      unitOfWork: {
        run: (work: Parameters<UnitOfWork['run']>[0]) =>
          hook.posts.length === 0 ? unitOfWork.run(work) : Promise.reject(new Error('killed')),
      } as UnitOfWork,
    };
    await expect(deliverNotice(vanishing, id)).rejects.toThrow('killed');
    expect(await due()).toEqual([]);
    await owner.query(`UPDATE notice_delivery SET lease_until = now() - interval '1 second'`);
    await deliverAll(settled);
    expect(hook.posts.map(({ key }) => key)).toEqual([id, id]);
    expect(await deliveries()).toMatchObject([{ state: 'sent', tries: 2 }]);
  });

  it('is in the hands of one of two who take it at once', async () => {
    const { telling } = await waitingReplay('omar');
    await tell(telling);
    const [id = ''] = await due();
    await Promise.all([deliverNotice(deps(), id), deliverNotice(deps(), id)]);
    expect(hook.posts).toHaveLength(1);
  });

  it('is given up after its last try, and says so in the log and to those who look', async () => {
    await person('ada', ['approver']);
    const { telling } = await waitingReplay('omar');
    const own = deps({ webhook: null });
    await owner.query('DELETE FROM notice_channel');
    await introduceChannels(own);
    await tell(telling);
    smtp.refuseWith({ code: 550, sentence: 'no such user' });
    for (let tries = 0; tries < 6; tries += 1) await deliverAll(own);
    expect(await deliveries()).toMatchObject([
      { channel: 'email', state: 'given-up', tries: 4, problem: expect.stringContaining('550') },
      { channel: 'webhook', state: 'dropped', problem: 'no webhook is configured' },
    ]);
    expect(logged.filter(({ level }) => level === 'error')).toMatchObject([
      { fields: { channel: 'email', tries: 4 } },
    ]);
    const desk = createNoticeDesk({ ...own, audit: auditFrom('test') });
    expect(await desk.channels()).toMatchObject([
      { channel: 'email', configured: true, givenUp: 1, givenUpLately: 1, waiting: 0, lastSuccessAt: null },
      { channel: 'webhook', configured: false, givenUp: 0, waiting: 0 },
    ]);
  });

  it('is not sent when what it asks for is over', async () => {
    await person('ada', ['approver']);
    const { telling, replayId } = await waitingReplay('omar');
    await tell(telling);
    await owner.query(`UPDATE replay SET status = 'cancelled' WHERE id = $1`, [replayId]);
    await deliverAll(deps());
    expect(await deliveries()).toMatchObject([{ state: 'dropped' }, { state: 'dropped' }]);
    expect(smtp.mails).toEqual([]);
  });

  it('is left by a worker without its channel’s settings to one that has them', async () => {
    const { telling } = await waitingReplay('omar');
    const without = deps({ webhook: null });
    await introduceChannels(deps());
    await introduceChannels(without);
    const desk = createNoticeDesk({ ...without, audit: auditFrom('test') });
    expect(await desk.channels()).toMatchObject([{}, { channel: 'webhook', configured: true }]);
    await tell(telling);
    await deliverAll(without);
    expect(await deliveries()).toMatchObject([{ channel: 'webhook', state: 'waiting', tries: 0 }]);
    await owner.query(`UPDATE notice_delivery SET next_try_at = now() - interval '1 second'`);
    await deliverAll(deps());
    expect(await deliveries()).toMatchObject([{ channel: 'webhook', state: 'sent', tries: 1 }]);
    // What nobody has been able to send for a day nobody will.
    await owner.query(`UPDATE notice_channel SET configured_at = now() - interval '25 hours'`);
    await tell(telling);
    await deliverAll(without);
    expect((await deliveries()).map(({ state }) => state).sort()).toEqual(['dropped', 'sent']);
  });

  it('of somebody who has turned e-mail off meanwhile is not sent', async () => {
    const ada = await person('ada', ['approver']);
    const desk = createNoticeDesk({ ...deps(), audit: auditFrom('test') });
    const { telling } = await waitingReplay('omar');
    await tell(telling);
    expect(await desk.byEmail(ada.id)).toBe(true);
    await desk.setByEmail({ personId: ada.id, byEmail: false });
    await deliverAll(deps());
    expect(await deliveries()).toMatchObject([{ channel: 'email', state: 'dropped' }, { state: 'sent' }]);
    const { rows } = await owner.query(
      `SELECT actor, detail FROM audit_entry WHERE action = 'person.notices-changed'`,
    );
    expect(rows).toEqual([{ actor: ada.id, detail: { byEmail: false } }]);
  });

  it('for a test goes to who asked for it, and is on record', async () => {
    const mina = await person('mina', ['admin'], { byEmail: false });
    const desk = createNoticeDesk({ ...deps(), audit: auditFrom('test') });
    await desk.sendTest({ channel: 'email', actor: mina.id });
    await desk.sendTest({ channel: 'webhook', actor: mina.id });
    await deliverAll(deps());
    expect(smtp.mails).toMatchObject([{ to: [mina.email] }]);
    expect(hook.posts[0]?.body.text).toBe('[Reprise] A test notice of Reprise');
    const { rows } = await owner.query(
      `SELECT actor, subject FROM audit_entry WHERE action = 'notice.test-asked' ORDER BY id`,
    );
    expect(rows).toEqual([
      { actor: mina.id, subject: 'channel:email' },
      { actor: mina.id, subject: 'channel:webhook' },
    ]);
  });

  it('that was sent stays sent', async () => {
    const { telling } = await waitingReplay('omar');
    await tell(telling);
    await deliverAll(deps());
    await expect(
      owner.query(`UPDATE notice_delivery SET state = 'waiting', ended_at = NULL`),
    ).rejects.toThrow(/never changed/);
  });
});
