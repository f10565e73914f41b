import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { projectShelf, shelfTables } from '../../demo/testing/projector.ts';
import {
  approve,
  askFor,
  promotionEnded,
  promotionOf,
  promotionTables,
  signIn,
} from '../../demo/testing/promotions.ts';
import { eventually, openReplayWorld, type ReplayWorld } from '../../demo/testing/replay-world.ts';
import { OF_A_STATE } from '../application/dashboard/masking.ts';
import { composeDashboard } from '../composition/dashboard.ts';
import type { Role } from '../domain/access/index.ts';
import { parseBundle } from '../domain/verification/index.ts';
import { readSettings } from '../env.ts';
import { callerOver } from './test-kit.ts';

/** What history says of K0, what the shelf holds, by how much that is off, and what neither K1 nor K2 should tell. */
const secrets = ['7919331', '5347009', '2572322', '8675309', '31337117'];

/** Without a broker these can't run; the set-up has said so, and CI requires one. */
describe.runIf(inject('kafkaBrokers') !== '')('a figure that its contract hides', () => {
  let world: ReplayWorld;
  let dashboard: ReturnType<typeof composeDashboard>;
  let replayId: string;
  let brokenId: string;
  let promotionId: string;
  let refusedId: string;
  let waitingId: string;
  let evidenceId: string;
  let brokenEvidenceId: string;

  /** Once K0 is promoted a database's own words quote what it holds: until then there is nothing to convert. */
  const quoting = (source: string) =>
    source.replace(
      '  invariants: {\n',
      `  invariants: {
    figures_convert: {
      over: 'sql',
      connection: 'shop',
      query: "SELECT item FROM shelf WHERE CASE WHEN total % 1000 = 331 THEN ('x' || total)::int > 0 ELSE false END",
    },\n`,
    );

  beforeAll(async () => {
    world = await openReplayWorld({
      databaseUrl: inject('databaseUrl'),
      kafkaBrokers: inject('kafkaBrokers'),
    });
    dashboard = composeDashboard(readSettings(world.env, process.cwd()), 'test');
    await world.pool.query(`${shelfTables};${promotionTables};
      ALTER TABLE shelf ADD CONSTRAINT small CHECK (item <> 'K1' OR total < 1000)`);
    const olga = await signIn(world.pool, 'olga', ['operator']);
    const ada = await signIn(world.pool, 'ada', ['approver']);
    const topic = await world.topic(1);
    const given = [
      { id: 'e0', key: 'K0', value: { amount: 7919331 } },
      { id: 'e1', key: 'K1', value: { amount: 8675309 } },
      { id: 'e2', key: 'K2', value: { amount: 31337117 } },
    ];
    await world.produce(topic, given);
    await world.pool.query('ALTER TABLE shelf DISABLE TRIGGER ALL');
    await projectShelf(
      world.pool,
      given.map((each) => (each.key === 'K1' ? { ...each, value: { amount: 1 } } : each)),
      await world.admin.fetchTopicOffsets(topic),
    );
    await world.pool.query(
      `UPDATE shelf SET total = 5347009 WHERE item = 'K0'; DELETE FROM shelf WHERE item = 'K2'`,
    );
    await world.contract('tally', topic, quoting);
    world.startWorker();
    ({ replayId } = await world.launch('tally'));
    expect(await world.ended(replayId)).toMatchObject({ status: 'finished', confidence: 'trusted' });
    const carriedOut = async (keys: readonly string[]) => {
      const asked = await askFor(world, replayId, olga, keys);
      await approve(world, asked.promotionId, ada);
      return promotionEnded(world.pool, asked.promotionId);
    };
    const written = await carriedOut(['K0']);
    expect(written.status).toBe('promoted');
    expect(JSON.stringify(written.outcome)).toContain('x7919331');
    promotionId = written.id;
    evidenceId = written.evidence_id ?? '';
    const refused = await carriedOut(['K1', 'K2']);
    expect(refused).toMatchObject({
      status: 'refused',
      failure: expect.stringContaining('constraint small'),
    });
    refusedId = refused.id;
    waitingId = (await askFor(world, replayId, olga, ['K2'])).promotionId;
    // A projection whose own words quote what it was given.
    await world.contract('tally', topic, (source) =>
      quoting(source).replace(
        "case 'ItemsAdded':\n",
        "case 'ItemsAdded':\n          if (e.data.amount > 9_000_000) throw new Error('it is ' + e.data.amount);\n",
      ),
    );
    ({ replayId: brokenId } = await world.launch('tally'));
    const broken = await world.ended(brokenId);
    expect(broken).toMatchObject({ status: 'finished', confidence: 'untrusted' });
    brokenEvidenceId = broken.evidence_id ?? '';
    const api = await callerAs('operator');
    for (const [id, keys] of keysOf())
      for (const key of keys) {
        await api.states.requestTrace({ replayId: id, key });
        await eventually(`the trace of ${key}`, 30_000, async () => {
          const { trace } = await api.states.key({ contractId: 'tally', replayId: id, key });
          return { done: trace.status === 'ready', value: trace, seen: trace };
        });
      }
  });
  afterAll(async () => {
    await dashboard?.close();
    await world?.close();
  });

  /** The second replay has quarantined the only event of K2. */
  const keysOf = () => [[replayId, ['K0', 'K1', 'K2']] as const, [brokenId, ['K0', 'K1']] as const];

  type Caller = ReturnType<typeof callerOver>;

  async function callerAs(
    role: Role,
    scopes: readonly ('read' | 'evidence')[] | null = null,
  ): Promise<Caller> {
    const who = await signIn(world.pool, `${role}-${randomUUID().slice(0, 8)}`, [role]);
    return callerOver(dashboard, {
      id: who.personId,
      roles: [role],
      sessionId: scopes === null ? who.sessionId : null,
      scopes,
    });
  }

  /** Every page of every list, with what its cursors hold. */
  async function allPages(
    page: (cursor: string | undefined) => Promise<{ readonly next: string | null }>,
  ): Promise<unknown[]> {
    const found: unknown[] = [];
    let cursor: string | undefined;
    do {
      const answer = await page(cursor);
      found.push(answer);
      cursor = answer.next ?? undefined;
      if (cursor !== undefined) found.push(Buffer.from(cursor, 'base64url').toString());
    } while (cursor !== undefined);
    return found;
  }

  async function everythingSaid(api: Caller): Promise<string> {
    const told: unknown[] = [];
    for (const [id, keys] of keysOf()) {
      told.push(await api.replays.get({ replayId: id }), await api.replays.findings({ replayId: id }));
      told.push(await api.states.get({ contractId: 'tally', replayId: id }));
      told.push(
        await allPages((cursor) =>
          api.states.rows({ contractId: 'tally', replayId: id, differingOnly: true, limit: 1, cursor }),
        ),
      );
      for (const key of keys) {
        const view = await api.states.key({ contractId: 'tally', replayId: id, key });
        expect(view.trace.steps.length).toBeGreaterThan(0);
        told.push(view);
      }
    }
    told.push(await api.replays.compare({ before: replayId, after: brokenId }));
    told.push(await api.promotions.list({}), await api.promotions.ofReplay({ replayId }));
    for (const id of [promotionId, refusedId]) {
      told.push(await api.promotions.get({ promotionId: id }));
      told.push(await api.promotions.changes({ promotionId: id }));
    }
    told.push(
      await allPages((cursor) => api.promotions.changes({ promotionId: refusedId, limit: 1, cursor })),
    );
    told.push(await api.overview.get(), await api.evidence.list({}), await api.evidence.get({ evidenceId }));
    return JSON.stringify(told, (_, value) => (typeof value === 'bigint' ? value.toString() : value));
  }

  /** What no code of Reprise does: of a replay that has ended nothing is changed. */
  async function rulelessly(statement: string, values: readonly unknown[]): Promise<void> {
    const client = await world.pool.connect();
    try {
      await client.query(`SET session_replication_role = 'replica'`);
      await client.query(statement, [...values]);
    } finally {
      client.release(true);
    }
  }

  const secretsIn = (text: string) => secrets.filter((each) => text.includes(each));

  it('stands in no answer to who has not revealed it, neither itself nor by how much it is off', async () => {
    const said = await everythingSaid(await callerAs('viewer'));
    expect(said).toContain('K0');
    // There were pages behind others, and so cursors.
    expect(said).toContain('[\\"K1\\"');
    expect(secretsIn(said)).toEqual([]);
  });

  it('is in these same answers for who has revealed it', async () => {
    const api = await callerAs('operator');
    await api.states.reveal({ contractId: 'tally', reason: 'a customer asks' });
    expect(secretsIn(await everythingSaid(api))).toEqual(secrets);
  });

  it('is in no evidence that is read without revealing it, by a person or a token', async () => {
    for (const api of [await callerAs('auditor'), await callerAs('auditor', ['read', 'evidence'])]) {
      for (const id of [evidenceId, brokenEvidenceId]) {
        const record = await api.evidence.record({ evidenceId: id });
        expect(record.remarks?.invariants.figures_convert).toMatch(/: hidden, since these words may quote/);
        expect(secretsIn(JSON.stringify(record))).toEqual([]);
        await expect(api.evidence.attachment({ evidenceId: id, name: 'remarks' })).rejects.toThrow(
          /may quote values that their contract hides/,
        );
      }
      await expect(api.evidence.attachment({ evidenceId, name: 'rows' })).rejects.toThrow(
        /hold values that their contract hides/,
      );
    }
    const bundle = await dashboard.evidenceLog.bundle(
      { evidenceId, fromSizes: [] },
      { id: 'grace', rights: ['read', 'evidence'] },
    );
    expect(parseBundle(bundle)).toMatchObject({ value: { attachments: [] } });
    const auditor = await callerAs('auditor');
    await auditor.states.reveal({ contractId: 'tally', reason: 'a dispute' });
    const rows = await auditor.evidence.attachment({ evidenceId, name: 'rows' });
    expect(secretsIn(rows.text)).toEqual(['7919331', '5347009', '2572322']);
    expect(rows.check.outcome).toBe('passed');
    const remarks = await auditor.evidence.attachment({ evidenceId: brokenEvidenceId, name: 'remarks' });
    expect(remarks.text).toContain('x7919331');
    expect(remarks.check.outcome).toBe('passed');
  });

  it('is searched out of no evidence, neither by a person nor by a token', async () => {
    for (const api of [await callerAs('auditor'), await callerAs('auditor', ['read', 'evidence'])]) {
      for (const secret of secrets) {
        // Longer than what a digest begins with by chance.
        for (const search of [secret.slice(0, 6), secret, `x${secret.slice(0, 4)}`, `x${secret}`])
          expect([search, (await api.evidence.list({ search })).rows]).toEqual([search, []]);
      }
      expect((await api.evidence.list({ search: 'figures_convert' })).rows.length).toBeGreaterThan(0);
    }
  });

  it('is neither in the audit nor in a cursor that was made up', async () => {
    const { rows } = await world.pool.query<{ text: string }>('SELECT e::text AS text FROM audit_entry AS e');
    expect(secretsIn(rows.map(({ text }) => text).join())).toEqual([]);
    const api = await callerAs('viewer');
    const cursor = Buffer.from(JSON.stringify([2_572_321, 'K0', 'shelf'])).toString('base64url');
    await expect(
      api.states.rows({ contractId: 'tally', replayId, differingOnly: true, limit: 1, cursor }),
    ).rejects.toThrow(/not one that was given out/);
    await expect(api.promotions.changes({ promotionId, cursor })).rejects.toThrow(
      /not one that was given out/,
    );
  });

  it('is promoted on the word of nobody who has not revealed it', async () => {
    const lin = await signIn(world.pool, 'lin', ['approver']);
    const { plan_hash } = await promotionOf(world.pool, waitingId);
    const decide = () =>
      world.commands.decidePromotion({
        promotionId: waitingId,
        planHash: plan_hash,
        verdict: 'approved',
        reason: 'it will be right',
        ...lin,
      });
    await expect(decide()).rejects.toThrow(/reveal them, read them, then approve/);
    await world.commands.revealValues({ contractId: 'tally', reason: 'to decide', actor: lin.personId });
    await expect(decide()).rejects.toThrow(/has been registered since/);
  });

  it('can be erased once its promotion has ended, and the record stays as it is and holds', async () => {
    const erase = `DELETE FROM promotion_change WHERE key = 'K0'`;
    await world.pool.query(erase);
    await expect(world.pool.query(erase.replace('K0', 'K2'))).rejects.toThrow(/kept until it has ended/);
    await world.commands.withdrawPromotion({ promotionId: waitingId, reason: 'erased', actor: 'olga' });
    await world.pool.query(erase.replace('K0', 'K2'));
    await world.pool.query(`DELETE FROM evidence_attachment WHERE evidence_id = $1 AND name = 'rows'`, [
      evidenceId,
    ]);
    const api = await callerAs('auditor');
    expect(await api.evidence.get({ evidenceId })).toMatchObject({ check: { outcome: 'passed' } });
    expect(await api.promotions.changes({ promotionId })).toMatchObject({ rows: [] });
    expect(await api.promotions.get({ promotionId })).toMatchObject({ keys: 1, written: 1 });
    await expect(api.evidence.attachment({ evidenceId, name: 'rows' })).rejects.toThrow(/it was erased/);
  });

  it('that an earlier version showed by mistake is hidden in what that version has found too', async () => {
    const topic = await world.topic(1);
    const shown = (source: string) =>
      source.replace('expected: (item) => item.total }', 'expected: (item) => item.total, shown: true }');
    await world.contract('tally', topic, shown);
    await world.produce(topic, [{ id: 'e9', key: 'K9', value: { amount: 8675309 } }]);
    const { replayId: early } = await world.launch('tally');
    await world.ended(early);
    const api = await callerAs('viewer');
    const read = async () =>
      JSON.stringify(await api.states.rows({ contractId: 'tally', replayId: early, differingOnly: false }));
    // A problem of a comparison that quotes what the contract's code choked on.
    await rulelessly(
      `INSERT INTO replay_comparison (replay_id, derived_state, outcome, result, compared_at)
       SELECT $1, derived_state, outcome, result || jsonb_build_object('problem', $2::text), compared_at
       FROM replay_comparison WHERE replay_id = $3
       ON CONFLICT (replay_id, derived_state) DO UPDATE SET outcome = excluded.outcome, result = excluded.result`,
      [early, `What derivedStates.shelf should hold ${OF_A_STATE}it is 31337117`, replayId],
    );
    const states = async () => JSON.stringify(await api.states.get({ contractId: 'tally', replayId: early }));
    expect(secretsIn(await states())).toEqual(['31337117']);
    expect(secretsIn(await read())).toEqual(['8675309']);
    await world.contract('tally', topic);
    expect(secretsIn(await read())).toEqual([]);
    expect(secretsIn(await states())).toEqual([]);
  });
});
