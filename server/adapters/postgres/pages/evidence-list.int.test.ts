import { createHash, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { PrismaClient } from '../../../../prisma/generated/client.ts';
import { remarksName } from '../../../domain/evidence/index.ts';
import { createMigratedDatabase, type ScratchDatabase } from '../scratch-database.ts';
import { evidenceReads } from './evidence.ts';
import { evidenceList } from './evidence-list.ts';

let database: ScratchDatabase;
let pool: pg.Pool;
/** What a test lays down beforehand, the role that runs may not. */
let owner: pg.Pool;
let list: ReturnType<typeof evidenceList>;

beforeAll(async () => {
  database = await createMigratedDatabase(inject('databaseUrl'));
  pool = new pg.Pool({ connectionString: database.url, max: 3 });
  owner = new pg.Pool({ connectionString: database.ownerUrl, max: 2 });
  list = evidenceList(pool);
});
afterAll(async () => {
  await pool.end();
  await owner.end();
  await database.drop();
});

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

type Given = {
  readonly kind?: string;
  readonly contractId?: string;
  readonly confidence?: string | null;
  readonly requestedBy?: string;
  readonly at?: string;
  readonly predicate?: object;
  readonly words?: object;
};

async function record(given: Given = {}) {
  const [id, replayId] = [randomUUID(), randomUUID()];
  const statement = JSON.stringify({
    subject: [{ name: 'plan', digest: { sha256: sha256(id) } }],
    predicate: { replay_id: replayId, ...given.predicate },
  });
  await owner.query(
    `INSERT INTO evidence_record (id, kind, contract_id, replay_id, statement, digest, status, confidence, requested_by,
       recorded_at) VALUES ($1, $2, $3, $4, convert_to($5, 'UTF8'), $6, 'finished', $7, $8, $9)`,
    [
      id,
      given.kind ?? 'replay',
      given.contractId ?? 'stock',
      replayId,
      statement,
      sha256(statement),
      given.confidence === undefined ? 'trusted' : given.confidence,
      given.requestedBy ?? 'olga-id',
      given.at ?? '2026-03-01T00:00:00Z',
    ],
  );
  if (given.words !== undefined) {
    const text = JSON.stringify({ format: 'reprise.remarks/v1', salt: 'saltysalt', ...given.words });
    await owner.query(
      `INSERT INTO evidence_attachment (evidence_id, name, digest, content) VALUES ($1, $2, $3, convert_to($4, 'UTF8'))`,
      [id, remarksName, sha256(text), text],
    );
  }
  return { id, replayId };
}

const found = async (filter: Parameters<typeof list>[0]) =>
  (await list(filter, { limit: 200 })).rows.map(({ id }) => id);

describe('a search of evidence', () => {
  it('finds a record by its id, its digests and codes by their beginnings, and by what it is', async () => {
    const plan = sha256('a plan of its own');
    const { id, replayId } = await record({
      contractId: 'carrier-pigeons',
      confidence: 'suspect',
      predicate: {
        plan_hash: plan,
        status: 'finished',
        failure: { code: 'history-truncated' },
        invariants: [{ name: 'no_bird_is_lost' }],
        digests: { shadow_state: null },
      },
    });
    for (const search of [
      id,
      id.slice(0, 8),
      replayId,
      plan.slice(0, 7),
      'pigeons',
      'Carrier-Pigeons',
      'history-trunc',
      'no_bird_is_lost',
      'suspect pigeons',
    ])
      expect([search, await found({ search })]).toEqual([search, [id]]);
    expect(await found({ search: 'pigeons trusted' })).toEqual([]);
  });

  it('finds what somebody requested or approved by their name, as it is now', async () => {
    await owner.query(
      `INSERT INTO person (id, name, email) VALUES ('grace-id', 'Grace Hopper', 'g@example.test'),
         ('void-id', 'Vera Void', 'v@example.test')`,
    );
    const asked = await record({ requestedBy: 'grace-id', at: '2026-03-03T00:00:00Z' });
    const approved = await record({
      at: '2026-03-02T00:00:00Z',
      predicate: {
        approvals: [
          { by: 'grace-id', verdict: 'approved', void: null },
          { by: 'void-id', verdict: 'approved', void: 'the right was lost' },
        ],
      },
    });
    expect(await found({ search: 'hop' })).toEqual([asked.id, approved.id]);
    expect(await found({ approvedBy: 'grace-id' })).toEqual([approved.id]);
    expect(await found({ requestedBy: 'grace-id' })).toEqual([asked.id]);
    // What did not count any more is nobody's approval.
    expect(await found({ approvedBy: 'void-id' })).toEqual([]);
    await owner.query(`UPDATE person SET name = 'Grace Murray' WHERE id = 'grace-id'`);
    expect(await found({ search: 'hopper' })).toEqual([]);
    expect(await found({ search: 'murray' })).toEqual([asked.id, approved.id]);
  });

  it('finds words only for whoever may read them, and only while they are kept', async () => {
    const { id } = await record({
      words: {
        reason: 'Grüße von Alice',
        failure: 'it failed at key zebra-77',
        comparisons: { shop: 'could not be computed from a replayed state: it is 7919331' },
        invariants: { none_lost: 'invalid input: "x5347009"' },
      },
    });
    // Of what may quote a value that the page hides, nothing is found, by whomever.
    for (const search of ['7919331', '791933', 'x5347', 'computed', 'invalid'])
      expect([search, await found({ search, searchWords: true })]).toEqual([search, []]);
    for (const search of ['alice', 'Grüße', 'zebra-77', 'finished alice']) {
      expect([search, await found({ search, searchWords: true })]).toEqual([search, [id]]);
      expect([search, await found({ search })]).toEqual([search, []]);
      expect([search, await found({ search, searchWords: false })]).toEqual([search, []]);
    }
    expect(await found({ search: 'saltysalt', searchWords: true })).toEqual([]);
    await owner.query(`DELETE FROM evidence_attachment WHERE evidence_id = $1`, [id]);
    expect(await found({ search: 'alice', searchWords: true })).toEqual([]);
    expect(await found({ search: id, searchWords: true })).toEqual([id]);
  });

  it('no longer finds what the index held of such words before they were left out', async () => {
    const { id } = await record({ words: { reason: 'why', invariants: { sum: 'it is 7919331' } } });
    await owner.query(
      `UPDATE evidence_index SET words = words || array_to_tsvector('{7919331}') WHERE id = $1`,
      [id],
    );
    expect(await found({ search: '7919331', searchWords: true })).toEqual([id]);
    await owner.query(
      readFileSync('prisma/migrations/20261128080000_words_that_quote_values/migration.sql', 'utf8'),
    );
    expect(await found({ search: '7919331', searchWords: true })).toEqual([]);
    expect(await found({ search: 'why', searchWords: true })).toEqual([id]);
  });

  it.each([[`'); DROP TABLE person; --`], [`a':* | 'b`], ['\\']])(
    'takes %s for words, and for nothing else',
    async (search) => {
      const outcome = await found({ search }).catch((error: Error) => error.message);
      expect(Array.isArray(outcome) ? outcome : [outcome]).toEqual(
        search === '\\' ? [expect.stringContaining('nothing to search for')] : [],
      );
    },
  );

  it('says what is wrong with one that holds no word, or too many', async () => {
    await expect(found({ search: '  !? ' })).rejects.toThrow('There is nothing to search for');
    await expect(found({ search: 'a b c d e f g h i j k' })).rejects.toThrow('at most 10 words');
  });
});

describe('evidence of a key', () => {
  it('is of the replays that found something there, and of the promotions that wrote its row', async () => {
    const differing = await record({ at: '2026-04-02T00:00:00Z' });
    const other = await record({ at: '2026-04-03T00:00:00Z' });
    const promotion = await record({ kind: 'promotion', confidence: null, at: '2026-04-04T00:00:00Z' });
    const refused = await record({ kind: 'promotion', confidence: null, at: '2026-04-05T00:00:00Z' });
    await owner.query(
      `INSERT INTO discrepancy (replay_id, derived_state, key, partition, kind, fields, magnitude)
       VALUES ($1, 'shop', 'JAR-1', 0, 'different', '[]', 1), ($1, 'shelf', 'JAR-1', 0, 'different', '[]', 1),
         ($2, 'shop', 'JAR-10', 0, 'different', '[]', 1)`,
      [differing.replayId, other.replayId],
    );
    const client = await owner.connect();
    try {
      // How a promotion comes to its end is another test's: here it has.
      await client.query(`SET session_replication_role = replica`);
      for (const [{ id, replayId }, outcome] of [
        [promotion, 'written'],
        [refused, 'changed'],
      ] as const) {
        const promotionId = randomUUID();
        const plan = JSON.stringify({
          contract: { id: 'stock', version: 1 },
          replay: { id: replayId },
          derivedState: 'shop',
          approvalsNeeded: 1,
        });
        await client.query(
          `INSERT INTO promotion (id, contract_id, contract_version, replay_id, derived_state, plan, plan_hash, status,
             requested_by, reason, evidence_id, ended_at, outcome)
           VALUES ($1, 'stock', 1, $2, 'shop', $3, $4, 'promoted', 'olga-id', 'x', $5, now(), '{}')`,
          [promotionId, replayId, plan, sha256(plan), id],
        );
        await client.query(
          `INSERT INTO promotion_change (promotion_id, key, change, magnitude, outcome) VALUES ($1, 'JAR-1', '{"key":"JAR-1"}', 1, $2)`,
          [promotionId, outcome],
        );
      }
    } finally {
      await client.query('RESET session_replication_role');
      client.release();
    }
    expect(await found({ key: 'JAR-1' })).toEqual([promotion.id, differing.id]);
    expect(await found({ key: 'JAR-10' })).toEqual([other.id]);
    expect(await found({ key: 'JAR' })).toEqual([]);
    expect(await found({ key: 'JAR-1', kind: 'replay' })).toEqual([differing.id]);
  });
});

describe('a record that was generated for measuring', () => {
  it('is said to be', async () => {
    const { id } = await record({
      predicate: { software: { reprise: 'bench', generated: 'for measuring' } },
    });
    const { rows } = await list({ search: id }, { limit: 1 });
    expect(rows[0]?.generated).toBe(true);
    const real = await record({ predicate: { software: { reprise: '0.1.0' } } });
    expect((await list({ search: real.id }, { limit: 1 })).rows[0]?.generated).toBe(false);
  });
});

describe('a record by itself', () => {
  const read = (id: string) => evidenceReads(pool, undefined as unknown as PrismaClient).evidenceRecord(id);

  it('is generated where its statement says so, and not where its index was made to say it', async () => {
    const { id } = await record({ predicate: { software: { reprise: '0.1.0' } } });
    await owner.query('UPDATE evidence_index SET generated = true WHERE id = $1', [id]);
    expect(await read(id)).toMatchObject({ id, generated: false });
    const made = await record({ predicate: { software: { generated: 'for measuring' } } });
    expect(await read(made.id)).toMatchObject({ generated: true });
  });

  it('has the words that it names, and no others', async () => {
    const words = { reason: 'why', failure: null, authors: [], comparisons: {}, invariants: {} };
    const text = JSON.stringify({ format: 'reprise.remarks/v1', salt: 'saltysalt', ...words });
    const predicate = { remarks: { sha256: sha256(text) } };
    expect(await read((await record({ predicate, words })).id)).toMatchObject({
      remarks: words,
      remarksReplaced: false,
    });
    const forged = await record({ predicate, words: { reason: 'forged' } });
    expect(await read(forged.id)).toMatchObject({ remarks: null, remarksReplaced: true });
    const gone = await record({ predicate });
    expect(await read(gone.id)).toMatchObject({ remarks: null, remarksReplaced: false });
  });
});

describe('the pages of evidence', () => {
  it('show every record once, the newest first, also where many were recorded in one millisecond', async () => {
    const ids = new Set<string>();
    for (let at = 0; at < 7; at++) ids.add((await record({ contractId: 'paged' })).id);
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await list({ contractId: 'paged' }, { cursor, limit: 2 });
      seen.push(...page.rows.map(({ id }) => id));
      cursor = page.next ?? undefined;
    } while (cursor !== undefined);
    expect(seen).toHaveLength(7);
    expect(new Set(seen)).toEqual(ids);
  });
});

describe('a search among many records', () => {
  // One in ten says `frequent`, the oldest 600 say `ancient`, and one in a thousand says `seldom`.
  const records = 3_200;
  const asks = { frequent: 320, ancient: 600, seldom: 3, nowhere: 0, 'frequent ancient': 60 };
  beforeAll(async () => {
    await owner.query(
      `INSERT INTO evidence_record (id, kind, contract_id, statement, digest, status, requested_by, recorded_at)
       SELECT gen_random_uuid(), 'replay', 'many-' || n % 2, statement, encode(sha256(statement), 'hex'), 'finished', 'olga-id',
         timestamptz '2027-01-01' - n / 3 * interval '1 second'
       FROM generate_series(1, $1::int) n, LATERAL (SELECT convert_to(jsonb_build_object('n', n, 'predicate', jsonb_build_object(
         'invariants', (SELECT jsonb_agg(jsonb_build_object('name', word)) FROM unnest(ARRAY[
           CASE WHEN n % 10 = 0 THEN 'frequent' END, CASE WHEN n > $1 - 600 THEN 'ancient' END,
           CASE WHEN n % 1000 = 500 THEN 'seldom' END]) word WHERE word IS NOT NULL)))::text, 'UTF8') AS statement) said`,
      [records],
    );
  });

  const pages = async (filter: Parameters<typeof list>[0]) => {
    const ids: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await list(filter, { cursor, limit: 50 });
      ids.push(...page.rows.map(({ id }) => id));
      cursor = page.next ?? undefined;
    } while (cursor !== undefined);
    return ids;
  };
  const inOrder = async (search: string, more = '') => {
    const all = search.split(' ').map((word) => `i.search @@ '${word}:*'`);
    const { rows } = await owner.query<{ id: string }>(
      `SELECT id FROM evidence_index i WHERE ${all.join(' AND ')} ${more} ORDER BY recorded_at DESC, id DESC`,
    );
    return rows.map(({ id }) => id);
  };

  it.each(Object.entries(asks))('finds each that says “%s” once, in order', async (search, count) => {
    const ids = await pages({ search });
    expect(ids).toEqual(await inOrder(search));
    expect(ids).toHaveLength(count);
    expect(await pages({ search, contractId: 'many-0' })).toEqual(
      await inOrder(search, `AND contract_id = 'many-0'`),
    );
  });

  it('ends where it is told to: at an instant, at a day', async () => {
    const asOf = '2026-12-31T23:50:00.000Z';
    expect(await pages({ search: 'frequent', asOf })).toEqual(
      await inOrder('frequent', `AND recorded_at <= '${asOf}'`),
    );
    expect(await pages({ search: 'frequent', since: asOf, searchWords: true })).toEqual(
      await inOrder('frequent', `AND recorded_at >= '${asOf}'`),
    );
  });

  it('reads no more than the newest where the word is frequent', async () => {
    const asked: string[] = [];
    const counting = {
      query(text: string, values: unknown[]) {
        asked.push(text);
        return pool.query(text, values);
      },
    };
    await evidenceList(counting as unknown as pg.Pool)({ search: 'frequent' }, { limit: 50 });
    expect(asked).toHaveLength(3);
    await evidenceList(counting as unknown as pg.Pool)({ search: 'ancient' }, { limit: 50 });
    expect(asked).toHaveLength(7);
  });
});
