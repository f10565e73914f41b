import { createHash, randomUUID } from 'node:crypto';
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { PageReads } from '../../../application/ports/page-reads.ts';
import { noCounts } from '../../../domain/replay/index.ts';
import { createPool } from '../pool.ts';
import { createMigratedDatabase, type ScratchDatabase, withoutRules } from '../scratch-database.ts';
import { createPageReads } from './index.ts';

let database: ScratchDatabase;
let pool: pg.Pool;
/** As the owner of the tables, without the rules: replays stand here that have ended, with what they found. */
let owner: pg.Pool;
let reads: PageReads;

const description = {
  id: 'stock',
  title: 'Stock',
  description: '',
  authors: ['ada'],
  historyKind: 'kafka',
  historyName: 'stock.events',
  compaction: 'none',
  derivedStates: ['selling', 'warehouse'],
  invariants: [],
  eventTypes: [{ type: 'Moved', versions: [1] }],
  approvals: { replay: 0, promotion: 1 },
  answers: {
    history: [],
    ordering: [],
    idempotency: [],
    projection: [],
    scope: [],
    invariants: [],
    evidence: [],
  },
};

beforeAll(async () => {
  database = await createMigratedDatabase(inject('databaseUrl'));
  owner = createPool(withoutRules(database), { name: 'test owner', max: 2, report: () => undefined });
  pool = createPool(database.url, { name: 'test', max: 6, report: () => undefined });
  reads = createPageReads(pool);
  for (const [version, title] of [
    [1, 'Stock before'],
    [2, 'Stock'],
  ])
    await owner.query(
      `INSERT INTO contract_version (contract_id, version, digest, bundle, description, authors)
       VALUES ('stock', $1::int, encode(sha256($1::int::text::bytea), 'hex'), $1::int::text::bytea, $2, '{ada}')`,
      [version, JSON.stringify({ ...description, title })],
    );
});
afterAll(async () => {
  await pool.end();
  await owner.end();
  await database.drop();
});

type NewReplay = {
  status?: string;
  coverage?: 'whole' | 'part';
  minutesAgo?: number;
  version?: number;
  confidence?: string | null;
};

async function addReplay(options: NewReplay = {}): Promise<string> {
  const { status = 'finished', coverage = 'whole', minutesAgo = 0, confidence = 'trusted' } = options;
  const { version = 2 } = options;
  const id = randomUUID();
  const plan = JSON.stringify({ eventEstimate: '30' });
  await owner.query(
    `INSERT INTO replay (id, contract_id, contract_version, plan, plan_hash, scope, status, requested_by, coverage,
       confidence, requested_at)
     VALUES ($1, 'stock', $7, $2, encode(sha256(convert_to($2, 'UTF8')), 'hex'), '{"kind":"all"}', $3, 'ada', $4, $5, now() - $6 * interval '1 minute')`,
    [id, plan, status, JSON.stringify({ kind: coverage }), confidence, minutesAgo, version],
  );
  return id;
}

async function addDiscrepancies(
  replayId: string,
  rows: readonly [
    derivedState: string,
    key: string,
    magnitude: number,
    cause: string | null,
    kind?: string,
  ][],
): Promise<void> {
  for (const [derivedState, key, magnitude, cause, kind = 'different'] of rows)
    await owner.query(
      `INSERT INTO discrepancy (replay_id, derived_state, key, partition, kind, fields, magnitude, cause, explanation)
       VALUES ($1, $2, $3, 0, $4, '[]', $5, $6, $7)`,
      [
        replayId,
        derivedState,
        key,
        kind,
        magnitude,
        cause,
        JSON.stringify({ outcome: cause ? 'one' : 'none' }),
      ],
    );
}

const keysOf = async (replayId: string, filter: object = {}, limit = 2) => {
  const keys: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await reads.keyRows(replayId, { differingOnly: true, ...filter }, { cursor, limit });
    keys.push(...page.rows.map((row) => row.key));
    cursor = page.next ?? undefined;
  } while (cursor !== undefined);
  return keys;
};

describe('keys that differ', () => {
  it('come once each, the largest discrepancy first, over pages', async () => {
    const id = await addReplay();
    await addDiscrepancies(id, [
      ['selling', 'a', 8, 'never-applied'],
      ['warehouse', 'a', 9, 'applied-twice'],
      ['selling', 'b', 9, null],
      ['warehouse', 'c', 1, null, 'extra'],
      ['selling', 'd', 1, null],
      ['warehouse', 'd', 1, null],
    ]);
    expect(await keysOf(id)).toEqual(['a', 'b', 'c', 'd']);
    expect(await keysOf(id, { derivedState: 'selling' })).toEqual(['b', 'a', 'd']);
    expect(await keysOf(id, { cause: 'applied-twice' })).toEqual(['a']);
    expect(await keysOf(id, { cause: 'unexplained' })).toEqual(['b', 'c', 'd']);
    expect(await keysOf(id, { kind: 'extra' })).toEqual(['c']);
    expect(await keysOf(id, { search: '%' })).toEqual([]);
    const { rows } = await reads.keyRows(id, { differingOnly: true }, { limit: 1 });
    expect(rows[0]).toMatchObject({ key: 'a', magnitude: 9, partition: null });
    expect(rows[0]?.discrepancies.map((each) => each.derivedState)).toEqual(['selling', 'warehouse']);
  });

  it('stand among all keys in byte order when those are asked for, with keys that only a live state has', async () => {
    const id = await addReplay();
    for (const key of ['B', 'a', 'é', 'z'])
      await owner.query(
        `INSERT INTO shadow_state (replay_id, partition, key, state, last_offset, events) VALUES ($1, 3, $2, '{"onHand":1}', 7, 2)`,
        [id, key],
      );
    await addDiscrepancies(id, [
      ['selling', 'c', 4, null, 'extra'],
      ['selling', 'z', 4, null],
    ]);
    await owner.query(
      `INSERT INTO replay_comparison (replay_id, derived_state, outcome, result, compared_at)
       VALUES ($1, 'selling', 'different', '{"derivedState":"selling","extra":1}', now())`,
      [id],
    );
    expect(await keysOf(id, { differingOnly: false })).toEqual(['B', 'a', 'c', 'z', 'é']);
    expect(await reads.keyRow(id, 'z')).toMatchObject({
      partition: 3,
      state: { onHand: 1 },
      lastOffset: '7',
      spread: false,
      magnitude: 4,
    });
    expect(await reads.keyRow(id, 'nobody')).toBeNull();
  });
});

describe('the replay that stands for history', () => {
  it('is the latest over the whole history, and a part only where there is no whole', async () => {
    await owner.query('DELETE FROM replay');
    expect(await reads.standing('stock', undefined)).toBeNull();
    const part = await addReplay({ coverage: 'part', minutesAgo: 1 });
    expect((await reads.standing('stock', undefined))?.replay.id).toBe(part);
    const whole = await addReplay({ minutesAgo: 5 });
    await addReplay({ status: 'failed', minutesAgo: 2 });
    await addReplay({ status: 'folding', confidence: null });
    expect((await reads.standing('stock', undefined))?.replay.id).toBe(whole);
    expect((await reads.standing('stock', part))?.replay.id).toBe(part);
    expect(await reads.standing('other', part)).toBeNull();
    const [contract] = await reads.contracts();
    expect(contract).toMatchObject({ version: 2, title: 'Stock', lastProof: { id: whole } });
    expect(contract?.lastReplay?.status).toBe('folding');
  });
});

describe('the proof of a contract', () => {
  const proofs = async () => {
    const [contract] = await reads.contracts();
    const standing = await reads.standing('stock', undefined);
    expect(standing?.replay.id).toBe(contract?.lastProof?.id);
    expect(standing?.ofLatestCode).toBe(contract?.lastProof?.ofLatestCode);
    return contract?.lastProof;
  };

  it('is of the latest version however lately an older one was replayed, which stands only where it is alone', async () => {
    await owner.query('DELETE FROM replay');
    const older = await addReplay({ version: 1, minutesAgo: 1 });
    expect(await proofs()).toMatchObject({ id: older, ofLatestCode: false });
    const latest = await addReplay({ minutesAgo: 9 });
    expect(await proofs()).toMatchObject({ id: latest, ofLatestCode: true });
    expect((await reads.contracts())[0]?.lastReplay?.id).toBe(older);
  });

  it('says what came of comparing each derived state with it', async () => {
    await owner.query('DELETE FROM replay');
    const id = await addReplay();
    expect((await proofs())?.compared).toEqual([]);
    for (const [state, outcome] of [
      ['warehouse', 'could-not-compare'],
      ['selling', 'equal'],
    ])
      await owner.query(
        `INSERT INTO replay_comparison (replay_id, derived_state, outcome, result, compared_at)
         VALUES ($1, $2, $3, '{}', now())`,
        [id, state, outcome],
      );
    expect((await proofs())?.compared).toEqual([
      { derivedState: 'selling', outcome: 'equal' },
      { derivedState: 'warehouse', outcome: 'could-not-compare' },
    ]);
  });

  it('is of any version with the code of the latest', async () => {
    const again = await addReplay({ version: 1 });
    await owner.query(
      `INSERT INTO contract_version (contract_id, version, digest, bundle, description, authors)
       SELECT contract_id, 3, digest, bundle, description, authors FROM contract_version
       WHERE contract_id = 'stock' AND version = 1`,
    );
    try {
      expect(await proofs()).toMatchObject({ id: again, ofLatestCode: true });
    } finally {
      await owner.query(`DELETE FROM contract_version WHERE contract_id = 'stock' AND version = 3`);
    }
  });
});

describe('a list of replays', () => {
  it('is paged by time without losing or doubling one, also where several have the same time', async () => {
    await owner.query('DELETE FROM replay');
    const ids = [await addReplay({ minutesAgo: 3 }), await addReplay({ minutesAgo: 2 })];
    await owner.query('UPDATE replay SET updated_at = now()');
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await reads.replays({ status: 'ended' }, { cursor, limit: 1 });
      seen.push(...page.rows.map((row) => row.id));
      cursor = page.next ?? undefined;
    } while (cursor !== undefined);
    expect(seen).toEqual(ids.reverse());
  });

  it('are counted while they have not ended, by status and by what the filter lets through', async () => {
    await owner.query('DELETE FROM replay');
    for (const status of ['folding', 'folding', 'paused', 'failed'])
      await addReplay({ status, minutesAgo: 3 });
    await addReplay({ status: 'queued' });
    const open = reads.openReplays;
    expect(await open({ contractId: 'stock' })).toEqual([
      { status: 'folding', count: 2 },
      { status: 'paused', count: 1 },
      { status: 'queued', count: 1 },
    ]);
    const minuteAgo = new Date(Date.now() - 60_000).toISOString();
    expect(await open({ asOf: minuteAgo, requestedBy: 'ada' })).toHaveLength(2);
    expect(await open({ status: 'ended' })).toEqual([]);
    expect(await open({ contractId: 'accounts' })).toEqual([]);
    await owner.query('DELETE FROM replay');
  });

  it('refuses a page address that it never gave out', async () => {
    for (const cursor of ['x', Buffer.from('["1","2"]').toString('base64url')])
      await expect(reads.replays({}, { cursor, limit: 1 })).rejects.toMatchObject({ code: 'input-invalid' });
  });
});

describe('a replay that runs', () => {
  it('shows the counts of its partitions as they grow, and what is left', async () => {
    const id = await addReplay({ status: 'folding', confidence: null });
    for (const [partition, applied, cursor, thread] of [
      [0, 10, 12, 'w1'],
      [1, 5, 5, 'w2'],
    ])
      await owner.query(
        `INSERT INTO replay_partition (replay_id, partition, "from", "to", cursor, status, counters, lease_owner,
           lease_until, events_per_second) VALUES ($1, $2, 0, 15, $4, 'folding', $3, $5, now() + interval '10 s', 2)`,
        [id, partition, JSON.stringify({ ...noCounts, applied, duplicates: 1 }), cursor, thread],
      );
    const replay = await reads.replay(id);
    expect(replay).toMatchObject({
      eventsProcessed: 17,
      duplicates: 2,
      eventEstimate: 30,
      eventsPerSecond: 4,
      secondsLeft: 13 / 4,
      explained: null,
    });
    expect(replay?.partitions.map((each) => each.secondsLeft)).toEqual([1.5, 5]);
    expect(replay?.actions.find((each) => each.action === 'pause')).toEqual({
      action: 'pause',
      allowed: true,
      why: null,
    });
    expect(await reads.replay(randomUUID())).toBeNull();
  });

  it('says which fault it waits out, and no longer once it has ended', async () => {
    const id = await addReplay({ status: 'folding', confidence: null });
    await owner.query(
      `UPDATE replay SET problem = 'the broker is away', retries = 3, retry_at = now() WHERE id = $1`,
      [id],
    );
    expect((await reads.replay(id))?.problem).toMatchObject({ sentence: 'the broker is away', retries: 3 });
    await owner.query(`UPDATE replay SET status = 'failed' WHERE id = $1`, [id]);
    expect((await reads.replay(id))?.problem).toBeNull();
  });

  it('says that a lease has run out, and gives no rate for it', async () => {
    const id = await addReplay({ status: 'folding', confidence: null });
    await owner.query(
      `INSERT INTO replay_partition (replay_id, partition, "from", "to", cursor, status, counters, lease_owner,
         lease_until, events_per_second) VALUES ($1, 0, 0, 15, 1, 'folding', '{}', 'w1', now() - interval '1 s', 2)`,
      [id],
    );
    const [partition] = (await reads.replay(id))?.partitions ?? [];
    expect(partition).toMatchObject({ leaseExpired: true, eventsPerSecond: null, secondsLeft: null });
    expect(await reads.replay(id)).toMatchObject({ eventsPerSecond: null, secondsLeft: null });
  });

  it('says how many workers there are, whose leases or none', async () => {
    const id = await addReplay({ status: 'queued', confidence: null });
    expect((await reads.replay(id))?.workersAlive).toBe(0);
    await owner.query(
      `INSERT INTO worker (id, host, pid, threads, version, seen_at)
       VALUES ('w1', 'here', 1, 2, '1', now()), ('w2', 'here', 2, 2, '1', now() - interval '1 min')`,
    );
    expect((await reads.replay(id))?.workersAlive).toBe(1);
    await owner.query('DELETE FROM worker');
  });
});

describe('findings', () => {
  it('are paged in the order of kind, partition and offset', async () => {
    const id = await addReplay();
    for (const [kind, partition, offset] of [
      ['undecodable', 1, 5],
      ['duplicate', 1, 9],
      ['duplicate', 0, 30],
      ['duplicate', 0, 4],
    ])
      await owner.query(
        `INSERT INTO replay_finding (replay_id, kind, partition, "offset", detail) VALUES ($1, $2, $3, $4, 'x')`,
        [id, kind, partition, offset],
      );
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await reads.findings(id, undefined, { cursor, limit: 1 });
      seen.push(...page.rows.map((row) => `${row.kind} p${row.partition}:${row.offset}`));
      cursor = page.next ?? undefined;
    } while (cursor !== undefined);
    expect(seen).toEqual(['duplicate p0:4', 'duplicate p0:30', 'duplicate p1:9', 'undecodable p1:5']);
    expect((await reads.findings(id, 'undecodable', { limit: 9 })).rows).toHaveLength(1);
  });
});

describe('evidence', () => {
  it('is paged newest first, filtered, and served as the bytes that were hashed', async () => {
    const texts = ['{"b":1, "a":2}', '{"second":true}', '{"third":true}'];
    for (const [at, text] of texts.entries())
      await pool.query(
        `INSERT INTO evidence_record (id, kind, contract_id, statement, digest, status, confidence, requested_by,
           recorded_at, events_processed) VALUES ($1, 'replay', 'stock', $2, $3, 'finished', $4, $5, $6, 1842)`,
        [
          randomUUID(),
          Buffer.from(text),
          createHash('sha256').update(text).digest('hex'),
          at === 0 ? 'suspect' : 'trusted',
          at === 0 ? 'grace' : 'ada',
          new Date(Date.UTC(2026, 0, 1, 0, 0, at > 0 ? 5 : 0)),
        ],
      );
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await reads.evidence({}, { cursor, limit: 1 });
      seen.push(...page.rows.map((row) => row.id));
      cursor = page.next ?? undefined;
    } while (cursor !== undefined);
    expect(new Set(seen).size).toBe(3);
    const oldest = await reads.evidenceRecord(seen.at(-1) ?? '');
    expect(oldest).toMatchObject({ statementText: texts[0], statement: { a: 2 }, eventsProcessed: 1842 });
    await owner.query(
      'INSERT INTO evidence_attachment (evidence_id, name, digest, content) VALUES ($1, $2, $3, $4)',
      [oldest?.id, 'ranges', createHash('sha256').update('[1,2]').digest('hex'), Buffer.from('[1,2]')],
    );
    expect(await reads.evidenceAttachment(oldest?.id ?? '', 'ranges')).toBe('[1,2]');
    expect(await reads.evidenceAttachment(oldest?.id ?? '', 'comparisons')).toBeNull();
    expect((await reads.evidence({ confidence: 'suspect' }, { limit: 9 })).rows).toHaveLength(1);
    const before = { until: '2026-01-01T00:00:05Z' };
    expect((await reads.evidence(before, { limit: 9 })).rows).toHaveLength(1);
    expect((await reads.evidence({ since: before.until }, { limit: 9 })).rows).toHaveLength(2);
    expect(await reads.evidenceFacets()).toEqual({
      contracts: ['stock'],
      requesters: ['ada', 'grace'],
      approvers: [],
      erasedReplays: 0,
    });
  });
});

describe('a contract', () => {
  it('shows its versions with what changed between them, and its last readiness', async () => {
    await owner.query(
      `INSERT INTO readiness (contract_id, version, checks, checked_at)
       VALUES ('stock', 2, '[{"name":"n","outcome":"failed","found":"f","consequence":null,"remedy":null}]', now())`,
    );
    const contract = await reads.contract('stock');
    expect(contract?.versions.map(({ version, changes }) => [version, changes.length])).toEqual([
      [2, 1],
      [1, 0],
    ]);
    expect(contract?.readiness).toMatchObject({ passed: 0, failed: 1 });
    expect(contract?.readinessChecks).toHaveLength(1);
    expect(await reads.contract('nothing')).toBeNull();
  });
});

describe('the log of a replay', () => {
  it('says who did what, and leaves what people wrote and were refused to the audit', async () => {
    const id = await addReplay({ status: 'queued' });
    const note = (action: string, outcome: string, detail: object) =>
      owner.query(
        `INSERT INTO audit_entry (actor, action, subject, outcome, detail, origin) VALUES ('ada', $1, $2, $3, $4, 'test')`,
        [action, `replay:${id}`, outcome, JSON.stringify(detail)],
      );
    await note('replay.approved', 'done', {
      decision: 'd-1',
      planHash: 'abc',
      reason: 'because of a customer',
      given: 1,
      needed: 2,
    });
    await note('replay.launched', 'refused', { code: 'scope-invalid', sentence: 'of key JAR-2412' });
    const replay = await reads.replay(id);
    expect(replay?.log.map(({ action, detail }) => [action, detail])).toEqual([
      ['replay.approved', 'given: 1; needed: 2'],
      ['replay.launched (refused)', 'code: scope-invalid'],
    ]);
  });
});

describe('replays that have not ended', () => {
  it('are counted whole where they are many, and what is paused or waits out a fault comes first', async () => {
    const { total: before } = await reads.runningReplays();
    const paused = await addReplay({ status: 'paused', minutesAgo: 600 });
    const faulty = await addReplay({ status: 'folding', minutesAgo: 500 });
    await owner.query(`UPDATE replay SET problem = 'the broker is away' WHERE id = $1`, [faulty]);
    for (let at = 0; at < 60; at += 1) await addReplay({ status: 'queued', minutesAgo: at });
    const { rows, total, halted } = await reads.runningReplays();
    expect(rows).toHaveLength(50);
    expect(rows.slice(0, 2).map(({ id }) => id)).toEqual([faulty, paused]);
    expect({ total, halted }).toEqual({ total: before + 62, halted: 2 });
  });
});
