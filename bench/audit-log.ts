/**
 * `npm run bench:audit`: how long the audit of the evidence log takes, and how much memory. `--fill` first writes a log
 * of decisions into a database that holds no evidence, with a key that is known to everybody and checkpoints in a
 * folder: the database and the folder are for nothing else afterwards.
 */
import { randomUUID } from 'node:crypto';
import { availableParallelism, cpus, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { systemClock } from '../server/adapters/clock/system-clock.ts';
import { checkpointFolder } from '../server/adapters/evidence-log/checkpoint-folder.ts';
import { evidenceLogStore } from '../server/adapters/evidence-log/log-store.ts';
import {
  asyncSha256,
  keyOfSeed,
  signerOf,
  verifyEd25519,
} from '../server/adapters/evidence-log/node-keys.ts';
import { checkpointSinkStore } from '../server/adapters/evidence-log/sink-store.ts';
import { migrate } from '../server/adapters/postgres/migrate.ts';
import { createUnitOfWork } from '../server/adapters/postgres/unit-of-work.ts';
import { auditLog } from '../server/application/evidence/audit-log.ts';
import { incidentSignals } from '../server/composition/signals.ts';
import { signStatement } from '../server/domain/attestation/index.ts';
import { listedAs } from '../server/domain/evidence/index.ts';
import { checkpointText, GrowingRoot, leafHash, noteKey, signNote } from '../server/domain/log/index.ts';
import { decisionText, digestOf } from '../server/domain/test-kit/records.ts';
import { peakMemoryMb, processorMs } from './process-figures.ts';
import { thousands } from './table.ts';

const { values: flags } = parseArgs({
  options: {
    fill: { type: 'boolean', default: false },
    records: { type: 'string', default: '100000' },
    /** One checkpoint for so many records. */
    every: { type: 'string', default: '10' },
    folder: { type: 'string', default: '.reprise/bench/audited-checkpoints' },
  },
});
const databaseUrl = process.env.DATABASE_URL ?? '';
if (databaseUrl === '') throw new Error('DATABASE_URL names a database that is for this alone.');
const origin = 'log.bench.example';
const signer = signerOf(keyOfSeed(new Uint8Array(32).fill(7)));
const pool = new pg.Pool({ connectionString: databaseUrl, max: 2 });
const unitOfWork = createUnitOfWork(pool);
const sealing = { log: evidenceLogStore, signer, sha256: asyncSha256, verifyEd25519, originOfNew: origin };
const keep = checkpointFolder(flags.folder, 'this machine');

async function fill(records: number, every: number): Promise<void> {
  await migrate({ url: databaseUrl, ownerUrl: databaseUrl });
  const { rows } = await pool.query<{ used: boolean }>('SELECT EXISTS (SELECT FROM evidence_record) AS used');
  if (rows[0]?.used === true)
    throw new Error('Evidence stands in this database, and none can be taken out again. Name an empty one.');
  const key = await noteKey({ kind: 'note', name: origin, publicKey: signer.publicKey }, asyncSha256);
  const growing = new GrowingRoot(asyncSha256);
  const listed = listedAs(JSON.parse(decisionText('any')));
  if (listed === null) throw new Error('a decision says nothing that it could be listed by');
  for (let size = 0; size < records; ) {
    const lot = Array.from({ length: Math.min(every, records - size) }, (_, at) => entryOf(size + at));
    const entries = await Promise.all(lot);
    for (const { leaf } of entries) await growing.add(leaf);
    size += entries.length;
    const root = await growing.root();
    const text = checkpointText({ origin, size, root, extensions: [] });
    const note = await signNote(text, { key, sign: signer.sign });
    await unitOfWork.run(async (tx) => {
      await evidenceLogStore.holdHead(tx, origin);
      await evidenceLogStore.introduceKey(tx, signer);
      await tx.query(
        `INSERT INTO evidence_record (id, kind, contract_id, statement, digest, status, requested_by, recorded_at)
         SELECT id, $3, $4, statement, encode(sha256(statement), 'hex'), $5, $6, $7
         FROM unnest($1::uuid[], $2::bytea[]) AS given(id, statement)`,
        [
          entries.map(({ id }) => id),
          entries.map(({ statement }) => Buffer.from(statement)),
          ...[listed.kind, listed.contractId, listed.status, listed.requestedBy, listed.recordedAt],
        ],
      );
      await tx.query(
        `INSERT INTO evidence_attachment (evidence_id, name, digest, content)
         SELECT id, 'remarks', $2, convert_to('remarks', 'UTF8') FROM unnest($1::uuid[]) AS id`,
        [entries.map(({ id }) => id), digestOf('remarks')],
      );
      await tx.query(
        `INSERT INTO log_entry (index, evidence_id, envelope, leaf_hash)
         SELECT * FROM unnest($1::bigint[], $2::uuid[], $3::bytea[], $4::bytea[]) AS given(index, id, envelope, leaf)
         ORDER BY index`,
        [
          entries.map(({ index }) => index),
          entries.map(({ id }) => id),
          entries.map(({ envelope }) => Buffer.from(envelope)),
          entries.map(({ leaf }) => Buffer.from(leaf)),
        ],
      );
      await evidenceLogStore.insertCheckpoint(tx, { size, root, note });
    });
    await keep.put({ origin, size, note });
    if (size % 10_000 === 0) process.stderr.write(`${size} records\n`);
  }
  await pool.query('VACUUM (ANALYZE)');
}

async function entryOf(index: number) {
  const id = randomUUID();
  const statement = new TextEncoder().encode(decisionText(id));
  const envelope = await signStatement(statement, { keyid: signer.keyId, sign: signer.sign });
  return { index, id, statement, envelope, leaf: await leafHash(envelope, asyncSha256) };
}

async function measure(): Promise<void> {
  const before = peakMemoryMb(process.pid);
  const [begun, worked] = [performance.now(), processorMs(process.pid) ?? 0];
  const { size, compared, findings } = await auditLog({
    unitOfWork,
    sealing,
    keeps: [keep],
    sinks: checkpointSinkStore,
    signals: incidentSignals({}),
    clock: systemClock,
  });
  const s = ((performance.now() - begun) / 1000).toFixed(1);
  const cpu = (((processorMs(process.pid) ?? 0) - worked) / 1000).toFixed(1);
  process.stdout.write(
    `${thousands(size)} entries, ${thousands(compared)} checkpoints compared, ${findings.length} findings: ${s} s, of them ${cpu} s of the processor, peak ${peakMemoryMb(process.pid)} MB (${before} before); Node ${process.versions.node}, ${cpus()[0]?.model.trim()} with ${availableParallelism()} cores, load ${loadavg()[0]?.toFixed(1)}\n`,
  );
}

try {
  if (flags.fill) await fill(Number(flags.records), Number(flags.every));
  else await measure();
} finally {
  await pool.end();
}
