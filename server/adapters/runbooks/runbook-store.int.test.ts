import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { createRunbookCatalogue } from '../../application/runbooks/catalogue.ts';
import { registerRunbooks } from '../../application/runbooks/register-runbooks.ts';
import { failureModes } from '../../domain/runbook/index.ts';
import { systemClock } from '../clock/system-clock.ts';
import { auditFrom } from '../postgres/audit.ts';
import { postgresNotifier } from '../postgres/live-feed.ts';
import { createPool } from '../postgres/pool.ts';
import { createMigratedDatabase, type ScratchDatabase } from '../postgres/scratch-database.ts';
import { createUnitOfWork } from '../postgres/unit-of-work.ts';
import { runbookFiles } from './runbook-files.ts';
import { runbookStore } from './runbook-store.ts';

let database: ScratchDatabase;
let pool: pg.Pool;
let folder = '';
const live: string[] = [];

beforeAll(async () => {
  database = await createMigratedDatabase(inject('databaseUrl'));
  pool = createPool(database.url, { name: 'test', max: 4, report: () => undefined });
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});
beforeEach(async () => {
  await rm(folder, { recursive: true, force: true });
  folder = await mkdtemp(join(tmpdir(), 'reprise-runbooks-'));
  live.length = 0;
});

const contracts = ['inventory'];
const register = () =>
  registerRunbooks({
    unitOfWork: createUnitOfWork(pool),
    runbooks: runbookStore,
    runbookFiles: runbookFiles(folder),
    clock: systemClock,
    contracts: {
      latestOfPresent: async () =>
        contracts.map((contractId) => ({
          ...{ contractId, version: 1, digest: '', bundle: new Uint8Array(), authors: [] },
        })),
    },
    audit: auditFrom('test'),
    live: {
      notify: async (tx, topic) => {
        live.push(topic);
        await postgresNotifier.notify(tx, topic);
      },
    },
  });
const catalogue = () =>
  createRunbookCatalogue({ unitOfWork: createUnitOfWork(pool), runbooks: runbookStore });

const text = (id: string, title = 'Full disk') => `---
id: ${id}
title: ${title}
failure-mode: disk-full
severity: P1
owner: platform-team
last-rehearsed: never
---

## Symptoms
### a
## Diagnosis
### b
## Mitigation
### c
## Post-incident
### d
`;
const put = (name: string, content: string) => writeFile(join(folder, name), content);

async function current(id: string) {
  const page = await catalogue().get(id, null);
  if (page === null) throw new Error(`there is no ${id}`);
  return page;
}

describe('registered runbooks', () => {
  it('are a version for each content, and the newest is the one that is used', async () => {
    await put('first.md', text('first'));
    expect(await register()).toMatchObject({ registered: [{ id: 'first', isNew: true }], problems: [] });
    const before = await current('first');
    expect(live).toEqual(['runbooks']);

    expect(await register()).toMatchObject({ registered: [{ isNew: false }] });
    expect(live).toEqual(['runbooks']);

    await put('first.md', text('first', 'Another title'));
    await register();
    const after = await current('first');
    expect(after.shown.runbook.title).toBe('Another title');
    expect(after.versions.map(({ digest }) => digest)).toEqual([after.shown.digest, before.shown.digest]);
    const old = await catalogue().get('first', before.shown.digest);
    expect(old?.shown).toMatchObject({ isCurrent: false, runbook: { title: 'Full disk' } });
    await createUnitOfWork(pool).run(async (tx) => {
      expect(await runbookStore.source(tx, 'first', before.shown.digest)).toBe(text('first'));
    });
  });

  it('go on being used as they were while their file is wrong, and the page has each mistake with its line', async () => {
    await put('wrong-later.md', text('wrong-later'));
    await register();
    const { shown } = await current('wrong-later');
    await put('wrong-later.md', text('wrong-later').replace('P1', 'P9').replace('## Mitigation', '## Fix'));
    const { problems, gone } = await register();
    expect(gone).toEqual([]);
    expect(problems.map(({ line }) => line)).toEqual([5, 14, expect.any(Number)]);
    const page = await current('wrong-later');
    expect(page.shown.digest).toBe(shown.digest);
    expect(page.problems).toHaveLength(3);
    expect(page.summary).toMatchObject({ goneAt: null, mistakes: 3 });

    await put('wrong-later.md', '---\nid: [broken\n');
    await register();
    expect((await current('wrong-later')).problems[0]?.sentence).toContain('YAML');

    await put('wrong-later.md', text('wrong-later'));
    await register();
    expect((await current('wrong-later')).problems).toEqual([]);
  });

  it('are held against the contracts that are registered and the day that it is', async () => {
    await put('bound.md', text('bound').replace('owner:', 'contracts: [orders]\nowner:'));
    expect((await register()).problems).toEqual([
      {
        ...{ file: 'bound.md', runbookId: 'bound', line: 6 },
        sentence: 'there is no contract "orders" (registered: inventory)',
      },
    ]);
    contracts.push('orders');
    expect((await register()).registered).toMatchObject([{ id: 'bound', isNew: true }]);
    await put('bound.md', text('bound').replace('never', '2999-01-01'));
    expect((await register()).problems).toMatchObject([{ line: 7, sentence: /not come yet/ }]);
    contracts.pop();
  });

  it('are marked where their file is gone, keep their versions, and are there again with it', async () => {
    await put('goes.md', text('goes'));
    await register();
    await rm(join(folder, 'goes.md'));
    expect((await register()).gone).toContain('goes');
    const page = await current('goes');
    expect(page.summary.goneAt).not.toBeNull();
    expect(page.versions).toHaveLength(1);
    await rm(folder, { recursive: true });
    expect((await register()).gone).toEqual([]);
    await mkdir(folder);
    await put('under-another-name.md', text('goes'));
    await register();
    expect((await current('goes')).summary).toMatchObject({ goneAt: null, file: 'under-another-name.md' });
  });

  it('have one file each: a second one with the same id is wrong, and says which has it', async () => {
    await put('a.md', text('same'));
    await put('b.md', text('same', 'Other'));
    const { problems } = await register();
    expect(problems).toEqual([
      { file: 'b.md', runbookId: null, line: 2, sentence: 'same is the id of a.md already' },
    ]);
    expect((await current('same')).shown.runbook.title).toBe('Full disk');
  });

  it('leave a line of the audit for each change, and failures without one are named', async () => {
    await put('audited.md', text('audited'));
    await register();
    const { rows } = await pool.query(
      `SELECT action, outcome FROM audit_entry WHERE subject = 'runbook:audited' ORDER BY id`,
    );
    expect(rows).toEqual([{ action: 'runbook.register', outcome: 'done' }]);
    const list = await catalogue().list();
    expect(list.without).toEqual(failureModes.filter((mode) => mode !== 'disk-full'));
    expect(await catalogue().get('nothing', null)).toBeNull();
    expect(await catalogue().get('audited', 'f'.repeat(64))).toBeNull();
  });

  it('are never changed by the role that runs, and no other bytes are taken for a digest', async () => {
    await put('kept.md', text('kept'));
    await register();
    await expect(pool.query(`UPDATE runbook_version SET file = 'x'`)).rejects.toThrow();
    await expect(pool.query('DELETE FROM runbook_version')).rejects.toThrow();
    await expect(
      pool.query(
        `INSERT INTO runbook_version (runbook_id, digest, file, bytes, runbook) VALUES ('x', $1, 'x', 'abc', '{}')`,
        ['0'.repeat(64)],
      ),
    ).rejects.toThrow(/digest_of_bytes/);
  });
});
