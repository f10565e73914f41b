import { generateKeyPairSync, randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it, vi } from 'vitest';
import { evidenceLogStore } from '../../server/adapters/evidence-log/log-store.ts';
import { asyncSha256, signerOf, verifyEd25519 } from '../../server/adapters/evidence-log/node-keys.ts';
import {
  createMigratedDatabase,
  type ScratchDatabase,
} from '../../server/adapters/postgres/scratch-database.ts';
import { createUnitOfWork } from '../../server/adapters/postgres/unit-of-work.ts';
import { resultStore } from '../../server/adapters/replay-store/index.ts';
import { recordEvidence } from '../../server/application/evidence/record-evidence.ts';
import { decisionText } from '../../server/domain/test-kit/records.ts';

/** What is served past the procedures: each route itself, over a real database. */
let database: ScratchDatabase;
/** As the owner of the tables: a test’s own hand. */
let owner: pg.Pool;
let routes: Awaited<ReturnType<typeof load>>;
let close: () => Promise<void>;

const host = '127.0.0.1:3000';

async function load() {
  const [log, audit, evidence, bundle, file, runFile, review] = await Promise.all([
    import('./log/[...path]/route.ts'),
    import('./audit/export/route.ts'),
    import('./evidence/export/route.ts'),
    import('./evidence/[evidenceId]/bundle/route.ts'),
    import('./incidents/[incidentId]/files/[fileId]/route.ts'),
    import('./runs/[runId]/files/[fileId]/route.ts'),
    import('./reviews/[reviewId]/export/route.ts'),
  ]);
  return { log, audit, evidence, bundle, file, runFile, review };
}

beforeAll(async () => {
  database = await createMigratedDatabase(inject('databaseUrl'));
  owner = new pg.Pool({ connectionString: database.ownerUrl, max: 2 });
  vi.stubEnv('DATABASE_URL', database.url);
  vi.stubEnv('LOG_LEVEL', 'silent');
  vi.stubEnv('REPRISE_SECRET', 'x'.repeat(40));
  // One proxy before us, as beyond a machine of one's own: it names the address that asks.
  vi.stubEnv('REPRISE_PROXIES', '1');
  const { dashboard } = await import('../_trpc/context.ts');
  close = () => dashboard().close();
  routes = await load();
});
afterAll(async () => {
  await close?.();
  vi.unstubAllEnvs();
  await owner?.end();
  await database?.drop();
});
beforeEach(async () => {
  await owner.query('DELETE FROM request_rate');
});

/** Somebody with one role, and a token of theirs with all that one may. */
async function somebody(role: string): Promise<{ readonly id: string; readonly head: Headers }> {
  const id = randomUUID();
  const { desk } = (await import('../_trpc/context.ts')).dashboard();
  await owner.query('INSERT INTO person (id, name, email, roles) VALUES ($1, $2, $3, $4)', [
    id,
    role,
    `${id}@example.test`,
    [role],
  ]);
  const { token } = await desk('198.51.100.7').people.makeToken({
    personId: id,
    name: 'a script',
    scopes: ['read', 'evidence', 'audit'],
    days: 1,
  });
  return { id, head: new Headers({ host, authorization: `Bearer ${token}` }) };
}

const get = (path: string, head: HeadersInit) => new Request(`http://${host}${path}`, { headers: head });
const record = randomUUID();
const ask = {
  checkpoint: (head: HeadersInit) => logPart('checkpoint', head),
  entries: (head: HeadersInit) => logPart('tile/entries/000', head),
  audit: (head: HeadersInit) => routes.audit.GET(get('/api/audit/export', head)),
  evidence: (head: HeadersInit) => routes.evidence.GET(get('/api/evidence/export', head)),
  bundle: (head: HeadersInit) => bundleAsked('', head),
  verify: (head: HeadersInit) => bundleAsked('?verify=true', head),
  review: (head: HeadersInit) =>
    routes.review.GET(get(`/api/reviews/${record}/export?as=zip`, head), {
      params: Promise.resolve({ reviewId: record }),
    }),
};
const bundleAsked = (query: string, head: HeadersInit) =>
  routes.bundle.GET(get(`/api/evidence/${record}/bundle${query}`, head), {
    params: Promise.resolve({ evidenceId: record }),
  });
const logPart = (path: string, head: HeadersInit) =>
  routes.log.GET(get(`/api/log/${path}`, head), { params: Promise.resolve({ path: path.split('/') }) });

/** As if it had been asked for so often, in this minute and in the next. */
const askedAlready = (key: string, count: number) =>
  owner.query(
    `INSERT INTO request_rate (key, minute, count)
     SELECT $1, date_bin('1 minute', now(), timestamptz '2000-01-01') + each * interval '1 minute', $2
     FROM generate_series(0, 1) AS each`,
    [key, count],
  );
const audited = async (actor: string) => {
  const { rows } = await owner.query(
    `SELECT action, subject, outcome FROM audit_entry WHERE actor = $1 AND action <> 'token.made' ORDER BY id`,
    [actor],
  );
  return rows;
};

describe('how often something may be asked for in a minute', () => {
  const from = (address: string) => ({ host, 'x-forwarded-for': address });

  it('is 1,200 parts of the log by one address, whoever it is, and another address has its own', async () => {
    await askedAlready('log:203.0.113.1', 1_199);
    expect((await ask.checkpoint(from('203.0.113.1'))).status).toBe(404);
    const refused = await ask.checkpoint(from('203.0.113.1'));
    expect(refused.status).toBe(429);
    expect(refused.headers.get('retry-after')).toBe('60');
    expect(await refused.json()).toEqual({ error: expect.stringContaining('Wait a minute') });
    expect((await ask.checkpoint(from('203.0.113.2'))).status).toBe(404);
  });

  it('is 240 records by one person, and another person has their own', async () => {
    const [ada, lin] = [await somebody('auditor'), await somebody('auditor')];
    await askedAlready(`bundle:${ada.id}`, 239);
    expect((await ask.bundle(ada.head)).status).toBe(404);
    expect((await ask.bundle(ada.head)).status).toBe(429);
    expect((await ask.bundle(lin.head)).status).toBe(404);
  });

  it('is 240 parts of the log with records by one person, whether they may have them, and another has their own', async () => {
    const [ada, vito, lin] = [await somebody('auditor'), await somebody('viewer'), await somebody('auditor')];
    for (const { id } of [ada, vito]) await askedAlready(`entries:${id}`, 239);
    expect((await ask.entries(ada.head)).status).toBe(404);
    expect((await ask.entries(ada.head)).status).toBe(429);
    expect((await ask.entries(vito.head)).status).toBe(403);
    expect((await ask.entries(vito.head)).status).toBe(429);
    // What can't be taken out again grows by what was let through alone.
    expect(await audited(vito.id)).toHaveLength(1);
    expect((await ask.entries(lin.head)).status).toBe(404);
    expect((await ask.checkpoint(vito.head)).status).toBe(404);
  });

  it('is 20 files by one person, of evidence and of the audit together, and the one too many is not made', async () => {
    const [ada, lin] = [await somebody('auditor'), await somebody('auditor')];
    await askedAlready(`export:${ada.id}`, 18);
    for (const what of ['audit', 'evidence'] as const) {
      const file = await ask[what](ada.head);
      expect(file.status).toBe(200);
      await file.text();
    }
    for (const what of ['audit', 'evidence'] as const) expect((await ask[what](ada.head)).status).toBe(429);
    expect(await audited(ada.id)).toEqual([
      { action: 'audit.exported', subject: 'audit', outcome: 'done' },
      { action: 'evidence.exported', subject: 'evidence', outcome: 'done' },
    ]);
    const other = await ask.audit(lin.head);
    expect(other.status).toBe(200);
    await other.text();
  });
});

describe('what is asked for without the right to it', () => {
  it.each([
    ['entries', 'evidence.exported', 'evidence log'],
    ['audit', 'audit.exported', 'audit'],
    ['evidence', 'evidence.exported', 'evidence'],
    ['bundle', 'evidence.exported', `evidence:${record}`],
    ['verify', 'evidence.verified', `evidence:${record}`],
    ['review', 'review.exported', `review:${record}`],
  ] as const)('is refused in words, and that is on record: %s', async (what, action, subject) => {
    const vito = await somebody('viewer');
    const refused = await ask[what](vito.head);
    expect(refused.status).toBe(403);
    expect(await refused.text()).toMatch(/you (don't )?hold|those who may read evidence/);
    expect(await audited(vito.id)).toEqual([{ action, subject, outcome: 'refused' }]);
  });

  it.each(['entries', 'audit', 'evidence', 'bundle', 'review'] as const)(
    'is refused to whoever has not signed in, and to a page of elsewhere in the name of somebody who has: %s',
    async (what) => {
      expect((await ask[what]({ host })).status).toBe(401);
      const iris = await somebody('auditor');
      iris.head.set('origin', 'https://elsewhere.example');
      expect((await ask[what](iris.head)).status).toBe(403);
      expect(await audited(iris.id)).toEqual([]);
    },
  );
});

describe('an export that is filtered', () => {
  const evidence = (query: string, head: HeadersInit) =>
    routes.evidence.GET(get(`/api/evidence/export?${query}`, head));

  const asked = (path: string, head: HeadersInit) =>
    path.includes('/reviews/')
      ? routes.review.GET(get(path, head), { params: Promise.resolve({ reviewId: record }) })
      : path.includes('/bundle')
        ? bundleAsked(path.slice(path.indexOf('?')), head)
        : routes[path.includes('/audit/') ? 'audit' : 'evidence'].GET(get(path, head));

  it.each([
    ['/api/evidence/export?contract=orders', /"contract" is no filter of this export.*contractId/],
    ['/api/evidence/export?q=a&by=ada', /"q", "by" is no filter/],
    ['/api/audit/export?person=ada', /"person" is no filter of this export.*actor/],
    ['/api/reviews/export?as=md&revison=1', /revison/],
    ['/api/evidence/bundle?cosign=true', /cosign/],
  ])('by a name that is none gives out nothing, and says which there are: %s', async (path, why) => {
    const ada = await somebody('auditor');
    const answer = await asked(path, ada.head);
    expect(answer.status).toBe(400);
    expect((await answer.json()).error).toMatch(why);
    expect(await audited(ada.id)).toEqual([]);
  });

  it.each([
    ['/api/evidence/export?contractId=a&contractId=b', '"contractId"'],
    ['/api/evidence/export?format=csv&f%6Frmat=ndjson', '"format"'],
    ['/api/audit/export?actor=ada&actor=lin', '"actor"'],
    ['/api/reviews/export?as=md&as=zip', '"as"'],
    ['/api/evidence/bundle?from=1&from=2', '"from"'],
    ['/api/evidence/bundle?verify=true&verify=false', '"verify"'],
  ])('by a name that is given twice gives out nothing: %s', async (path, name) => {
    const ada = await somebody('auditor');
    const answer = await asked(path, ada.head);
    expect(answer.status).toBe(400);
    expect(await answer.json()).toEqual({ error: `${name} is given more than once: give it once.` });
    expect(await audited(ada.id)).toEqual([]);
  });

  it.each([
    ['proof/inclusion?index=0&size=1&size=2', '"size"'],
    ['proof/consistency?from=0&from=1&to=1', '"from"'],
  ])('of the log by a name that is given twice proves nothing: %s', async (path, name) => {
    const [part = ''] = path.split('?');
    const answer = await routes.log.GET(get(`/api/log/${path}`, { host }), {
      params: Promise.resolve({ path: part.split('/') }),
    });
    expect(answer.status).toBe(400);
    expect(await answer.text()).toContain(`${name} is given more than once: give it once.`);
  });

  it('by a key or by words is on record as that, since neither could be erased there', async () => {
    const ada = await somebody('auditor');
    const file = await evidence('key=alice%40example.test&search=jar&contractId=orders', ada.head);
    expect(file.status).toBe(200);
    await file.text();
    const { rows } = await owner.query(
      `SELECT detail FROM audit_entry WHERE actor = $1 AND action = 'evidence.exported'`,
      [ada.id],
    );
    expect(rows).toEqual([{ detail: { format: 'csv', contractId: 'orders', keyed: true, searched: true } }]);
  });
});

describe('a file of an incident', () => {
  const fileOf = (incidentId: string, fileId: string, head: HeadersInit) =>
    routes.file.GET(get(`/api/incidents/${incidentId}/files/${fileId}`, head), {
      params: Promise.resolve({ incidentId, fileId }),
    });

  it('is saved and never shown as a page, by whoever may read, and from its own incident alone', async () => {
    const omar = await somebody('operator');
    const { incidents } = (await import('../_trpc/context.ts')).dashboard().desk('198.51.100.7');
    const about = { personId: omar.id };
    const { incidentId } = await incidents.open({
      ...about,
      title: 'Orders stand still.',
      class: 'P3',
      contractId: null,
      beganAt: null,
    });
    const content = new TextEncoder().encode('<script>alert(1)</script>');
    await incidents.attachFile({ ...about, incidentId, name: 'Übersicht.html', content, text: '' });
    const fileId = (await incidents.get(incidentId))?.timeline.find((each) => each.fileId)?.fileId ?? '';
    const vera = await somebody('viewer');
    const answer = await fileOf(incidentId, fileId, vera.head);
    expect(answer.status).toBe(200);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'content-type': 'application/octet-stream',
      'content-disposition': "attachment; filename*=UTF-8''%C3%9Cbersicht.html",
      'x-content-type-options': 'nosniff',
      'content-security-policy': "default-src 'none'; sandbox",
      'cache-control': 'no-store',
    });
    expect(Buffer.from(await answer.arrayBuffer()).equals(Buffer.from(content))).toBe(true);
    expect((await fileOf(randomUUID(), fileId, vera.head)).status).toBe(404);
    expect((await fileOf(incidentId, 'nope', vera.head)).status).toBe(404);
    expect((await fileOf(incidentId, fileId, { host })).status).toBe(401);
    vera.head.set('origin', 'https://elsewhere.example');
    expect((await fileOf(incidentId, fileId, vera.head)).status).toBe(403);
  });

  it('is none of a run, whose files are asked for in the same way', async () => {
    const ask = (head: HeadersInit, runId: string = randomUUID()) =>
      routes.runFile.GET(get(`/api/runs/${runId}/files/x`, head), {
        params: Promise.resolve({ runId, fileId: randomUUID() }),
      });
    expect((await ask({ host })).status).toBe(401);
    expect((await ask((await somebody('viewer')).head)).status).toBe(404);
    expect((await ask((await somebody('viewer')).head, 'nope')).status).toBe(404);
  });
});

describe('records that are read as a part of the log', () => {
  it('are on record as taken, with which part, and only where there were any', async () => {
    const iris = await somebody('auditor');
    expect((await logPart('tile/entries/000.p/1', iris.head)).status).toBe(404);
    expect(await audited(iris.id)).toEqual([]);
    const id = randomUUID();
    const sealing = {
      log: evidenceLogStore,
      signer: signerOf(generateKeyPairSync('ed25519').privateKey),
      sha256: asyncSha256,
      verifyEd25519,
      originOfNew: 'log.example.test',
    };
    await createUnitOfWork(owner).run((tx) =>
      recordEvidence({ results: resultStore, sealing }, tx, { id, text: decisionText(id) }, []),
    );
    const answer = await logPart('tile/entries/000.p/1', iris.head);
    expect(answer.status).toBe(200);
    expect((await answer.arrayBuffer()).byteLength).toBeGreaterThan(200);
    const { rows } = await owner.query(
      'SELECT action, subject, outcome, detail FROM audit_entry WHERE actor = $1 AND subject = $2',
      [iris.id, 'evidence log'],
    );
    expect(rows).toEqual([
      {
        action: 'evidence.exported',
        subject: 'evidence log',
        outcome: 'done',
        detail: expect.objectContaining({ tile: 'tile/entries/000.p/1' }),
      },
    ]);
    // Hashes say nothing of a record, and are anybody's.
    expect((await logPart('tile/0/000.p/1', iris.head)).status).toBe(200);
    expect(await audited(iris.id)).toHaveLength(1);
  });
});
