import { createHash, randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { readEvidenceHistory } from '../../../application/dashboard/evidence-history.ts';
import { createMigratedDatabase, type ScratchDatabase } from '../scratch-database.ts';
import { evidenceHistoryReads } from './evidence-history.ts';

const now = new Date('2026-03-14T12:00:00Z');
let database: ScratchDatabase;
let pool: pg.Pool;
/** What a test lays down beforehand, the role that runs may not. */
let owner: pg.Pool;

beforeAll(async () => {
  database = await createMigratedDatabase(inject('databaseUrl'));
  pool = new pg.Pool({ connectionString: database.url, max: 2 });
  owner = new pg.Pool({ connectionString: database.ownerUrl, max: 2 });
});
afterAll(async () => {
  await pool?.end();
  await owner?.end();
  await database?.drop();
});

async function contract(
  maxEvidenceAgeHours: number | null,
  registeredAt = '2026-03-01T00:00:00Z',
): Promise<string> {
  const id = `c${randomUUID()}`;
  const version = (number: number, description: object) =>
    owner.query(
      `INSERT INTO contract_version (contract_id, version, digest, bundle, description, authors, registered_at)
       VALUES ($1, $2::int, encode(sha256('code'), 'hex'), 'code', $3, '{}', $4::timestamptz + $2::int * interval '1 hour')`,
      [id, number, JSON.stringify(description), registeredAt],
    );
  // Of several versions the latest says it.
  await version(1, { maxEvidenceAgeHours: 1 });
  await version(2, maxEvidenceAgeHours === null ? {} : { maxEvidenceAgeHours });
  return id;
}

async function record(
  contractId: string,
  recordedAt: string,
  given: { confidence?: string | null; coverage?: string; kind?: string; generated?: boolean } = {},
): Promise<string> {
  const id = randomUUID();
  const { confidence = 'trusted', coverage = 'whole', kind = 'replay', generated = false } = given;
  const statement = JSON.stringify({ id, predicate: { software: generated ? { generated: 'yes' } : {} } });
  await owner.query(
    `INSERT INTO evidence_record (id, kind, contract_id, statement, digest, status, confidence, coverage_kind,
       requested_by, recorded_at) VALUES ($1, $2, $3, convert_to($4, 'UTF8'), $5, 'finished', $6, $7, 'ada', $8)`,
    [
      id,
      kind,
      contractId,
      statement,
      createHash('sha256').update(statement).digest('hex'),
      confidence,
      coverage,
      recordedAt,
    ],
  );
  return id;
}

const historyOf = (contractId: string) => readEvidenceHistory(evidenceHistoryReads(pool), contractId, now);

describe('the evidence of a contract over time', () => {
  it('is counted by months, and of a month without any nothing is said', async () => {
    const id = await contract(null);
    await record(id, '2026-03-01T00:00:00Z');
    await record(id, '2026-03-31T23:59:59Z');
    await record(id, '2026-01-31T23:59:59.999Z', { confidence: 'suspect' });
    await record(id, '2026-01-05T00:00:00Z', { confidence: 'untrusted', coverage: 'part' });
    await record(id, '2026-01-06T00:00:00Z', { confidence: null });
    await record(id, '2024-09-30T00:00:00Z');
    const history = await historyOf(id);
    expect(history?.months).toEqual([
      { month: '2026-01', trusted: 0, suspect: 1, untrusted: 1 },
      // What lies after now is none of it.
      { month: '2026-03', trusted: 1, suspect: 0, untrusted: 0 },
    ]);
    expect(history).toMatchObject({ maxAgeHours: null, gaps: [], budget: { status: 'no-limit' } });
  });

  it('has a gap wherever trusted evidence of the whole history came of age before there was the next', async () => {
    const id = await contract(24);
    const latest = '2026-03-12T12:00:00Z';
    await record(id, '2026-03-01T00:00:00Z');
    await record(id, '2026-03-01T20:00:00Z');
    await record(id, '2026-03-05T00:00:00Z', { coverage: 'part' });
    await record(id, '2026-03-06T00:00:00Z', { confidence: 'suspect' });
    await record(id, '2026-03-07T00:00:00Z', { generated: true });
    await record(id, '2026-03-10T00:00:00Z');
    const newest = await record(id, latest);
    const history = await historyOf(id);
    expect(history?.gaps).toEqual([
      { from: '2026-03-13T12:00:00.000Z', to: now.toISOString(), open: true },
      { from: '2026-03-11T00:00:00.000Z', to: '2026-03-12T12:00:00.000Z', open: false },
      { from: '2026-03-02T20:00:00.000Z', to: '2026-03-10T00:00:00.000Z', open: false },
    ]);
    expect(history?.latestTrusted).toEqual({ id: newest, recordedAt: new Date(latest).toISOString() });
    expect(history?.budget).toMatchObject({ status: 'overdue', used: 2 });
  });

  it('counts what stood before the window as standing, and no gap of before it', async () => {
    const id = await contract(24 * 365 * 5);
    await record(id, '2023-01-01T00:00:00Z');
    expect(await historyOf(id)).toMatchObject({ gaps: [], months: [], budget: { status: 'within' } });
  });

  it('is a gap from its first version on where nothing trusted was recorded, and has a budget that nothing has begun', async () => {
    const id = await contract(24);
    await record(id, '2026-03-13T00:00:00Z', { kind: 'promotion', confidence: null });
    await record(id, '2026-03-13T00:00:00Z', { confidence: 'suspect' });
    expect(await historyOf(id)).toMatchObject({
      latestTrusted: null,
      gaps: [{ from: '2026-03-01T01:00:00.000Z', to: now.toISOString(), open: true }],
      gapCount: 1,
      gapsDrawn: [{ from: '2026-03-01T01:00:00.000Z', to: now.toISOString() }],
      budget: { status: 'never' },
    });
  });

  it('is a gap until it was first proven, from the first month that is shown at the earliest', async () => {
    const id = await contract(24 * 400, '2020-01-01T00:00:00Z');
    await record(id, '2026-03-10T00:00:00Z');
    expect(await historyOf(id)).toMatchObject({
      gaps: [{ from: '2024-10-01T00:00:00.000Z', to: '2026-03-10T00:00:00.000Z', open: false }],
      gapCount: 1,
    });
  });

  it('counts all gaps, lists the latest hundred, and draws all of them', async () => {
    const id = await contract(6, '2025-09-01T00:00:00Z');
    const first = Date.parse('2025-09-01T01:00:00Z');
    for (let day = 0; day < 150; day += 1) await record(id, new Date(first + day * 86_400_000).toISOString());
    // A month in which it was proven all the time, as it is drawn: two stretches.
    for (let hour = 0; hour < 24 * 28; hour += 6)
      await record(id, new Date(first + 150 * 86_400_000 + hour * 3_600_000).toISOString());
    const history = await historyOf(id);
    expect(history?.gapCount).toBe(151);
    expect(history?.gaps).toHaveLength(100);
    expect(history?.gaps[0]).toMatchObject({ open: true });
    expect(history?.gapsDrawn).toEqual([
      { from: '2025-09-01T07:00:00.000Z', to: '2026-01-29T01:00:00.000Z' },
      { from: '2026-02-26T01:00:00.000Z', to: now.toISOString() },
    ]);
  });

  it('is of a registered contract', async () => {
    expect(await historyOf('nothing')).toBeNull();
  });
});
