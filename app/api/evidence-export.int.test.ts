import { createHash, randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import {
  createMigratedDatabase,
  type ScratchDatabase,
} from '../../server/adapters/postgres/scratch-database.ts';
import { exportEvidence } from '../../server/api/evidence-export.ts';
import type { ExportFormat } from '../../server/api/export-pages.ts';
import type { DashboardQueries, EvidenceFilter } from '../../server/application/ports/dashboard.ts';
import { composeDashboard } from '../../server/composition/dashboard.ts';
import { readSettings } from '../../server/env.ts';
import { streamOf } from './export-answer.ts';

const records = 2300;
let database: ScratchDatabase;
/** What a test lays down beforehand, the role that runs may not. */
let owner: pg.Pool;
let dashboard: ReturnType<typeof composeDashboard>;

beforeAll(async () => {
  database = await createMigratedDatabase(inject('databaseUrl'));
  owner = new pg.Pool({ connectionString: database.ownerUrl, max: 2 });
  dashboard = composeDashboard(
    readSettings({ DATABASE_URL: database.url, LOG_LEVEL: 'silent' }, process.cwd()),
    'test',
  );
  const rows = Array.from({ length: records }, (_, at) => {
    const statement = JSON.stringify({ at });
    const digest = createHash('sha256').update(statement).digest('hex');
    return {
      id: randomUUID(),
      statement,
      digest,
      contract: at % 2 === 0 ? 'even' : '=HYPERLINK("x")',
      // Several in one millisecond, so that a page ends among them.
      at: new Date(Date.UTC(2026, 0, 1) + Math.floor(at / 7)).toISOString(),
    };
  });
  await owner.query(
    `INSERT INTO evidence_record (id, kind, contract_id, statement, digest, status, requested_by, recorded_at)
     SELECT r.id, 'replay', r.contract, convert_to(r.statement, 'UTF8'), r.digest, 'finished', 'p1', r.at
     FROM json_to_recordset($1) AS r(id uuid, statement text, digest text, contract text, at timestamptz)`,
    [JSON.stringify(rows)],
  );
});
afterAll(async () => {
  await dashboard?.close();
  await owner?.end();
  await database?.drop();
});

/** What the answer of a download streams, and how many pages it has asked for so far. */
function download(
  filter: EvidenceFilter,
  format: ExportFormat,
  isStillLetIn = async () => true,
): {
  readonly stream: ReadableStream<Uint8Array>;
  readonly asked: () => number;
  readonly failures: unknown[];
} {
  let asked = 0;
  const evidence: DashboardQueries['evidence'] = (...given) => {
    asked += 1;
    return dashboard.queries.evidence(...given);
  };
  const failures: unknown[] = [];
  const viewer = { id: 'iris', rights: ['read', 'evidence'] as const };
  const names = new Map([['p1', 'Ada']]);
  const text = exportEvidence({ queries: { evidence }, filter, viewer, format, names, isStillLetIn });
  return { stream: streamOf(text, (error) => failures.push(error)), asked: () => asked, failures };
}

describe('an export of evidence', () => {
  it('holds every record that the filter lets through once, the newest first', async () => {
    const text = await new Response(download({}, 'ndjson').stream).text();
    const rows = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(rows).toHaveLength(records);
    expect(new Set(rows.map((row) => row.id)).size).toBe(records);
    const times = rows.map((row) => row.recorded_at);
    expect(times).toEqual(times.toSorted().toReversed());
    expect(rows[0]).toMatchObject({ requested_by_name: 'Ada', confidence_status: null, generated: false });
    const even = await new Response(download({ contractId: 'even' }, 'ndjson').stream).text();
    expect(even.trimEnd().split('\n')).toHaveLength(records / 2);
  });

  it('is a table of text that no spreadsheet runs, where nothing known is nothing and not zero', async () => {
    const text = await new Response(download({ contractId: '=HYPERLINK("x")' }, 'csv').stream).text();
    const [head, first] = text.split('\r\n');
    expect(head).toBe(
      'id,recorded_at,kind,contract_id,replay_id,status,confidence_status,agreement,coverage,events_processed,duplicates_skipped,projections_changed,reconciliation_failures,requested_by,requested_by_name,approved_by,approved_by_names,digest,generated',
    );
    expect(first).toContain(`,replay,"'=HYPERLINK(""x"")",,finished,,,,,,,,p1,Ada,`);
  });

  it('reads no further than whoever downloads it has taken, so that memory holds a page or two', async () => {
    const { stream, asked } = download({}, 'ndjson');
    const reader = stream.getReader();
    await reader.read();
    await new Promise((done) => setTimeout(done, 200));
    expect(asked()).toBeLessThanOrEqual(2);
    await reader.read();
    await new Promise((done) => setTimeout(done, 200));
    expect(asked()).toBeLessThanOrEqual(3);
    await reader.cancel();
  });

  it('asks the database for nothing more once its download is broken off', async () => {
    const { stream, asked, failures } = download({}, 'csv');
    const reader = stream.getReader();
    await reader.read();
    await reader.read();
    await reader.cancel();
    const pages = asked();
    await new Promise((done) => setTimeout(done, 300));
    expect(asked()).toBe(pages);
    const { rows } = await owner.query(
      `SELECT query FROM pg_stat_activity WHERE datname = current_database() AND state = 'active' AND pid <> pg_backend_pid()`,
    );
    expect(rows).toEqual([]);
    expect(failures).toEqual([]);
  });

  it('breaks off, and is no whole file, where whoever asked is not let in any more', async () => {
    let pages = 0;
    const { stream, failures } = download({}, 'csv', async () => {
      pages += 1;
      return pages < 3;
    });
    await expect(new Response(stream).text()).rejects.toThrow('not let in');
    expect(failures).toHaveLength(1);
  });
});
