import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { type AuditedTopic, openAuditedTopic } from '../../../demo/testing/audited-topic.ts';
import { openReplayWorld, type ReplayWorld } from '../../../demo/testing/replay-world.ts';
import { createUnitOfWork } from '../postgres/unit-of-work.ts';
import { deliveryReads } from './delivery-pages.ts';
import { deliveryStore } from './delivery-store.ts';

let world: ReplayWorld;
let audited: AuditedTopic;
let reads: ReturnType<typeof deliveryReads>;

beforeAll(async () => {
  world = await openReplayWorld({ databaseUrl: inject('databaseUrl'), kafkaBrokers: inject('kafkaBrokers') });
  reads = deliveryReads(world.runner);
  await world.pool.query(
    'CREATE TABLE sent (n bigint PRIMARY KEY, id text NOT NULL, at timestamptz NOT NULL DEFAULT now())',
  );
  audited = await openAuditedTopic(world, {
    partitions: 1,
    contract: `budgets: { losses: { graceMs: 1_000 } },
      sent: { connection: 'shop', table: 'sent', id: 'id', at: 'at', position: 'n' },`,
  });
});
afterAll(async () => {
  await audited?.close();
  await world?.close();
});

const view = async () =>
  (await reads.deliveries()).find(({ contractId }) => contractId === audited.contractId);

describe('what the page reads', () => {
  it('says that nothing was audited yet, and draws that as a gap', async () => {
    expect(await view()).toMatchObject({ wanted: true, auditedAt: null, outbox: null, outboxTable: 'sent' });
    const points = await reads.deliveryPoints(audited.contractId, '1h');
    expect(points).toHaveLength(96);
    expect(points.every(({ counts }) => counts === null)).toBe(true);
  });

  it('is what was counted within the hour, the day and the month', async () => {
    await audited.audit();
    const event = (id: string, amount = 1) => ({ id, key: 'k', value: { amount } });
    await audited.deliver(event('a'), event('a'), event('a', 2));
    await world.pool.query(`INSERT INTO sent VALUES (1, 'a'), (2, 'lost')`);
    await expect
      .poll(
        async () => {
          await audited.audit();
          return (await view())?.missed.count;
        },
        { timeout: 20_000 },
      )
      .toBe(1);
    const sums = { events: 3, redelivered: 1, conflicting: 1, sent: 2, lost: 1 };
    expect(await view()).toMatchObject({ behind: '0', hour: sums, day: sums, month: sums });
    const points = await reads.deliveryPoints(audited.contractId, '1h');
    expect(points.reduce((sum, { counts }) => sum + (counts?.events ?? 0), 0)).toBe(3);
    expect(points.at(-1)?.counts).not.toBeNull();
  });

  it('are findings page by page, the newest first, and of one kind', async () => {
    const all = await reads.deliveryFindings(audited.contractId, undefined, { limit: 10 });
    expect(all.rows.map(({ kind }) => kind)).toEqual(['lost', 'conflicting', 'redelivered']);
    const first = await reads.deliveryFindings(audited.contractId, undefined, { limit: 2 });
    const rest = await reads.deliveryFindings(audited.contractId, undefined, {
      limit: 2,
      cursor: first.next ?? undefined,
    });
    expect([...first.rows, ...rest.rows]).toEqual(all.rows);
    const lost = await reads.deliveryFindings(audited.contractId, 'lost', { limit: 2 });
    expect(lost).toMatchObject({ rows: [{ eventId: 'lost', position: '2', arrivedAt: null }], next: null });
  });

  it('are no applied duplicates where no replay has ended', async () => {
    expect(await reads.appliedDuplicates(audited.contractId)).toEqual([]);
  });

  it('is of nothing that lies before the audit began, also where a first turn had failed', async () => {
    const at = new Date('2026-03-14T12:00:00Z');
    const since = new Date('2026-03-13T12:00:00Z');
    const { rows } = await createUnitOfWork(world.runner).run(async (tx) => {
      await deliveryStore.keepTurn(tx, 'begins', {
        at: new Date('2026-03-14T11:00:00Z'),
        lookBackHours: 24,
        problem: 'The topic is not there.',
        sentProblem: null,
      });
      await deliveryStore.begin(tx, 'begins', { identity: 't', since, at });
      // Of a topic that was made again it goes on as it was.
      await deliveryStore.begin(tx, 'begins', { identity: 'u', since: null, at: new Date() });
      return {
        rows: await tx.query(`SELECT since, started_at FROM delivery_audit WHERE contract_id = 'begins'`),
      };
    });
    expect(rows).toEqual([{ since, started_at: at }]);
  });

  it('is as old as it says where nobody audits, and is not there of a contract whose file is gone', async () => {
    expect((await view())?.stale).toBe(false);
    await world.pool.query(
      `UPDATE delivery_audit SET audited_at = audited_at - interval '3 minutes' WHERE contract_id = $1`,
      [audited.contractId],
    );
    expect((await view())?.stale).toBe(true);
    await world.pool.query('UPDATE contract_file SET gone_at = now() WHERE contract_id = $1', [
      audited.contractId,
    ]);
    expect(await view()).toBeUndefined();
  });
});
