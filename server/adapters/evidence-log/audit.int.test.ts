import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { type AuditDeps, auditLog } from '../../application/evidence/audit-log.ts';
import { type KeepDeps, keepCheckpoint } from '../../application/evidence/keep-checkpoint.ts';
import { beginLog, recordEvidence } from '../../application/evidence/record-evidence.ts';
import { retirePlace } from '../../application/evidence/retire-place.ts';
import type { Transaction } from '../../application/ports/unit-of-work.ts';
import { incidentSignals } from '../../composition/signals.ts';
import { approvalRecord, listedAs, statementText } from '../../domain/evidence/index.ts';
import { checkpointText, noteKey, signNote } from '../../domain/log/index.ts';
import { eachKind, kindOf } from '../../domain/test-kit/each-kind.ts';
import { approvalFactsOf, decisionText, digestOf } from '../../domain/test-kit/records.ts';
import { systemClock } from '../clock/system-clock.ts';
import { sha256 } from '../digests.ts';
import { auditFrom } from '../postgres/audit.ts';
import { createMigratedDatabase, type ScratchDatabase, withoutRules } from '../postgres/scratch-database.ts';
import { createUnitOfWork } from '../postgres/unit-of-work.ts';
import { resultStore } from '../replay-store/index.ts';
import { checkpointFolder } from './checkpoint-folder.ts';
import { evidenceLogStore } from './log-store.ts';
import { asyncSha256, signerOf, verifyEd25519 } from './node-keys.ts';
import { checkpointSinkStore } from './sink-store.ts';

let database: ScratchDatabase;
let pool: pg.Pool;
/** Whoever administers the database, past every rule. */
let lawless: pg.Pool;
let folder: string;
let deps: AuditDeps & KeepDeps;
const signer = signerOf(generateKeyPairSync('ed25519').privateKey);

beforeEach(async () => {
  database = await createMigratedDatabase(inject('databaseUrl'));
  pool = new pg.Pool({ connectionString: database.url, max: 3 });
  lawless = new pg.Pool({ connectionString: withoutRules(database), max: 1 });
  folder = await mkdtemp(join(tmpdir(), 'checkpoints-'));
  deps = {
    unitOfWork: createUnitOfWork(pool),
    sealing: {
      log: evidenceLogStore,
      signer,
      sha256: asyncSha256,
      verifyEd25519,
      originOfNew: 'log.example.test',
    },
    keeps: [checkpointFolder(folder, 'here')],
    sinks: checkpointSinkStore,
    signals: incidentSignals({}),
    clock: systemClock,
  };
});
afterEach(async () => {
  await Promise.all([pool.end(), lawless.end()]);
  await database.drop();
  await rm(folder, { recursive: true });
});

/** The words of which the decisions for tests name the digest. */
const words = { name: 'remarks', text: 'remarks', sha256: digestOf('remarks') };
async function record(count: number): Promise<void> {
  for (let at = 0; at < count; at += 1) {
    const id = randomUUID();
    await deps.unitOfWork.run((tx) =>
      recordEvidence({ results: resultStore, ...deps }, tx, { id, text: decisionText(id) }, [words]),
    );
  }
}
/** One of each kind that there is; their ids by kind. */
async function recordEachKind(): Promise<ReadonlyMap<string, string>> {
  const ids = new Map<string, string>();
  for (const [type, make] of Object.entries(eachKind)) {
    const id = randomUUID();
    ids.set(kindOf(type), id);
    const { statement, attachments } = make(randomUUID());
    const fact = { id, text: statementText(statement) };
    await deps.unitOfWork.run((tx) =>
      recordEvidence({ results: resultStore, ...deps }, tx, fact, attachments),
    );
  }
  return ids;
}
const findings = async () => (await auditLog(deps)).findings;

describe('the audit of the evidence log', () => {
  it('finds nothing in a log that only grew, and says how much it recomputed', async () => {
    expect(await auditLog(deps)).toEqual({ size: 0, compared: 0, findings: [] });
    for (const more of [1, 2, 5, 250]) {
      await record(more);
      await keepCheckpoint(deps);
    }
    await keepCheckpoint(deps);
    expect((await readdir(folder)).length).toBe(4);
    expect(await auditLog(deps)).toEqual({ size: 258, compared: 8, findings: [] });
    const latest = await deps.unitOfWork.run((tx) => evidenceLogStore.latestAudit(tx));
    expect(latest).toMatchObject({ size: 258, compared: 8, findings: [] });
  });

  it('reads keys and the end of the log as often for many checkpoints as for one', async () => {
    let reads = 0;
    const { log } = deps.sealing;
    const counting = (name: 'keys' | 'head') => (tx: Transaction) => {
      reads += 1;
      return log[name](tx);
    };
    const counted = {
      ...deps,
      sealing: { ...deps.sealing, log: { ...log, keys: counting('keys'), head: counting('head') } },
    };
    const asked: number[] = [];
    for (const more of [1, 7]) {
      for (let made = 0; made < more; made += 1) {
        await record(1);
        await keepCheckpoint(deps);
      }
      reads = 0;
      await auditLog(counted as AuditDeps);
      asked.push(reads);
    }
    expect(asked[0]).toBeGreaterThan(0);
    expect(asked[1]).toBe(asked[0]);
  });

  const anyHash = 'Entry 2 is not the one that its hash was made of.';
  const kept = expect.stringMatching(/^The first 7 entries are not those of a checkpoint in /);
  const spoil: Readonly<Record<string, readonly [sql: string, ...found: unknown[]]>> = {
    'an envelope is changed with its hash': [
      `ALTER TABLE log_entry DROP CONSTRAINT log_entry_hash_of_envelope;
       UPDATE log_entry SET envelope = convert_to(replace(convert_from(envelope, 'UTF8'), 'a', 'b'), 'UTF8') WHERE index = 2;
       UPDATE log_entry SET leaf_hash = sha256('\\x00'::bytea || envelope) WHERE index = 2`,
      anyHash,
      kept,
    ],
    'an envelope and all hashes of its leaf are changed': [
      `UPDATE log_entry SET envelope = envelope || '\\x20'::bytea,
         leaf_hash = sha256('\\x00'::bytea || envelope || '\\x20'::bytea) WHERE index = 2;
       UPDATE log_hash SET hash = (SELECT leaf_hash FROM log_entry WHERE index = 2) WHERE level = 0 AND index = 2`,
      'The stored hash at level 1, place 1, is not that of the two below it.',
      kept,
    ],
    'two entries are swapped': [
      `UPDATE log_entry SET index = 1000 WHERE index = 2; UPDATE log_entry SET index = 2 WHERE index = 3;
       UPDATE log_entry SET index = 3 WHERE index = 1000`,
      anyHash,
      'Entry 3 is not the one that its hash was made of.',
      kept,
    ],
    'an entry is dropped': [
      'DELETE FROM log_entry WHERE index = 2',
      'Entry 2 is not there.',
      expect.stringMatching(/^Evidence record .* stands in no entry of the log\.$/),
    ],
    'an entry is dropped, and what follows moved up': [
      `DELETE FROM log_entry WHERE index = 2; UPDATE log_entry SET index = index - 1 WHERE index > 2;
       UPDATE log_head SET size = size - 1`,
      anyHash,
      expect.stringMatching(/^A checkpoint in .* is of 7 entries, and the log has 6\.$/),
    ],
    'the tail is cut off': [
      `DELETE FROM log_entry WHERE index >= 4; DELETE FROM log_hash WHERE level = 0 AND index >= 4;
       UPDATE log_head SET size = 4`,
      expect.stringMatching(/^A checkpoint in .* is of 7 entries, and the log has 4\.$/),
      expect.stringMatching(/^Evidence record .* stands in no entry of the log\.$/),
    ],
    'a stored checkpoint is changed': [
      `UPDATE log_checkpoint SET root = sha256('x')`,
      'The stored checkpoint of 7 entries is not what a signed note says.',
      'The first 7 entries are not those of a checkpoint in the database.',
    ],
    'a hash in the middle of the tree is changed': [
      `UPDATE log_hash SET hash = sha256('x') WHERE level = 1 AND index = 0`,
      'The stored hash at level 1, place 0, is not that of the two below it.',
    ],
    'a hash in the middle of the tree is taken out': [
      'DELETE FROM log_hash WHERE level = 1 AND index = 1',
      'The stored hash at level 1, place 1, is not there.',
    ],
    'a record is shown otherwise than it was logged': [
      `UPDATE evidence_record SET statement = 'x', digest = encode(sha256('x'), 'hex')
       WHERE id = (SELECT evidence_id FROM log_entry WHERE index = 2)`,
      expect.stringMatching(/^Evidence record .* is not what entry 2 of the log holds\.$/),
    ],
    'a record has another digest': [
      `ALTER TABLE evidence_record DROP CONSTRAINT evidence_record_digest_of_statement;
       UPDATE evidence_record SET digest = repeat('0', 64) WHERE id = (SELECT evidence_id FROM log_entry WHERE index = 2)`,
      expect.stringMatching(/^Evidence record .* is not what entry 2 of the log holds\.$/),
    ],
    'a record of an entry is gone': [
      `ALTER TABLE log_entry DROP CONSTRAINT log_entry_evidence_id_fkey;
       DELETE FROM evidence_index WHERE id = (SELECT evidence_id FROM log_entry WHERE index = 2);
       DELETE FROM evidence_attachment WHERE evidence_id = (SELECT evidence_id FROM log_entry WHERE index = 2);
       DELETE FROM evidence_record WHERE id = (SELECT evidence_id FROM log_entry WHERE index = 2)`,
      expect.stringMatching(/^Evidence record .* is gone, and entry 2 of the log holds it\.$/),
    ],
    'no list finds a record': [
      'DELETE FROM evidence_index WHERE id = (SELECT evidence_id FROM log_entry WHERE index = 2)',
      expect.stringMatching(/^Evidence record .* is found by no list\.$/),
    ],
    'a record is put beside the log': [
      `INSERT INTO evidence_record (id, kind, contract_id, statement, digest, status, requested_by)
       VALUES (gen_random_uuid(), 'replay', 'tally', 'x', encode(sha256('x'), 'hex'), 'finished', 'test')`,
      expect.stringMatching(/^Evidence record .* stands in no entry of the log\.$/),
    ],
    'a record is put beside the log, and listed as generated': [
      `INSERT INTO evidence_record (id, kind, contract_id, statement, digest, status, requested_by)
       VALUES (gen_random_uuid(), 'replay', 'tally', 'x', encode(sha256('x'), 'hex'), 'finished', 'test');
       UPDATE evidence_index SET generated = true`,
      ...Array.from({ length: 5 }, () =>
        expect.stringMatching(/ is listed by something else than it says: generated\.$/),
      ),
      'And 2 others of that kind.',
      expect.stringMatching(/^Evidence record .* stands in no entry of the log\.$/),
    ],
  };
  it.each(Object.entries(spoil))(
    'finds that %s, and says so until it is as it was',
    async (_what, [sql, ...found]) => {
      await record(7);
      await keepCheckpoint(deps);
      await lawless.query(sql);
      const said = await findings();
      for (const each of found) expect(said).toContainEqual(each);
      expect((await deps.unitOfWork.run((tx) => evidenceLogStore.latestAudit(tx)))?.findings).toContainEqual(
        found[0],
      );
    },
  );

  /** What of each kind of record is changed in its row and in its index together, and what is found of it. */
  const changed: readonly [kind: string, set: string, found: string][] = [
    ['replay', "coverage_kind = 'part'", 'coverageKind'],
    ['replay', "confidence = 'untrusted'", 'confidence'],
    ['replay', "agreement = 'equal'", 'agreement'],
    ['replay', "recorded_at = recorded_at + interval '1 day'", 'recordedAt'],
    ['replay', "status = 'failed'", 'status'],
    ['replay', "contract_id = 'other'", 'contractId'],
    ['replay', 'replay_id = gen_random_uuid()', 'replayId'],
    ['replay', "requested_by = 'eve'", 'requestedBy'],
    ['replay', "kind = 'promotion'", 'kind'],
    ['promotion', "status = 'failed'", 'status'],
    ['promotion', "agreement = 'different'", 'agreement'],
    ['promotion', 'replay_id = NULL', 'replayId'],
    ['approval', "status = 'rejected'", 'status'],
    ['approval', "requested_by = 'eve'", 'requestedBy'],
    ['approval', 'replay_id = NULL', 'replayId'],
    ['runbook-step', "status = 'failed'", 'status'],
    ['runbook-step', "contract_id = 'other'", 'contractId'],
    ['review', "requested_by = 'eve'", 'requestedBy'],
    ['review', "recorded_at = 'infinity'", 'recordedAt'],
    ['break-glass', "status = 'reviewed'", 'status'],
    ['break-glass', "requested_by = 'eve'", 'requestedBy'],
  ];
  it('finds what lists show otherwise than what was signed, though row and index agree', async () => {
    const ids = await recordEachKind();
    expect(await findings()).toEqual([]);
    const both = (kind: string, sql: string) =>
      lawless.query(
        ['evidence_record', 'evidence_index']
          .map((table) => `UPDATE ${table} SET ${sql} WHERE id = '${ids.get(kind)}'`)
          .join('; '),
      );
    const columns = [
      'kind',
      'contract_id',
      'replay_id',
      'status',
      'confidence',
      'agreement',
      'coverage_kind',
      'requested_by',
      'recorded_at',
    ];
    for (const [kind, set, name] of changed) {
      const { rows } = await lawless.query(`SELECT ${columns} FROM evidence_record WHERE id = $1`, [
        ids.get(kind),
      ]);
      await both(kind, set);
      expect(await findings(), `${kind}: ${set}`).toEqual([
        `Evidence record ${ids.get(kind)} is listed by something else than it says: ${name}.`,
      ]);
      for (const table of ['evidence_record', 'evidence_index'])
        await lawless.query(
          `UPDATE ${table} SET ${columns.map((column, at) => `${column} = $${at + 2}`)} WHERE id = $1`,
          [ids.get(kind), ...columns.map((column) => rows[0][column])],
        );
    }
    expect(await findings()).toEqual([]);
  });

  it.each([
    ['evidence_record', 'events_processed = 7', 'eventsProcessed'],
    ['evidence_record', 'duplicates_skipped = NULL', 'duplicatesSkipped'],
    ['evidence_record', 'projections_changed = 0', 'projectionsChanged'],
    ['evidence_record', 'reconciliation_failures = 9', 'reconciliationFailures'],
    ['evidence_record', "coverage_kind = 'part'", 'coverageKind'],
    ['evidence_index', "confidence = 'suspect'", 'confidence'],
    ['evidence_index', "approved_by = '{ada,eve}'", 'approvedBy'],
    ['evidence_index', 'generated = true', 'generated'],
  ])('finds what %s alone says otherwise: %s', async (table, set, name) => {
    const id = (await recordEachKind()).get('replay');
    await lawless.query(`UPDATE ${table} SET ${set} WHERE id = $1`, [id]);
    expect(await findings()).toEqual([
      `Evidence record ${id} is listed by something else than it says: ${name}.`,
    ]);
  });

  const put = (name: string) =>
    `INSERT INTO evidence_attachment VALUES ($1, '${name}', encode(sha256('x'), 'hex'), 'x')`;
  it.each([
    [
      'changed with its digest',
      'replay',
      `SET content = 'x', digest = encode(sha256('x'), 'hex')`,
      'remarks',
    ],
    ['changed, and its digest left', 'approval', `SET content = 'x'`, 'remarks'],
    ['given another digest', 'promotion', `SET digest = repeat('0', 64)`, 'rows'],
    ['moved to another name', 'runbook-step', `SET name = 'rows'`, 'result'],
  ])('finds what stands beside a record and is %s', async (_how, kind, set, name) => {
    const id = (await recordEachKind()).get(kind);
    await lawless.query(
      'ALTER TABLE evidence_attachment DROP CONSTRAINT evidence_attachment_digest_of_content',
    );
    await lawless.query(`UPDATE evidence_attachment ${set} WHERE evidence_id = $1 AND name = $2`, [id, name]);
    expect(await findings()).toEqual(
      set.includes('name')
        ? [
            `“${name}” beside evidence record ${id} is gone, and no erasure says that it took it.`,
            `“rows” beside evidence record ${id} is named by no digest of the record: somebody has put it there.`,
          ]
        : [`“${name}” beside evidence record ${id} is not what the record names by its digest.`],
    );
  });

  it('finds what the running role has put beside a record that names no such part', async () => {
    const id = (await recordEachKind()).get('review');
    await pool.query(put('remarks'), [id]);
    expect(await findings()).toEqual([
      `“remarks” beside evidence record ${id} is named by no digest of the record: somebody has put it there.`,
    ]);
  });

  it('finds what is gone from beside a record, unless an erasure says that it took exactly that', async () => {
    const ids = await recordEachKind();
    const id = ids.get('runbook-step');
    const gone = (name: string) =>
      `“${name}” beside evidence record ${id} is gone, and no erasure says that it took it.`;
    await lawless.query('DELETE FROM evidence_attachment WHERE evidence_id = $1', [id]);
    expect(await findings()).toEqual([gone('remarks'), gone('result')]);
    const owner = new pg.Pool({ connectionString: database.ownerUrl, max: 1 });
    const say = (parts: readonly string[]) =>
      owner.query(
        `INSERT INTO erasure (id, run_id, kind, contract_id, reason, erased_by, salt, key_hashes, counts, unusable, promotions, attachments)
         VALUES (gen_random_uuid(), gen_random_uuid(), 'by-hand', 'stock', 'request 17', 'ada', sha256('any'), '{}',
           '{"attachments": 1}', false, '{}', $1)`,
        [parts],
      );
    try {
      await say([`${id}/result`, `${ids.get('approval')}/remarks`]);
      expect(await findings()).toEqual([gone('remarks')]);
      await say([`${id}/remarks`]);
      expect(await findings()).toEqual([]);
    } finally {
      await owner.end();
    }
  });

  it('counts what it found beside records, apart from what it found of them', async () => {
    await record(8);
    await lawless.query('DELETE FROM evidence_attachment');
    const said = await findings();
    expect(said).toHaveLength(6);
    expect(said.at(-1)).toBe('And 3 others of that kind.');
  });

  it('finds an entry that no key of the log has signed, which the role that runs can put there', async () => {
    await record(1);
    const { rows } = await pool.query<{ id: string }>(
      `INSERT INTO evidence_record (id, kind, contract_id, statement, digest, status, requested_by)
       VALUES (gen_random_uuid(), 'replay', 'tally', 'x', encode(sha256('x'), 'hex'), 'finished', 'test') RETURNING id`,
    );
    const sig = Buffer.alloc(64).toString('base64');
    const envelope = `{"payload":"eA==","payloadType":"application/vnd.in-toto+json","signatures":[{"keyid":"k","sig":"${sig}"}]}`;
    await pool.query(
      `INSERT INTO log_entry (index, evidence_id, envelope, leaf_hash)
       VALUES (1, $1, convert_to($2, 'UTF8'), sha256('\\x00'::bytea || convert_to($2, 'UTF8')))`,
      [rows[0]?.id, envelope],
    );
    expect(await findings()).toEqual(['Entry 1 is signed by no key of this log.']);
  });

  it('finds a key that was put among the keys past the audit, and none that a process introduced', async () => {
    await record(1);
    const smuggled = signerOf(generateKeyPairSync('ed25519').privateKey);
    const insert = (by: pg.Pool) =>
      by.query('INSERT INTO evidence_key (key_id, public_key) VALUES ($1, $2)', [
        smuggled.keyId,
        Buffer.from(smuggled.publicKey),
      ]);
    await insert(lawless);
    const found = `The key ${smuggled.keyId} is among the keys of the log, and nothing in the audit introduced it.`;
    expect(await findings()).toEqual([found]);
    await lawless.query('DELETE FROM evidence_key WHERE key_id = $1', [smuggled.keyId]);
    await insert(pool);
    expect(await findings()).toEqual([]);
  });

  it('believes what a key signed before another took its place, and nothing of it once that key is taken out', async () => {
    await record(2);
    await keepCheckpoint(deps);
    const next = signerOf(generateKeyPairSync('ed25519').privateKey);
    deps = { ...deps, sealing: { ...deps.sealing, signer: next } };
    await record(2);
    await keepCheckpoint(deps);
    expect(await findings()).toEqual([]);
    await lawless.query('DELETE FROM evidence_key WHERE key_id = $1', [signer.keyId]);
    expect(await findings()).toEqual(
      expect.arrayContaining([
        'Entry 0 is signed by no key of this log.',
        expect.stringMatching(/A checkpoint of 2 entries in .* is not signed by a key of this log/),
        'The stored checkpoint of 2 entries is not what a signed note says.',
      ]),
    );
  });

  it('is of the same checkpoint where whoever signed it was killed before it was stored, or before it was kept', async () => {
    await record(2);
    const killed = () => Promise.reject(new Error('killed'));
    const { log } = deps.sealing;
    const unstored = { ...deps, sealing: { ...deps.sealing, log: { ...log, insertCheckpoint: killed } } };
    await expect(keepCheckpoint(unstored)).rejects.toThrow('killed');
    expect(await deps.unitOfWork.run((tx) => log.latestCheckpoint(tx))).toBeNull();
    const unkept = { ...deps, keeps: deps.keeps.map((keep) => ({ ...keep, put: killed })) };
    await expect(keepCheckpoint(unkept)).rejects.toThrow('could not be kept');
    const stored = await deps.unitOfWork.run((tx) => log.latestCheckpoint(tx));
    await keepCheckpoint(deps);
    expect(await readFile(join(folder, '000000000002.checkpoint'), 'utf8')).toBe(stored?.note);
    expect(await findings()).toEqual([]);
  });

  it('finds that the whole database is that of an older dump, also once it has grown on', async () => {
    await record(4);
    await keepCheckpoint(deps);
    await record(3);
    await keepCheckpoint(deps);
    // As it was after four.
    await lawless.query(
      `DELETE FROM log_entry WHERE index >= 4; DELETE FROM log_checkpoint WHERE size > 4; DELETE FROM log_hash
         WHERE (index + 1) * (1 << level) > 4; UPDATE log_head SET size = 4;
       DELETE FROM evidence_index WHERE id NOT IN (SELECT evidence_id FROM log_entry);
       DELETE FROM evidence_attachment WHERE evidence_id NOT IN (SELECT evidence_id FROM log_entry);
       DELETE FROM evidence_record WHERE id NOT IN (SELECT evidence_id FROM log_entry)`,
    );
    expect(await findings()).toEqual([expect.stringMatching(/of 7 entries, and the log has 4/)]);
    await record(3);
    expect(await findings()).toEqual([
      expect.stringMatching(/first 7 entries are not those of a checkpoint in/),
    ]);
  });

  it('finds what somebody has put among the kept checkpoints', async () => {
    await record(1);
    await keepCheckpoint(deps);
    await writeFile(join(folder, '000000000009.checkpoint'), 'log.example.test\n9\nAAAA\n\n');
    const { privateKey } = generateKeyPairSync('ed25519');
    const key = await noteKey(
      { kind: 'note', name: 'log.example.test', publicKey: signerOf(privateKey).publicKey },
      asyncSha256,
    );
    const text = checkpointText({ origin: key.name, size: 8, root: new Uint8Array(32), extensions: [] });
    const strange = await signNote(text, { key, sign: signerOf(privateKey).sign });
    await writeFile(join(folder, '000000000008.checkpoint'), strange);
    expect(await findings()).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/is no checkpoint/),
        expect.stringMatching(/not signed by a key of this log/),
      ]),
    );
  });

  it('has a key that took the place of another signed by, before it has recorded anything', async () => {
    await record(2);
    const next: KeepDeps = {
      ...deps,
      sealing: { ...deps.sealing, signer: signerOf(generateKeyPairSync('ed25519').privateKey) },
    };
    await keepCheckpoint(next);
    await keepCheckpoint(deps);
    await record(1);
    await keepCheckpoint(deps);
    expect(await findings()).toEqual([]);
  });

  it.each<[string, () => Promise<unknown>]>([
    ['the kept one is unreadable', () => writeFile(join(folder, '999999999999.checkpoint'), 'no checkpoint')],
    [
      'hashes, checkpoints and keys were written anew',
      () =>
        lawless.query(`DELETE FROM log_checkpoint; DELETE FROM evidence_key;
          UPDATE log_hash SET hash = sha256('x') WHERE level = 0 AND index = 2`),
    ],
    [
      'the whole log was emptied',
      () =>
        lawless.query(
          'DELETE FROM log_checkpoint; DELETE FROM evidence_key; DELETE FROM log_hash; DELETE FROM log_entry; DELETE FROM log_head',
        ),
    ],
  ])('signs nothing where %s', async (_what, spoilIt) => {
    await record(3);
    await keepCheckpoint(deps);
    await spoilIt();
    const emptied = (await lawless.query('SELECT FROM log_head')).rowCount === 0;
    if (!emptied) await record(1);
    await expect(keepCheckpoint(deps)).rejects.toMatchObject({ code: 'evidence-log-rewritten' });
    if (!emptied) return;
    // Edited statements would be signed anew as records from before the log.
    await expect(beginLog(deps.unitOfWork, deps.sealing, deps.keeps)).rejects.toMatchObject({
      code: 'evidence-log-rewritten',
    });
    await expect(record(1)).rejects.toMatchObject({ code: 'signing-failed' });
  });

  it('found stands until an audit of the same place finds nothing: another machine’s empty folder says nothing', async () => {
    await record(3);
    await keepCheckpoint(deps);
    await writeFile(join(folder, '000000000009.checkpoint'), 'no checkpoint');
    expect(await findings()).toHaveLength(1);
    const elsewhere = { ...deps, keeps: [] };
    expect((await auditLog(elsewhere)).findings).toEqual([]);
    const latest = async () =>
      (await deps.unitOfWork.run((tx) => evidenceLogStore.latestAudit(tx)))?.findings;
    expect(await latest()).toEqual([expect.stringMatching(/is no checkpoint/)]);
    await rm(join(folder, '000000000009.checkpoint'));
    expect(await findings()).toEqual([]);
    expect(await latest()).toEqual([]);
  });

  it('of the log itself ends at any audit of it, and of a place that is used no more by an audited act alone', async () => {
    await record(3);
    await keepCheckpoint(deps);
    const [place = ''] = deps.keeps.map(({ name }) => name);
    const latest = async () =>
      (await deps.unitOfWork.run((tx) => evidenceLogStore.latestAudit(tx)))?.findings;
    const set = (to: boolean) =>
      lawless.query(
        'UPDATE evidence_index SET generated = $1 WHERE id = (SELECT evidence_id FROM log_entry WHERE index = 1)',
        [to],
      );
    await set(true);
    for (const name of await readdir(folder)) await rm(join(folder, name));
    expect(await findings()).toEqual([
      expect.stringMatching(/is listed by something else/),
      expect.stringMatching(/^Of .* took the checkpoint of 3 entries and holds none now/),
    ]);
    await set(false);
    // As witness.md says to do where it is gone for good: another place, with a webhook beside it or without.
    const other = await mkdtemp(join(tmpdir(), 'checkpoints-'));
    const moved = { ...deps, keeps: [checkpointFolder(other, 'here')] };
    await keepCheckpoint(moved);
    expect((await auditLog(moved)).findings).toEqual([]);
    expect(await latest()).toEqual([expect.stringMatching(/holds none now/)]);
    const owner = new pg.Pool({ connectionString: database.ownerUrl, max: 1 });
    const retire = (by = owner) =>
      retirePlace(
        { unitOfWork: createUnitOfWork(by), log: evidenceLogStore, audit: auditFrom('test') },
        { place, reason: 'the disk is gone', user: 'root' },
      );
    await expect(retire()).rejects.toThrow(/within the last three hours/);
    expect(await latest()).toHaveLength(1);
    await lawless.query(`UPDATE log_audit SET ran_at = ran_at - interval '4 hours' WHERE place = $1`, [
      place,
    ]);
    await expect(retire(pool)).rejects.toMatchObject({
      code: 'forbidden',
      message: expect.stringMatching(/^Only the owner of the database retires/),
    });
    expect(await latest()).toHaveLength(1);
    expect(await retire()).toEqual([expect.stringMatching(/holds none now/)]);
    expect(await latest()).toEqual([]);
    await expect(retire()).rejects.toThrow(/stands\./);
    expect((await auditLog(moved)).findings).toEqual([]);
    expect((await pool.query('SELECT cleared_at IS NULL AS goes_on FROM incident')).rows).toEqual([
      { goes_on: false },
    ]);
    // Nobody has dismissed what is so: where it is audited again it is found again.
    expect(await findings()).toHaveLength(1);
    expect(await latest()).toHaveLength(1);
    await owner.end();
    await rm(other, { recursive: true });
  });

  it('of before these stood apart stands after an upgrade, of each place until that is looked at again', async () => {
    await record(3);
    await keepCheckpoint(deps);
    const [place = ''] = deps.keeps.map(({ name }) => name);
    const ofPlace = `Of ${place}: it took the checkpoint of 9 entries and holds none now`;
    await lawless.query(
      `INSERT INTO log_audit (ran_at, size, compared, findings)
       VALUES (now() - interval '1 hour', 3, 1, $1), (now() - interval '2 hours', 3, 1, '{"Older."}')`,
      [[ofPlace, 'Entry 2 is not there.']],
    );
    await lawless.query('UPDATE log_audit SET id = -id WHERE $1 = ANY (findings)', ['Older.']);
    const latest = async () =>
      (await deps.unitOfWork.run((tx) => evidenceLogStore.latestAudit(tx)))?.findings;
    expect(await latest()).toEqual([ofPlace, 'Entry 2 is not there.']);
    expect((await auditLog({ ...deps, keeps: [] })).findings).toEqual([]);
    expect(await latest()).toEqual([ofPlace]);
    expect(await deps.unitOfWork.run((tx) => evidenceLogStore.foundOfPlace(tx, place))).toMatchObject({
      findings: [ofPlace],
    });
    expect(await findings()).toEqual([]);
    expect(await latest()).toEqual([]);
  });

  it('of an older form stands for the very place it names, also where another set of places was clean since', async () => {
    await record(3);
    await keepCheckpoint(deps);
    const [place = ''] = deps.keeps.map(({ name }) => name);
    const lost = `Of /mnt${place}: it took the checkpoint of 9 entries and holds none now`;
    const strange = `Something in the topic kept-more is no checkpoint.`;
    const differing = 'The first 3 entries are not those of a checkpoint in /x on host.example.';
    await lawless.query(
      `INSERT INTO checkpoint_sink SELECT (jsonb_populate_record(s, jsonb_build_object('target', other))).*
       FROM checkpoint_sink s, unnest($1::text[]) AS other`,
      [[`/mnt${place}`, 'the topic kept', 'the topic kept-more', '/x on host', '/x on host.example']],
    );
    await lawless.query(
      `INSERT INTO log_audit (ran_at, size, compared, findings, place) VALUES
         (now() - interval '2 hours', 3, 1, $1, 'a'), (now() - interval '1 hour', 3, 1, '{}', 'nowhere')`,
      [[lost, strange, differing]],
    );
    const latest = async () =>
      (await deps.unitOfWork.run((tx) => evidenceLogStore.latestAudit(tx)))?.findings;
    const ofPlace = (name: string) =>
      deps.unitOfWork.run((tx) => evidenceLogStore.foundOfPlace(tx, name)).then((found) => found?.findings);
    expect(await latest()).toEqual([lost, strange, differing]);
    expect(await findings()).toEqual([]);
    expect((await latest())?.toSorted()).toEqual([lost, strange, differing].toSorted());
    expect(await ofPlace(`/mnt${place}`)).toEqual([lost]);
    expect(await ofPlace('the topic kept-more')).toEqual([strange]);
    expect(await ofPlace('/x on host.example')).toEqual([differing]);
    for (const other of [place, 'the topic kept', '/x on host']) expect(await ofPlace(other)).toBeUndefined();
  });

  it('goes on signing past a note that somebody has put among the checkpoints', async () => {
    await record(2);
    await pool.query(
      `INSERT INTO log_checkpoint (size, root, note) SELECT size, reprise_log_root(size), 'x' FROM log_head`,
    );
    await keepCheckpoint(deps);
    await record(1);
    await keepCheckpoint(deps);
    expect((await readdir(folder)).toSorted()).toEqual([
      '000000000002.checkpoint',
      '000000000003.checkpoint',
    ]);
    expect(await findings()).toEqual([expect.stringMatching(/stored checkpoint of 2 entries is not what/)]);
  });

  it('ends when it is told to, also while a place hangs, and keeps nothing of it', async () => {
    await record(2);
    await keepCheckpoint(deps);
    await expect(auditLog({ ...deps, signal: AbortSignal.abort('cancelled') })).rejects.toBe('cancelled');
    const stop = new AbortController();
    const hanging = deps.keeps.map((keep) => ({
      ...keep,
      each: () => {
        stop.abort('timed-out');
        return new Promise<void>(() => undefined);
      },
    }));
    await expect(auditLog({ ...deps, keeps: hanging, signal: stop.signal })).rejects.toBe('timed-out');
    expect((await pool.query('SELECT FROM log_audit')).rowCount).toBe(0);
  });

  it('keeps what each audit found, whoever would rather not', async () => {
    await record(1);
    await findings();
    for (const sql of [`UPDATE log_audit SET findings = '{}'`, 'DELETE FROM log_audit'])
      await expect(pool.query(sql)).rejects.toThrow(/permission denied/);
  });

  it('signs nothing over a log that its last checkpoint is not the beginning of', async () => {
    await record(3);
    await keepCheckpoint(deps);
    await record(1);
    await lawless.query(`UPDATE log_hash SET hash = sha256('x') WHERE level = 0 AND index = 2`);
    await expect(keepCheckpoint(deps)).rejects.toMatchObject({ code: 'evidence-log-rewritten' });
  });
});

describe('records from before there was a log', () => {
  it('are its first entries, once, in their order, and none is taken in later', async () => {
    const insert = async (at: number): Promise<string> => {
      const facts = {
        decisionId: randomUUID(),
        decidedAt: new Date(Date.UTC(2025, 0, at + 1)).toISOString(),
      };
      const subject = { kind: 'promotion', id: 'p1' } as const;
      const text = statementText(approvalRecord(approvalFactsOf({ ...facts, subject })));
      const listed = listedAs(JSON.parse(text));
      const { rows } = await pool.query<{ id: string }>(
        `INSERT INTO evidence_record (id, kind, contract_id, statement, digest, status, requested_by, recorded_at)
         VALUES (gen_random_uuid(), $1, $2, convert_to($3, 'UTF8'), $4, $5, $6, $7) RETURNING id`,
        [
          ...[listed?.kind, listed?.contractId, text, sha256(text), listed?.status, listed?.requestedBy],
          listed?.recordedAt,
        ],
      );
      const [{ id } = { id: '' }] = rows;
      await deps.unitOfWork.run((tx) =>
        resultStore.attach(tx, id, {
          name: words.name,
          digest: words.sha256,
          content: new TextEncoder().encode(words.text),
        }),
      );
      return id;
    };
    const ids = [];
    for (const at of [3, 1, 2]) ids.push(await insert(at));
    const both = await Promise.all([1, 2].map(() => beginLog(deps.unitOfWork, deps.sealing, deps.keeps)));
    expect(both.toSorted()).toEqual([0, 3]);
    const entries = await deps.unitOfWork.run((tx) => evidenceLogStore.entries(tx, 0, 10));
    expect(entries.map(({ evidenceId }) => evidenceId)).toEqual([ids[1], ids[2], ids[0]]);
    expect(await findings()).toEqual([]);
    await insert(0);
    expect(await beginLog(deps.unitOfWork, deps.sealing, deps.keeps)).toBe(0);
    expect(await findings()).toEqual([expect.stringMatching(/stands in no entry/)]);
  });
});

describe('what an audit finds', () => {
  it('is one P1 incident, until one against the same place finds nothing', async () => {
    await record(2);
    await keepCheckpoint(deps);
    const [name = ''] = await readdir(folder);
    const stray = join(folder, `x-${name}`);
    await writeFile(stray, 'no checkpoint');
    expect(await findings()).not.toEqual([]);
    expect(await findings()).not.toEqual([]);
    const incidents = async () =>
      (await pool.query('SELECT class, status, kind, told, cleared_at IS NULL AS goes_on FROM incident'))
        .rows;
    const open = { class: 'P1', status: 'detected', kind: 'evidence-log', told: 2, goes_on: true };
    expect(await incidents()).toEqual([open]);
    // Another place says nothing about this one.
    await auditLog({ ...deps, keeps: [] });
    expect(await incidents()).toMatchObject([{ goes_on: true }]);
    await rm(stray);
    expect(await findings()).toEqual([]);
    expect(await incidents()).toMatchObject([{ status: 'detected', goes_on: false }]);
  });
});
