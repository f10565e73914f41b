import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { sha256 } from '../../server/adapters/digests.ts';
import { evidenceLogStore } from '../../server/adapters/evidence-log/log-store.ts';
import { asyncSha256, signerOf, verifyEd25519 } from '../../server/adapters/evidence-log/node-keys.ts';
import { auditFrom } from '../../server/adapters/postgres/audit.ts';
import { createMigratedDatabase } from '../../server/adapters/postgres/scratch-database.ts';
import { createUnitOfWork } from '../../server/adapters/postgres/unit-of-work.ts';
import { resultStore } from '../../server/adapters/replay-store/index.ts';
import {
  createEvidenceLogDesk,
  type EvidenceLogDesk,
} from '../../server/application/evidence/evidence-log.ts';
import { exportBundle } from '../../server/application/evidence/export-bundle.ts';
import { recordEvidence } from '../../server/application/evidence/record-evidence.ts';
import { signCheckpoint } from '../../server/application/evidence/sign-checkpoint.ts';
import {
  type Attachment,
  remarksName,
  remarksOf,
  remarksText,
  replayRecord,
  statementText,
} from '../../server/domain/evidence/index.ts';
import { checkpointText, noteKey, signNote } from '../../server/domain/log/index.ts';
import { decisionText, replayFactsOf } from '../../server/domain/test-kit/records.ts';

export const origin = 'log.example.test/evidence';

type Statement = ReturnType<typeof replayRecord>['statement'];

export type LogUnderTest = Awaited<ReturnType<typeof openLog>>;

/** An evidence log of its own in a real database, filled by the code that fills Reprise's. */
export async function openLog(databaseUrl: string) {
  const database = await createMigratedDatabase(databaseUrl);
  const pool = new pg.Pool({ connectionString: database.url, max: 4 });
  const signer = signerOf(generateKeyPairSync('ed25519').privateKey);
  const sealing = { log: evidenceLogStore, signer, sha256: asyncSha256, verifyEd25519, originOfNew: origin };
  const unitOfWork = createUnitOfWork(pool);
  const remarks = remarksText(remarksOf(replayFactsOf(), randomUUID()));
  const unread = () => Promise.reject(new Error('records are read from the log alone here'));
  const desk = createEvidenceLogDesk({
    unitOfWork,
    sealing,
    pause: (ms) => sleep(ms),
    witnesses: [],
    audit: auditFrom('test'),
    queries: { evidenceAttachment: unread },
  });

  async function record(statement: object, attachments: readonly Attachment[]) {
    const id = randomUUID();
    const text = statementText(statement);
    await unitOfWork.run((tx) =>
      recordEvidence({ results: resultStore, sealing }, tx, { id, text }, attachments),
    );
    return { id, digest: sha256(text) };
  }

  return {
    desk,
    /** So many decisions, each another. */
    async decide(count: number) {
      for (let made = 0; made < count; made += 1) await record(JSON.parse(decisionText(randomUUID())), []);
    },
    /** A replay, with what was said about it beside its record; `change` makes of the statement what is signed. */
    replay(change: (statement: Statement) => object = (statement) => statement) {
      const facts = replayFactsOf({ replayId: randomUUID(), remarksDigest: sha256(remarks) });
      const beside = [{ name: remarksName, text: remarks, sha256: sha256(remarks) }];
      return record(change(replayRecord(facts, sha256).statement), beside);
    },
    record,
    async bundle(
      evidenceId: string,
      fromSizes: readonly number[] = [],
      attachments: readonly Pick<Attachment, 'name' | 'text'>[] = [{ name: remarksName, text: remarks }],
    ) {
      await signCheckpoint({ unitOfWork, sealing }, []);
      return exportBundle(
        { unitOfWork, sealing, witnesses: [], pause: (ms) => sleep(ms) },
        { evidenceId, fromSizes, attachments },
      );
    },
    async key() {
      const [key] = (await desk.keys()).keys;
      if (key === undefined) throw new Error('the log has no key yet');
      return key;
    },
    async checkpoint() {
      await signCheckpoint({ unitOfWork, sealing }, []);
      const note = await desk.checkpoint();
      if (note === null) throw new Error('the log has no checkpoint yet');
      return note;
    },
    /** What the log's own key says of a size and a root, whether or not that is so. */
    async signed(size: number, root: Uint8Array) {
      const text = checkpointText({ origin, size, root, extensions: [] });
      const key = await noteKey({ kind: 'note', name: origin, publicKey: signer.publicKey }, asyncSha256);
      return signNote(text, { key, sign: signer.sign });
    },
    async close() {
      await pool.end();
      await database.drop();
    },
  };
}

/** What a man in the middle makes of an answer; by its path, such as `tile/0/000`. */
export type Spoil = (path: string, body: Buffer) => Buffer;

/** After how many seconds to ask again, where that was asked for too often; null where it was not. By its path. */
export type Limit = (path: string) => number | null;

/** Serves a log over HTTP, as `/api/log` does, to whoever asks. */
export async function serve(
  desk: EvidenceLogDesk,
  spoil: Spoil = (_path, body) => body,
  limit: Limit = () => null,
) {
  const answer = async (path: string) =>
    path === 'checkpoint' ? Buffer.from((await desk.checkpoint()) ?? '') : await desk.tile(path);
  const server = createServer((request, response) => {
    const path = (request.url ?? '/').slice(1);
    const seconds = limit(path);
    if (seconds !== null) {
      response.writeHead(429, { 'retry-after': String(seconds) }).end();
      return;
    }
    answer(path).then(
      (body) => response.writeHead(body === null ? 404 : 200).end(body && spoil(path, Buffer.from(body))),
      (error: Error) => response.writeHead(500).end(error.message),
    );
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as AddressInfo;
  return {
    address: `http://127.0.0.1:${port}`,
    close: () => new Promise((closed) => server.close(closed)),
  };
}
