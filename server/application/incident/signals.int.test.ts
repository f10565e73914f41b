import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { openIncidentWorld } from '../../../demo/testing/incident-world.ts';
import type { Signal } from '../ports/incident-signals.ts';

let world: Awaited<ReturnType<typeof openIncidentWorld>>;
let owner: pg.Pool;
let cause: string;
let contractId: string;

beforeAll(async () => {
  world = await openIncidentWorld(inject('databaseUrl'));
  owner = world.owner;
});
afterAll(() => world.close());
beforeEach(() => {
  contractId = `c-${randomUUID()}`;
  cause = `budget:inventory:lag:${randomUUID()}`;
});

const signal = (own: Partial<Signal> = {}): Signal => ({
  kind: 'budget',
  contractId,
  cause,
  suggestedClass: 'P2',
  title: 'The lag budget of inventory is spent.',
  since: new Date(Date.now() - 60_000),
  facts: { 'time lag': '12 min' },
  href: '/budgets/inventory',
  runbook: null,
  scope: null,
  ...own,
});
const raise = (own: Partial<Signal> = {}) => world.run((tx) => world.signals.raise(tx, signal(own)));
const clear = () =>
  world.run((tx) =>
    world.signals.clear(tx, {
      cause,
      at: new Date(),
      sentence: 'It has caught up.',
      facts: { 'time lag': '0 s' },
    }),
  );
const row = async (id: string) => (await owner.query('SELECT * FROM incident WHERE id = $1', [id])).rows[0];
const kinds = async (id: string) =>
  (await owner.query('SELECT kind FROM incident_entry WHERE incident_id = $1 ORDER BY id', [id])).rows.map(
    (each) => each.kind,
  );
const audited = async (id: string) =>
  (
    await owner.query('SELECT action FROM audit_entry WHERE subject = $1 ORDER BY id', [`incident:${id}`])
  ).rows.map((each) => each.action);
const end = (id: string, recoveredAgo: string) =>
  owner.query(
    `UPDATE incident SET status = 'recovered', recovered_at = now() - $2::interval, recovery_reason = 'it is',
       acknowledged_at = now(), acknowledged_by = 'x' WHERE id = $1`,
    [id, recoveredAgo],
  );

describe('a cause that comes back', () => {
  it('gives time anew, of which the page and who is asked next hear the same', async () => {
    const { incidentId } = await raise();
    await clear();
    await owner.query(`UPDATE incident SET respond_by = now() - interval '1 hour' WHERE id = $1`, [
      incidentId,
    ]);
    await raise();
    const { respond_by: by, escalate_at: asked, clock_from: from } = await row(incidentId);
    expect(by).toEqual(asked);
    expect(by.getTime() - from.getTime()).toBe(3_600_000);
  });

  it('gives time anew too where it is worse than it was', async () => {
    const { incidentId } = await raise();
    await clear();
    await owner.query(`UPDATE incident SET respond_by = now() - interval '1 hour' WHERE id = $1`, [
      incidentId,
    ]);
    await raise({ suggestedClass: 'P1' });
    const { respond_by: by, escalate_at: asked } = await row(incidentId);
    expect(by).toEqual(asked);
    expect(by.getTime()).toBeGreaterThan(Date.now());
  });
});

describe('measurements of one cause that overlap', () => {
  const ago = (minutes: number) => new Date(Date.now() - minutes * 60_000);
  const differs = (measuredAt: Date, own: Partial<Signal> = {}) =>
    raise({ kind: 'reconciliation', since: measuredAt, measuredAt, title: 'It differs.', ...own });
  const agrees = (measuredAt: Date) =>
    world.run((tx) =>
      world.signals.clear(tx, { cause, at: measuredAt, measuredAt, sentence: 'It agrees.', facts: {} }),
    );

  it('are judged by when they measured: an older one that ends later takes back nothing', async () => {
    const { incidentId } = await differs(ago(60));
    await differs(ago(4));
    await agrees(ago(8));
    expect(await row(incidentId)).toMatchObject({ cleared_at: null });
    await agrees(ago(2));
    expect(await row(incidentId)).toMatchObject({ cleared_at: expect.any(Date) });
  });

  it('are so too where the cause had been over, and where its incident was opened again', async () => {
    const { incidentId } = await differs(ago(60));
    await agrees(ago(50));
    await differs(ago(4));
    await agrees(ago(8));
    expect(await row(incidentId)).toMatchObject({ cleared_at: null, returned_at: expect.any(Date) });
    await end(incidentId, '1 hour');
    await differs(ago(3));
    await agrees(ago(1));
    // It came back after that was measured.
    expect(await row(incidentId)).toMatchObject({ cleared_at: null, reopened: 1, status: 'detected' });
    await agrees(new Date(Date.now() + 1));
    expect(await row(incidentId)).toMatchObject({ cleared_at: expect.any(Date) });
  });

  it('bring no cause back that a newer one has found over, whether its incident is open or ended', async () => {
    const { incidentId } = await differs(ago(60));
    await agrees(ago(20));
    await agrees(ago(4));
    const before = await row(incidentId);
    // The first to agree is older than it, and the last is not.
    expect(await differs(ago(8), { suggestedClass: 'P1' })).toEqual({ incidentId, isNew: false });
    expect(await row(incidentId)).toEqual(before);
    expect(await kinds(incidentId)).toEqual(['raised', 'notice', 'cleared']);
    await end(incidentId, '1 minute');
    await differs(ago(8));
    expect(await row(incidentId)).toMatchObject({ status: 'recovered', reopened: 0 });
    await differs(ago(1));
    expect(await row(incidentId)).toMatchObject({ status: 'detected', reopened: 1 });
  });
});

describe('a worker whose clock goes ahead', () => {
  const soon = () => new Date(Date.now() + 5 * 60_000);
  const pause = () => new Promise((resolve) => setTimeout(resolve, 5));
  const differs = (measuredAt: Date) => raise({ kind: 'reconciliation', measuredAt, title: 'It differs.' });
  const agrees = (at: Date) =>
    world.run((tx) =>
      world.signals.clear(tx, { cause, at, measuredAt: at, sentence: 'It agrees.', facts: {} }),
    );

  it('has found nothing later than now, so that what is found next is heard', async () => {
    const { incidentId } = await differs(soon());
    await pause();
    await agrees(new Date());
    expect(await row(incidentId)).toMatchObject({ cleared_at: expect.any(Date) });
    await pause();
    await agrees(soon());
    const { cleared_at: clearedAt, measured_at: measuredAt } = await row(incidentId);
    for (const each of [clearedAt, measuredAt]) expect(each.getTime()).toBeLessThanOrEqual(Date.now());
    await pause();
    await differs(new Date());
    expect(await row(incidentId)).toMatchObject({ cleared_at: null, returned_at: expect.any(Date) });
    await pause();
    await agrees(soon());
    const over = await row(incidentId);
    expect(over.cleared_at.getTime()).toBeLessThanOrEqual(Date.now());
  });

  it('says of nothing that it will be over', async () => {
    const over = { at: soon(), sentence: 'It has caught up.', facts: {} };
    const { incidentId } = await raise({ over });
    expect((await row(incidentId)).cleared_at.getTime()).toBeLessThanOrEqual(Date.now());
  });
});

describe('one cause', () => {
  it('has one open incident where twenty tell of it at once', async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => raise()));
    expect(new Set(answers.map((each) => each.incidentId)).size).toBe(1);
    expect(answers.filter((each) => each.isNew)).toHaveLength(1);
    const [id = ''] = answers.map((each) => each.incidentId);
    expect(await row(id)).toMatchObject({ told: 20, class: 'P2', status: 'detected' });
    // No storm either: one line, one entry of the audit, one notice.
    expect(await kinds(id)).toEqual(['raised', 'notice']);
    expect(await audited(id)).toEqual(['incident.opened']);
  });

  it('is kept to one by the database itself', async () => {
    const { incidentId } = await raise();
    await expect(
      owner.query(
        `INSERT INTO incident (id, cause, kind, class, title, facts, began_at, opened_by, clock_from, respond_by, last_told_at)
         SELECT gen_random_uuid(), cause, kind, class, title, facts, began_at, opened_by, clock_from, respond_by, last_told_at
         FROM incident WHERE id = $1`,
        [incidentId],
      ),
    ).rejects.toThrow(/incident_open_once/);
  });

  it('keeps the figures that were told last, and runs its clock from when it was opened', async () => {
    const { incidentId } = await raise();
    await raise({ facts: { 'time lag': '14 min' } });
    const { facts, opened_at, respond_by, escalate_at } = await row(incidentId);
    expect(facts).toEqual({ 'time lag': '14 min' });
    expect(respond_by.getTime() - opened_at.getTime()).toBe(3_600_000);
    expect(escalate_at).toEqual(respond_by);
  });

  it('that gets worse has the more urgent class, and people hear of it', async () => {
    const { incidentId } = await raise();
    await raise({ suggestedClass: 'P1' });
    expect(await row(incidentId)).toMatchObject({ class: 'P1', class_said_by: null });
    expect(await kinds(incidentId)).toEqual(['raised', 'notice', 'worse', 'notice']);
  });

  it('that is over says so once, and stays open until a person ends it', async () => {
    const { incidentId } = await raise();
    await clear();
    await clear();
    expect(await row(incidentId)).toMatchObject({ status: 'detected', cleared_at: expect.any(Date) });
    expect(await kinds(incidentId)).toEqual(['raised', 'notice', 'cleared']);
    await raise();
    expect(await row(incidentId)).toMatchObject({ cleared_at: null });
    expect((await kinds(incidentId)).slice(-2)).toEqual(['returned', 'notice']);
  });

  it.each(['detected', 'acknowledged', 'mitigating'])(
    'tells people where its incident is %s',
    async (status) => {
      const { incidentId } = await raise();
      await owner.query(
        `UPDATE incident SET status = $2, asked = '{omar}', acknowledged_by = CASE WHEN $2 <> 'detected' THEN 'omar' END,
         acknowledged_at = CASE WHEN $2 <> 'detected' THEN now() END WHERE id = $1`,
        [incidentId, status],
      );
      await clear();
      await raise();
      expect((await kinds(incidentId)).slice(-2)).toEqual(['returned', 'notice']);
      const { rows } = await owner.query(
        `SELECT kind, detail ->> 'why' AS why FROM notice WHERE subject_id = $1 ORDER BY created_at DESC LIMIT 1`,
        [incidentId],
      );
      expect(rows).toEqual([{ kind: 'incident-opened', why: 'its cause is back' }]);
      expect((await row(incidentId)).asked).toEqual(status === 'detected' ? [] : ['omar']);
    },
  );

  it('that nobody knows is over without a word', async () => {
    await clear();
    expect((await owner.query('SELECT FROM incident WHERE cause = $1', [cause])).rowCount).toBe(0);
  });

  it('that is back within the cool-down opens the same again, and after it another', async () => {
    const { incidentId } = await raise();
    await end(incidentId, '3 hours');
    expect(await raise()).toEqual({ incidentId, isNew: false });
    expect(await row(incidentId)).toMatchObject({
      status: 'detected',
      reopened: 1,
      recovered_at: null,
      acknowledged_at: null,
    });
    expect(await audited(incidentId)).toEqual(['incident.opened', 'incident.reopened']);
    await end(incidentId, '5 hours');
    const later = await raise();
    expect(later.isNew).toBe(true);
    expect(later.incidentId).not.toBe(incidentId);
  });

  it('opens nothing where the transaction of its measurement comes to nothing', async () => {
    await expect(
      world.run(async (tx) => {
        await world.signals.raise(tx, signal());
        throw new Error('the measurement could not be kept');
      }),
    ).rejects.toThrow(/could not be kept/);
    expect((await owner.query('SELECT FROM incident WHERE cause = $1', [cause])).rowCount).toBe(0);
  });
});

describe('several causes of one contract', () => {
  it('within half an hour are related, and stay apart', async () => {
    const first = await raise();
    const second = await raise({ cause: `${cause}:other` });
    const other = await raise({ contractId: `${contractId}-other`, cause: `${cause}:elsewhere` });
    expect(second.incidentId).not.toBe(first.incidentId);
    const related = async (id: string) =>
      (
        await owner.query(
          `SELECT detail ->> 'incident' AS other FROM incident_entry WHERE incident_id = $1 AND kind = 'related'`,
          [id],
        )
      ).rows.map((each) => each.other);
    expect(await related(first.incidentId)).toEqual([second.incidentId]);
    expect(await related(second.incidentId)).toEqual([first.incidentId]);
    expect(await related(other.incidentId)).toEqual([]);
  });
});

describe('what was recorded', () => {
  it('can be changed by nobody: not by the role that runs, and not by the owner', async () => {
    const { incidentId } = await raise();
    for (const sql of [
      `UPDATE incident_entry SET text = 'nothing happened' WHERE incident_id = '${incidentId}'`,
      `DELETE FROM incident_entry WHERE incident_id = '${incidentId}'`,
      `DELETE FROM incident WHERE id = '${incidentId}'`,
      `UPDATE incident SET opened_at = now() + interval '1 day' WHERE id = '${incidentId}'`,
      `UPDATE incident SET cause = 'another' WHERE id = '${incidentId}'`,
    ]) {
      await expect(world.runner.query(sql), sql).rejects.toThrow(/permission denied/);
      await expect(owner.query(sql), sql).rejects.toThrow(/never changed/);
    }
    for (const table of ['incident_entry', 'incident_star', 'incident_file', 'incident_evidence'])
      await expect(owner.query(`TRUNCATE ${table} CASCADE`)).rejects.toThrow(/never changed/);
  });

  it('says when by the database’s clock alone', async () => {
    const { incidentId } = await raise();
    await expect(
      world.runner.query(
        `INSERT INTO incident_entry (incident_id, kind, occurred_at, recorded_at, actor)
         VALUES ($1, 'note', now(), now() - interval '1 day', 'x')`,
        [incidentId],
      ),
    ).rejects.toThrow(/permission denied/);
  });

  it('of acts and records of the contract is told to what is open, in their own transaction', async () => {
    const { incidentId } = await raise();
    const replayId = await world.insertReplay(contractId);
    await world.audit('ada', 'replay.launched', `replay:${replayId}`);
    await world.audit('ada', 'replay.looked-at', `replay:${replayId}`);
    const evidenceId = await world.insertEvidence({ contractId, replayId, confidence: 'trusted' });
    await world.insertEvidence({ contractId: `${contractId}-other`, replayId: null, confidence: 'trusted' });
    const { rows } = await owner.query(
      `SELECT kind, actor, detail, replay_id, evidence_id FROM incident_entry
       WHERE incident_id = $1 AND kind IN ('replay', 'evidence') ORDER BY id`,
      [incidentId],
    );
    expect(rows).toEqual([
      {
        kind: 'replay',
        actor: 'ada',
        detail: { action: 'replay.launched' },
        replay_id: replayId,
        evidence_id: null,
      },
      expect.objectContaining({ kind: 'evidence', replay_id: replayId, evidence_id: evidenceId }),
    ]);
    const linked = await owner.query(
      'SELECT evidence_id, linked_by FROM incident_evidence WHERE incident_id = $1',
      [incidentId],
    );
    expect(linked.rows).toEqual([{ evidence_id: evidenceId, linked_by: 'reprise' }]);
  });
});
