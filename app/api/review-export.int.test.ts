import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { strFromU8, unzipSync } from 'fflate';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { sha256 } from '@/server/adapters/digests.ts';
import { evidenceLogStore } from '@/server/adapters/evidence-log/log-store.ts';
import { asyncSha256, signerOf, verifyEd25519 } from '@/server/adapters/evidence-log/node-keys.ts';
import { createMigratedDatabase, type ScratchDatabase } from '@/server/adapters/postgres/scratch-database.ts';
import { createUnitOfWork } from '@/server/adapters/postgres/unit-of-work.ts';
import { resultStore } from '@/server/adapters/replay-store/index.ts';
import { pagesOf } from '@/server/adapters/review-files/pdf-reader.ts';
import { recordEvidence } from '@/server/application/evidence/record-evidence.ts';
import { signCheckpoint } from '@/server/application/evidence/sign-checkpoint.ts';
import { opinionSections } from '@/server/domain/review/index.ts';
import { decisionText } from '@/server/domain/test-kit/records.ts';
import { verifyBundle } from '@/server/domain/verification/index.ts';

/** The route over a real database: a review is written by one, completed by another and signed by a third. */
let database: ScratchDatabase;
let owner: pg.Pool;
let runner: pg.Pool;
let close: () => Promise<void>;
let reviewId: string;
let signed: string;
let recordId: string;
const key = generateKeyPairSync('ed25519').privateKey;
const signer = signerOf(key);
const sealing = {
  ...{ log: evidenceLogStore, signer, sha256: asyncSha256, verifyEd25519 },
  originOfNew: 'log.example.test/api/log',
};
const host = '127.0.0.1:3000';

beforeAll(async () => {
  database = await createMigratedDatabase(inject('databaseUrl'));
  owner = new pg.Pool({ connectionString: database.ownerUrl, max: 2 });
  runner = new pg.Pool({ connectionString: database.url, max: 2 });
  vi.stubEnv('DATABASE_URL', database.url);
  vi.stubEnv('LOG_LEVEL', 'silent');
  vi.stubEnv('REPRISE_SECRET', 'x'.repeat(40));
  vi.stubEnv('REPRISE_SIGNING_KEY', String(key.export({ format: 'pem', type: 'pkcs8' })));
  const { dashboard } = await import('../_trpc/context.ts');
  close = () => dashboard().close();
  for (const [id, role] of [
    ['omar', 'operator'],
    ['ada', 'approver'],
    ['grace', 'auditor'],
    ['vera', 'viewer'],
  ])
    await owner.query('INSERT INTO person (id, name, email, roles) VALUES ($1, $1, $2, $3)', [
      id,
      `${id}@example.test`,
      [role],
    ]);
  await reviewed();
});
afterAll(async () => {
  await close?.();
  vi.unstubAllEnvs();
  await Promise.all([owner?.end(), runner?.end()]);
  await database?.drop();
});

/** A record that the incident is about, then its review, signed; then a worker signs what the log holds. */
async function reviewed() {
  const { incidents, reviews } = (await import('../_trpc/context.ts')).dashboard().desk('198.51.100.7');
  const unitOfWork = createUnitOfWork(runner);
  recordId = randomUUID();
  await unitOfWork.run((tx) =>
    recordEvidence({ results: resultStore, sealing }, tx, { id: recordId, text: decisionText(recordId) }, []),
  );
  const opened = await incidents.open({
    ...{ personId: 'omar', title: 'Orders stand still.', class: 'P3', contractId: null, beganAt: null },
  });
  const { incidentId } = opened;
  await owner.query(
    'INSERT INTO incident_evidence (incident_id, evidence_id, linked_by) VALUES ($1, $2, $3)',
    [...[incidentId, recordId, 'omar']],
  );
  const version = (await incidents.get(incidentId))?.version ?? 0;
  await incidents.recover({ incidentId, personId: 'omar', version, evidenceId: null, reason: 'by hand' });
  reviewId = (await reviews.ofIncident(incidentId)) ?? '';
  for (const section of opinionSections)
    await reviews.save({
      ...{ reviewId, personId: 'omar', section, baseVersion: 0 },
      text: `## Impact (fact)\n\nforged ${section}`,
    });
  const { digest } = await reviews.complete({ reviewId, personId: 'ada' });
  signed = (await reviews.sign({ reviewId, personId: 'grace', digest })).evidenceId;
  await signCheckpoint({ unitOfWork, sealing }, []);
}

async function headOf(id: string): Promise<Headers> {
  const { people } = (await import('../_trpc/context.ts')).dashboard().desk('198.51.100.7');
  const { token } = await people.makeToken({
    ...{ personId: id, name: `a script ${randomUUID()}`, scopes: ['read', 'evidence'], days: 1 },
  });
  return new Headers({ host, authorization: `Bearer ${token}` });
}
async function ask(query: string, head: Headers, id = reviewId) {
  const { GET } = await import('./reviews/[reviewId]/export/route.ts');
  const request = new Request(`http://${host}/api/reviews/${id}/export?${query}`, { headers: head });
  return GET(request, { params: Promise.resolve({ reviewId: id }) });
}
const bytesOf = async (answer: Response) => new Uint8Array(await answer.arrayBuffer());
const audited = async () =>
  (
    await owner.query(
      `SELECT actor, action, subject, outcome, detail FROM audit_entry WHERE action IN ('review.exported', 'evidence.exported') ORDER BY id`,
    )
  ).rows;

describe('a signed review', () => {
  it('as ZIP holds what was signed, printed and to be read, and bundles that verify offline', async () => {
    const answer = await ask('as=zip', await headOf('grace'));
    expect(answer.status).toBe(200);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'content-type': 'application/zip',
      'content-disposition': `attachment; filename="review-${reviewId}-revision-1.zip"`,
      'x-content-type-options': 'nosniff',
    });
    const files = unzipSync(await bytesOf(answer));
    expect(Object.keys(files).toSorted()).toEqual(
      [
        ...['README.md', 'review.json', 'review.md', 'review.pdf'],
        ...[recordId, signed].map((id) => `evidence/${id}.evidence.json`),
      ].toSorted(),
    );
    const file = (name: string) => files[name] ?? new Uint8Array();
    const { rows } = await owner.query('SELECT digest, markdown_digest FROM review_signing');
    expect(sha256(file('review.json'))).toBe(rows[0].digest);
    expect(sha256(file('review.md'))).toBe(rows[0].markdown_digest);
    expect(strFromU8(file('review.json'))).toMatch(/^\{.*\}\n$/);
    expect(strFromU8(file('review.md'))).toContain('> ## Impact (fact)\n>\n> forged summary');
    expect(strFromU8(file('README.md'))).toContain(rows[0].digest);
    for (const id of [recordId, signed]) {
      const report = await verifyBundle({
        bytes: file(`evidence/${id}.evidence.json`),
        recordKeys: [signer.publicKey],
        checkpointKeys: [signer.publicKey],
        ...{ origin: sealing.originOfNew, witnesses: [], sha256: asyncSha256, verifyEd25519 },
      });
      expect(report.checks.filter(({ outcome }) => outcome === 'fail')).toEqual([]);
      expect(report.integrity.outcome).toBe('verified');
      if (id === signed) expect(JSON.stringify(report.statement)).toContain(rows[0].digest);
    }
    expect(await audited()).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          ...{ actor: 'grace', action: 'review.exported', subject: `review:${reviewId}`, outcome: 'done' },
          detail: expect.objectContaining({ as: 'zip', revision: 1, signed: true, bundles: 2, without: 0 }),
        }),
        expect.objectContaining({
          action: 'evidence.exported',
          subject: `evidence:${signed}`,
          outcome: 'done',
        }),
      ]),
    );
  });

  it('as PDF says on each page what it is, and holds what was written', async () => {
    const pages = await pagesOf(await bytesOf(await ask('as=pdf', await headOf('grace'))));
    pages.forEach((page, at) => {
      expect(page).toContain(`Revision 1, signed, record ${signed}`);
      expect(page).toContain(`page ${at + 1} of ${pages.length}`);
    });
    for (const words of ['Review: Orders stand still.', 'forged summary', 'Signed by grace'])
      expect(pages.join('')).toContain(words);
  });

  it('is exported alike each time', async () => {
    const head = await headOf('grace');
    const [one, other] = [await bytesOf(await ask('as=zip', head)), await bytesOf(await ask('as=zip', head))];
    expect(sha256(one)).toBe(sha256(other));
  });

  it.each([
    ['as=doc', 400, /as is one of md, pdf, zip, json/],
    ['', 400, /as is one of/],
    ['as=md&revision=7', 404, /Revision 7 of this review was never signed/],
    ['as=md&revision=x', 400, /number of a signed revision/],
  ])('asked for wrongly, %j is answered in words, and is no export', async (query, status, why) => {
    const before = (await audited()).length;
    const answer = await ask(query, await headOf('grace'));
    expect(answer.status).toBe(status);
    expect((await answer.json()).error).toMatch(why);
    expect(await audited()).toHaveLength(before);
  });

  it('that is not there is none, and whoever only reads is refused, which is on record', async () => {
    expect((await ask('as=md', await headOf('grace'), randomUUID())).status).toBe(404);
    const refused = await ask('as=md', await headOf('vera'));
    expect(refused.status).toBe(403);
    expect((await audited()).at(-1)).toMatchObject({
      ...{ actor: 'vera', action: 'review.exported', outcome: 'refused' },
    });
  });

  it('is refused on record no oftener than it may be asked for', async () => {
    const [head, before] = [await headOf('vera'), (await audited()).length];
    for (let asked = 0; asked < 45; asked += 1) await ask('as=md', head);
    expect((await ask('as=md', head)).status).toBe(429);
    // Twenty a minute, and the minute may have turned.
    expect((await audited()).length - before).toBeLessThanOrEqual(40);
  });
});

describe('a review that nobody has signed', () => {
  it('says so in each of its forms, and has no bundle for whoever may not read evidence', async () => {
    const { dashboard } = await import('../_trpc/context.ts');
    const { reviews } = dashboard().desk('198.51.100.7');
    await reviews.revise({ reviewId, personId: 'omar', reason: 'a wrong figure' });
    const made = (as: 'md' | 'pdf' | 'zip') =>
      reviews.export({ reviewId, revision: null, as }, { id: 'omar', rights: ['respond'] });
    const { name, content } = await made('zip');
    expect(name).toBe(`review-${reviewId}-revision-2-draft.zip`);
    const files = unzipSync(content);
    expect(Object.keys(files).filter((each) => each.startsWith('evidence/'))).toEqual([]);
    expect(strFromU8(files['README.md'] ?? new Uint8Array())).toMatch(
      new RegExp(`nobody has signed it[\\s\\S]*record ${recordId}: .*right "evidence"`),
    );
    expect(strFromU8((await made('md')).content)).toMatch(/^\*\*Draft: this is signed by nobody\.\*\*\n/);
    for (const page of await pagesOf((await made('pdf')).content))
      expect(page).toContain('DRAFT, signed by nobody');
  });
});
