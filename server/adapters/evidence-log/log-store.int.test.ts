import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { createEvidenceLogDesk } from '../../application/evidence/evidence-log.ts';
import { exportBundle } from '../../application/evidence/export-bundle.ts';
import { type RecordDeps, recordEvidence } from '../../application/evidence/record-evidence.ts';
import { signCheckpoint } from '../../application/evidence/sign-checkpoint.ts';
import { parseEnvelope, signerOf as whoSigned } from '../../domain/attestation/index.ts';
import { promotionPredicateType, statementText } from '../../domain/evidence/index.ts';
import {
  leafHash,
  type NoteKey,
  noteKey,
  proveConsistency,
  proveInclusion,
  rootOf,
  verifyConsistency,
  verifyInclusion,
} from '../../domain/log/index.ts';
import { eachKind } from '../../domain/test-kit/each-kind.ts';
import { decisionText } from '../../domain/test-kit/records.ts';
import { parseBundle } from '../../domain/verification/index.ts';
import { auditFrom } from '../postgres/audit.ts';
import { createPool } from '../postgres/pool.ts';
import { createMigratedDatabase, type ScratchDatabase, withoutRules } from '../postgres/scratch-database.ts';
import { createUnitOfWork } from '../postgres/unit-of-work.ts';
import { resultStore } from '../replay-store/index.ts';
import { evidenceLogStore } from './log-store.ts';
import { asyncSha256, signerOf, verifyEd25519 } from './node-keys.ts';

let database: ScratchDatabase;
let pool: pg.Pool;
/** The owner of the tables, whom only triggers hold off. */
let owner: pg.Pool;
/** Whoever administers the database, past every rule. */
let lawless: pg.Pool;
let witnessKey: NoteKey;
const signer = signerOf(generateKeyPairSync('ed25519').privateKey);
const deps: RecordDeps = {
  results: resultStore,
  sealing: {
    log: evidenceLogStore,
    signer,
    sha256: asyncSha256,
    verifyEd25519,
    originOfNew: 'log.example.test',
  },
};

beforeAll(async () => {
  database = await createMigratedDatabase(inject('databaseUrl'));
  pool = createPool(database.url, { name: 'test', max: 8, report: () => undefined });
  owner = new pg.Pool({ connectionString: database.ownerUrl, max: 1 });
  lawless = new pg.Pool({ connectionString: withoutRules(database), max: 1 });
  const { publicKey } = signer;
  witnessKey = await noteKey({ kind: 'cosignature', name: 'witness.example', publicKey }, asyncSha256);
});
afterAll(async () => {
  await Promise.all([pool.end(), owner.end(), lawless.end()]);
  await database.drop();
});

const run: ReturnType<typeof createUnitOfWork>['run'] = (work) => createUnitOfWork(pool).run(work);

async function record(
  change: Partial<RecordDeps['sealing']> = {},
  then?: () => Promise<void>,
  textOf = decisionText,
): Promise<string> {
  const id = randomUUID();
  await run(async (tx) => {
    await recordEvidence(
      { ...deps, sealing: { ...deps.sealing, ...change } },
      tx,
      { id, text: textOf(id) },
      [],
    );
    await then?.();
  });
  return id;
}

const size = () => run(async (tx) => (await evidenceLogStore.head(tx))?.size ?? 0);

describe('the evidence log', () => {
  it('has one entry for each record of a hundred at once, without a gap, and each can be proven', async () => {
    const before = await size();
    const ids = await Promise.all(Array.from({ length: 100 }, () => record()));
    expect(await size()).toBe(before + 100);
    await run(async (tx) => {
      const all = before + 100;
      const reader = evidenceLogStore.reader(tx);
      const root = await rootOf(all, reader, asyncSha256);
      const entries = await evidenceLogStore.entries(tx, 0, 1_000);
      expect(entries.map(({ index }) => index)).toEqual(Array.from({ length: all }, (_, at) => at));
      for (const id of ids) {
        const entry = await evidenceLogStore.entryOf(tx, id);
        if (entry === null) throw new Error('a record has no entry');
        const proof = await proveInclusion(entry.index, all, reader, asyncSha256);
        const leaf = await leafHash(entry.envelope, asyncSha256);
        const inclusion = { index: entry.index, size: all, leaf, proof, root };
        expect(await verifyInclusion(inclusion, asyncSha256)).toMatchObject({ ok: true });
      }
      const half = before + 50;
      const proof = await proveConsistency(half, all, reader, asyncSha256);
      const first = { size: half, root: await rootOf(half, reader, asyncSha256) };
      const consistency = { first, second: { size: all, root }, proof };
      expect(await verifyConsistency(consistency, asyncSha256)).toMatchObject({ ok: true });
    });
  });

  it('holds the envelope of the very bytes of its record, signed by a key that is kept', async () => {
    const id = await record();
    const entry = await run((tx) => evidenceLogStore.entryOf(tx, id));
    const envelope = parseEnvelope(entry?.envelope ?? new Uint8Array());
    if (!envelope.ok) throw new Error(envelope.sentence);
    const keys = (await run((tx) => evidenceLogStore.keys(tx))).map(({ publicKey }) => publicKey);
    expect(await whoSigned(envelope.value, keys, verifyEd25519)).not.toBeNull();
    const { rows } = await pool.query('SELECT statement FROM evidence_record WHERE id = $1', [id]);
    expect(Buffer.from(envelope.value.payload).equals(rows[0].statement)).toBe(true);
  });

  it('does not grow by what was rolled back, and the next record takes the place', async () => {
    const before = await size();
    await expect(record({}, () => Promise.reject(new Error('the act failed')))).rejects.toThrow(/act failed/);
    expect(await size()).toBe(before);
    const id = await record();
    expect((await run((tx) => evidenceLogStore.entryOf(tx, id)))?.index).toBe(before);
  });

  it('is not held up by a process that stands still with its end', async () => {
    const before = await size();
    const held = Promise.withResolvers<void>();
    const stopped = record({}, () => {
      held.resolve();
      return sleep(25_000);
    });
    stopped.catch(() => undefined);
    await held.promise;
    const from = performance.now();
    await record();
    expect(performance.now() - from).toBeLessThan(22_000);
    await expect(stopped).rejects.toThrow();
    expect(await size()).toBe(before + 1);
  });

  it('takes nothing unsigned: no record is made, and the error says what to set', async () => {
    const before = await size();
    await expect(record({ signer: null })).rejects.toMatchObject({
      code: 'setting-invalid',
      message: expect.stringMatching(/REPRISE_SIGNING_KEY is missing/),
    });
    expect(await size()).toBe(before);
  });

  it('is called by one name for ever, and keeps the key of before', async () => {
    const other = signerOf(generateKeyPairSync('ed25519').privateKey);
    await record({ originOfNew: 'another.example.test', signer: other });
    expect((await run((tx) => evidenceLogStore.head(tx)))?.origin).toBe('log.example.test');
    const keys = await run((tx) => evidenceLogStore.keys(tx));
    expect(keys.map(({ keyId }) => keyId)).toEqual(expect.arrayContaining([signer.keyId, other.keyId]));
    const { rows } = await pool.query(
      `SELECT actor, detail FROM audit_entry WHERE action = 'evidence-key.introduced' AND subject = $1`,
      [`evidence-key:${other.keyId}`],
    );
    expect(rows).toEqual([{ actor: 'reprise', detail: { before: signer.keyId } }]);
  });

  it.each([
    ['changes an entry', `UPDATE log_entry SET leaf_hash = leaf_hash`],
    ['takes one out', `DELETE FROM log_entry WHERE index = 0`],
    ['empties it', `TRUNCATE log_entry`],
    ['counts on without an entry', `UPDATE log_head SET size = size + 2`],
    ['changes a hash', `UPDATE log_hash SET hash = hash`],
    ['takes a hash out', `DELETE FROM log_hash`],
    ['makes it shorter', `UPDATE log_head SET size = size - 1`],
    ['calls it something else', `UPDATE log_head SET origin = 'elsewhere'`],
    ['takes its head away', `DELETE FROM log_head`],
    ['takes a key out', `DELETE FROM evidence_key`],
  ])('is refused by the database to whoever %s', async (_what, sql) => {
    await expect(owner.query(sql)).rejects.toThrow(/never changed/);
    await expect(pool.query(sql)).rejects.toThrow(/permission denied|never changed/);
  });

  it.each([
    ['counts it on without an entry', `UPDATE log_head SET size = size + 1`, /permission denied/],
    ['writes a hash of its own', `INSERT INTO log_hash VALUES (0, 999, sha256('x'))`, /permission denied/],
    [
      'claims a checkpoint of more than it holds',
      `INSERT INTO log_checkpoint (size, root, note) VALUES (1000000, sha256('x'), 'x')`,
      /what the log holds/,
    ],
    [
      'claims a checkpoint of something else',
      `INSERT INTO log_checkpoint (size, root, note) VALUES (3, sha256('x'), 'x')`,
      /what the log holds/,
    ],
  ])('is refused by the database to the role that runs, which %s', async (_what, sql, why) => {
    await expect(pool.query(sql)).rejects.toThrow(why);
  });

  it('does not grow by a trigger of its own function on another table', async () => {
    const client = await pool.connect();
    try {
      await client.query(
        'CREATE TEMP TABLE mine (index bigint, evidence_id uuid, envelope bytea, leaf_hash bytea)',
      );
      for (const name of ['reprise_log_grows', 'reprise_key_introduced'])
        await expect(
          client.query(
            `CREATE TRIGGER grows AFTER INSERT ON mine FOR EACH ROW EXECUTE FUNCTION public.${name}()`,
          ),
        ).rejects.toThrow(/permission denied for function/);
    } finally {
      client.release();
    }
    // The owner may make one, and the function asks where it runs.
    await owner.query(
      `CREATE TABLE theirs (index bigint, evidence_id uuid, envelope bytea, leaf_hash bytea);
       CREATE TRIGGER grows AFTER INSERT ON theirs FOR EACH ROW EXECUTE FUNCTION reprise_log_grows()`,
    );
    await expect(
      owner.query(`INSERT INTO theirs SELECT size, null, null, sha256('x') FROM log_head`),
    ).rejects.toThrow(/grows by its entries/);
    await owner.query('DROP TABLE theirs');
  });

  it('has no function that runs as the owner and can be called by anybody, or finds tables by the caller’s path', async () => {
    const { rows } = await owner.query<{ name: string }>(
      `SELECT p.proname AS name FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace AND p.prosecdef
       AND (has_function_privilege('public', p.oid, 'EXECUTE')
         OR NOT EXISTS (SELECT FROM unnest(p.proconfig) c WHERE c LIKE 'search_path=%'))`,
    );
    expect(rows).toEqual([]);
  });

  it('has its root computed by the database as by the definition', async () => {
    await run(async (tx) => {
      const all = (await evidenceLogStore.head(tx))?.size ?? 0;
      for (const first of [0, 1, 2, 3, 7, 64, 65, all]) {
        const [row] = await tx.query<{ root: Buffer }>('SELECT reprise_log_root($1) AS root', [first]);
        const root = await rootOf(first, evidenceLogStore.reader(tx), asyncSha256);
        expect(row?.root.equals(root), `the first ${first}`).toBe(true);
      }
    });
  });

  it('takes no entry that is not the next, or not the envelope of its record', async () => {
    const { rows } = await pool.query<{ id: string }>(
      `INSERT INTO evidence_record (id, kind, contract_id, statement, digest, status, requested_by)
       VALUES (gen_random_uuid(), 'replay', 'tally', 'x', encode(sha256('x'), 'hex'), 'finished', 'test') RETURNING id`,
    );
    const insert = (index: number, envelope: string) =>
      pool.query(
        `INSERT INTO log_entry (index, evidence_id, envelope, leaf_hash)
         VALUES ($1, $2, convert_to($3, 'UTF8'), sha256('\\x00'::bytea || convert_to($3, 'UTF8')))`,
        [index, rows[0]?.id, envelope],
      );
    const next = await size();
    await expect(insert(next + 1, '{"payload":"eA=="}')).rejects.toThrow(/at the end of the log/);
    await expect(insert(next - 1, '{"payload":"eA=="}')).rejects.toThrow(/duplicate key/);
    await expect(insert(next, '{"payload":"eQ=="}')).rejects.toThrow(/envelope of its record/);
  });

  it('shows everybody who looks within a minute the same checkpoint where there are several witnesses', async () => {
    const desk = (witnesses: number) =>
      createEvidenceLogDesk({
        ...deps,
        unitOfWork: createUnitOfWork(pool),
        witnesses: Array.from({ length: witnesses }, () => witnessKey),
        pause: async () => undefined,
        audit: auditFrom('test'),
        queries: { evidenceAttachment: async () => null },
      });
    const sizeShown = async (witnesses: number) =>
      Number((await desk(witnesses).checkpoint())?.split('\n')[1]);
    const move = (size: number, seconds: number) =>
      lawless.query(
        `UPDATE log_checkpoint SET signed_at = date_trunc('minute', clock_timestamp()) + make_interval(secs => $2)
         WHERE size = $1`,
        [size, seconds],
      );
    const signed = async (seconds: number) => {
      await record();
      const stored = await signCheckpoint({ ...deps, unitOfWork: createUnitOfWork(pool) }, []);
      if (stored === null) throw new Error('nothing was signed');
      await move(stored.size, seconds);
      return stored.size;
    };
    // All of it within one minute of the server's clock.
    const { rows } = await pool.query<{ second: number }>(
      'SELECT extract(second FROM clock_timestamp())::float AS second',
    );
    const second = rows[0]?.second ?? 0;
    if (second > 45) await sleep((60.1 - second) * 1000);
    await lawless.query(`UPDATE log_checkpoint SET signed_at = signed_at - interval '1 day'`);
    await signed(-2);
    const first = await signed(2);
    const later = await signed(31);
    expect([await sizeShown(2), await sizeShown(1)]).toEqual([first, later]);
    // The minute is over, and nothing was recorded since: what it ended with is to be witnessed too.
    await move(first, -58);
    await move(later, -29);
    expect([await sizeShown(2), await sizeShown(1)]).toEqual([later, later]);
    const next = await signed(3);
    expect([await sizeShown(2), await sizeShown(1)]).toEqual([next, next]);
  });

  it('exports a bundle that a verifier takes, without the longest of what makes it too long', async () => {
    const evidenceId = await record();
    await signCheckpoint({ ...deps, unitOfWork: createUnitOfWork(pool) }, []);
    const mebibytes = (count: number) => 'x'.repeat(count * 1024 * 1024);
    const bytes = await exportBundle(
      { ...deps, unitOfWork: createUnitOfWork(pool), witnesses: [], pause: async () => undefined },
      {
        evidenceId,
        fromSizes: [],
        attachments: [
          { name: 'rows', text: mebibytes(40) },
          { name: 'reason', text: mebibytes(10) },
        ],
      },
    );
    const bundle = parseBundle(bytes);
    expect(bundle.ok && bundle.value.attachments.map(({ name }) => name)).toEqual(['reason']);
  });

  it('is on record with what a bundle holds and what it was too long with, and a look at a record as a look', async () => {
    const { statement } = eachKind[promotionPredicateType](randomUUID());
    const evidenceId = await record({}, undefined, () => statementText(statement));
    await signCheckpoint({ ...deps, unitOfWork: createUnitOfWork(pool) }, []);
    const desk = createEvidenceLogDesk({
      ...deps,
      unitOfWork: createUnitOfWork(pool),
      witnesses: [],
      pause: async () => undefined,
      audit: auditFrom('test'),
      queries: {
        evidenceAttachment: async (_id, name) => ({
          name,
          text: 'x'.repeat(name === 'rows' ? 52 * 1024 * 1024 : 10),
          check: { outcome: 'passed', sentence: '' },
        }),
      },
    });
    const auditor = { id: randomUUID(), rights: ['evidence'] } as const;
    const held = async (verify: boolean) => {
      const bundle = parseBundle(await desk.bundle({ evidenceId, fromSizes: [], verify }, auditor));
      return bundle.ok && bundle.value.attachments.map(({ name }) => name);
    };
    expect([await held(false), await held(true)]).toEqual([['remarks'], ['remarks']]);
    const { rows } = await pool.query(
      'SELECT action, subject, detail FROM audit_entry WHERE actor = $1 ORDER BY id',
      [auditor.id],
    );
    const subject = `evidence:${evidenceId}`;
    expect(rows).toEqual([
      { action: 'evidence.exported', subject, detail: { attachments: ['remarks'], tooLong: ['rows'] } },
      // Rows are nothing that a page shows, so they are not read for it.
      { action: 'evidence.verified', subject, detail: { attachments: ['remarks'] } },
    ]);
  });
});
