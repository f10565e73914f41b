import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { auditFrom } from '../../adapters/postgres/audit.ts';
import { createMigratedDatabase, type ScratchDatabase } from '../../adapters/postgres/scratch-database.ts';
import { createUnitOfWork } from '../../adapters/postgres/unit-of-work.ts';
import { savedViewStore } from '../../adapters/saved-views/saved-view-store.ts';
import { changeView, listViews, removeView, saveView, VIEWS_AT_MOST } from './keep-views.ts';

let database: ScratchDatabase;
let pool: pg.Pool;
/** What a test lays down beforehand, the role that runs may not. */
let owner: pg.Pool;

beforeAll(async () => {
  database = await createMigratedDatabase(inject('databaseUrl'));
  pool = new pg.Pool({ connectionString: database.url, max: 4 });
  owner = new pg.Pool({ connectionString: database.ownerUrl, max: 2 });
});
afterAll(async () => {
  await pool?.end();
  await owner?.end();
  await database?.drop();
});

const deps = () => ({
  unitOfWork: createUnitOfWork(pool),
  views: savedViewStore,
  audit: auditFrom('a test'),
  newId: randomUUID,
});

async function person(): Promise<string> {
  const id = randomUUID();
  await owner.query('INSERT INTO person (id, name, email) VALUES ($1, $1, $2)', [id, `${id}@example.test`]);
  return id;
}

const save = (personId: string, name: string, shared = false) =>
  saveView(deps(), { personId, page: 'evidence', name, query: 'status=failed', shared });
const namesFor = async (personId: string) =>
  (await listViews(deps(), personId, 'evidence')).map(
    ({ name, isOwn }) => `${isOwn ? 'own' : 'shared'} ${name}`,
  );

describe('views that people keep', () => {
  it('are seen by their person, and by others only where they are shared', async () => {
    const [ada, olga] = [await person(), await person()];
    await save(ada, 'failed of late');
    const { viewId } = await save(ada, 'for the review', true);
    expect(await namesFor(ada)).toEqual(['own failed of late', 'own for the review']);
    expect(await namesFor(olga)).toEqual(['shared for the review']);
    await changeView(deps(), { viewId, personId: ada, shared: false });
    expect(await namesFor(olga)).toEqual([]);
  });

  it('differ in what people see of their names, and not in spelling alone', async () => {
    const ada = await person();
    await save(ada, 'A');
    await save(ada, 'caf\u00e9');
    for (const name of ['A\u200b', 'cafe\u0301'])
      await expect(save(ada, name)).rejects.toThrow(/Give this one another name/);
  });

  it('are changed and deleted by their person alone, and nobody else learns that they are there', async () => {
    const [ada, olga] = [await person(), await person()];
    const { viewId } = await save(ada, 'mine', true);
    const none = 'This view is deleted already, or is none of yours.';
    await expect(changeView(deps(), { viewId, personId: olga, name: 'x' })).rejects.toThrow(none);
    await expect(removeView(deps(), { viewId, personId: olga })).rejects.toThrow(none);
    await changeView(deps(), { viewId, personId: ada, name: 'renamed' });
    expect(await namesFor(ada)).toEqual(['own renamed']);
    await removeView(deps(), { viewId, personId: ada });
    expect(await namesFor(ada)).toEqual([]);
    await expect(removeView(deps(), { viewId, personId: ada })).rejects.toThrow(none);
  });

  it('have one name each, and go on being changed under it', async () => {
    const ada = await person();
    const { viewId } = await save(ada, 'one');
    await save(ada, 'two');
    await expect(save(ada, 'one')).rejects.toThrow('You have a view "one" already');
    await expect(changeView(deps(), { viewId, personId: ada, name: 'two' })).rejects.toThrow('already');
    await changeView(deps(), { viewId, personId: ada, name: 'one', query: 'status=refused' });
    const saved = await Promise.allSettled([save(ada, 'three'), save(ada, 'three'), save(ada, 'three')]);
    expect(saved.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected', 'rejected']);
  });

  it('are so many at most', async () => {
    const ada = await person();
    await owner.query(
      `INSERT INTO saved_view (id, person_id, page, name, query)
       SELECT gen_random_uuid(), $1, 'evidence', n::text, '' FROM generate_series(1, $2) AS n`,
      [ada, VIEWS_AT_MOST],
    );
    await expect(save(ada, 'one more')).rejects.toThrow('Delete one');
  });

  it('are no longer than a page can show, also past all code', async () => {
    const ada = await person();
    const insert = (name: string, query: string) =>
      pool.query(
        `INSERT INTO saved_view (id, person_id, page, name, query) VALUES ($1, $2, 'evidence', $3, $4)`,
        [randomUUID(), ada, name, query],
      );
    for (const [name, query] of [
      ['x'.repeat(10_000), ''],
      ['', ''],
      ['long', 'x'.repeat(2_001)],
    ] as const)
      await expect(insert(name, query)).rejects.toThrow(/saved_view_sized/);
    await insert('x'.repeat(80), 'x'.repeat(2_000));
  });

  it('are on record, without the words that a person chose', async () => {
    const ada = await person();
    const { viewId } = await save(ada, 'about a customer');
    await changeView(deps(), { viewId, personId: ada, shared: true });
    await removeView(deps(), { viewId, personId: ada });
    await save(ada, 'twice');
    await expect(save(ada, 'twice')).rejects.toThrow('already');
    const { rows } = await owner.query(
      'SELECT action, subject, detail FROM audit_entry WHERE actor = $1 ORDER BY id',
      [ada],
    );
    expect(rows.slice(0, 3)).toEqual([
      { action: 'view.saved', subject: `view:${viewId}`, detail: { page: 'evidence', shared: false } },
      { action: 'view.changed', subject: `view:${viewId}`, detail: { page: 'evidence', shared: true } },
      { action: 'view.removed', subject: `view:${viewId}`, detail: { page: 'evidence', shared: true } },
    ]);
    // What was refused has changed nothing, and its refusal is put on record by whoever was asked.
    expect(rows).toHaveLength(4);
  });
});
