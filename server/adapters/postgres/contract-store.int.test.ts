import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { registerContracts } from '../../application/contracts/register-contracts.ts';
import type { ContractLoader } from '../../application/ports/contracts.ts';
import type { Sha256Hex } from '../../domain/shared/ids.ts';
import { approvalStore } from '../approval/approval-store.ts';
import { promotionStore } from '../approval/promotion-store.ts';
import { createContractLoader } from '../contracts/contract-loader.ts';
import { noticeStore } from '../notices/notice-store.ts';
import { replayStore } from '../replay-store/index.ts';
import { auditFrom } from './audit.ts';
import { createContractStore } from './contract-store.ts';
import { postgresNotifier } from './live-feed.ts';
import { createPool } from './pool.ts';
import { createMigratedDatabase, type ScratchDatabase } from './scratch-database.ts';
import { createUnitOfWork } from './unit-of-work.ts';

let database: ScratchDatabase;
let pool: pg.Pool;
/** As the owner of the tables: a test’s own hand. */
let owner: pg.Pool;
const root = mkdtempSync(join(tmpdir(), 'reprise-registration-'));
const folder = join(root, 'contracts');

beforeAll(async () => {
  database = await createMigratedDatabase(inject('databaseUrl'));
  pool = createPool(database.url, { name: 'test', max: 4, report: () => undefined });
  owner = createPool(database.ownerUrl, { name: 'test', max: 4, report: () => undefined });
  symlinkSync(resolve('node_modules'), join(root, 'node_modules'));
  symlinkSync(resolve('server'), join(root, 'server'));
});
afterAll(async () => {
  rmSync(root, { recursive: true });
  await pool.end();
  await owner.end();
  await database.drop();
});
beforeEach(async () => {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  await owner.query('DELETE FROM contract_version; DELETE FROM contract_problem; DELETE FROM contract_file');
});

const loaderOf = () => createContractLoader({ contractsDir: folder, root });
const register = (loader: ContractLoader = loaderOf()) =>
  registerContracts({
    unitOfWork: createUnitOfWork(pool),
    contracts: createContractStore(pool),
    loader,
    approvals: approvalStore,
    promotions: promotionStore,
    notices: noticeStore,
    replays: replayStore,
    checkSelect: async () => undefined,
    audit: auditFrom('test'),
    live: postgresNotifier,
    sha256: (data) => createHash('sha256').update(data).digest('hex') as Sha256Hex,
  });

function write(name: string, id: string, apply = 'state'): void {
  writeFileSync(
    join(folder, name),
    `import { z } from 'zod';
     import { defineContract, event, fromHeader, fromKey, kafkaHistory } from '../server/domain/contract/define.ts';
     export default defineContract({
       id: '${id}', title: '${id}', authors: ['ada'], history: kafkaHistory({ topic: 't' }),
       envelope: { id: fromHeader('id'), type: fromHeader('type') },
       ordering: { key: fromKey(), partitioner: 'murmur2' },
       events: { Moved: event(1, z.object({ by: z.number() })) },
       projection: { initial: () => 0, apply: (state: number, event) => ${apply} },
       derivedStates: {},
     });`,
  );
}

describe('registration', () => {
  it('stores a version once, however often it runs and however many run at once', async () => {
    write('stock.ts', 'stock');
    const outcomes = await Promise.all([register(), register(), register()]);
    expect(outcomes.flatMap(({ registered }) => registered).filter(({ isNew }) => isNew)).toHaveLength(1);
    expect(await register()).toMatchObject({ registered: [{ version: 1, isNew: false }], problems: [] });
    const audit = await owner.query(`SELECT actor, action FROM audit_entry WHERE subject = 'contract:stock'`);
    expect(audit.rows).toEqual([{ actor: 'reprise', action: 'contract.register' }]);
  });

  it('makes a new version of changed code, and again when it goes back to what it was', async () => {
    write('stock.ts', 'stock');
    await register();
    write('stock.ts', 'stock', 'state + event.data.by');
    await register();
    write('stock.ts', 'stock');
    await register();
    const store = createContractStore(pool);
    const [one, two, three] = await Promise.all([1, 2, 3].map((version) => store.version('stock', version)));
    expect(three?.digest).toBe(one?.digest);
    expect(two?.digest).not.toBe(one?.digest);
    expect((await store.latest('stock'))?.version).toBe(3);
    expect((await store.latestOfAll()).map(({ version }) => version)).toEqual([3]);
  });

  it('stores nothing older after what was saved meanwhile, whoever has registered that', async () => {
    write('stock.ts', 'stock');
    await register();
    write('stock.ts', 'stock', 'state + 1');
    const loader = loaderOf();
    let isSaved = false;
    const slow: ContractLoader = {
      ...loader,
      bundleAll: async () => {
        const made = await loader.bundleAll();
        if (!isSaved) {
          isSaved = true;
          write('stock.ts', 'stock', 'state + event.data.by');
          await register();
        }
        return made;
      },
    };
    expect(await register(slow)).toMatchObject({ registered: [{ version: 2, isNew: false }] });
    expect(await register()).toMatchObject({ registered: [{ version: 2, isNew: false }] });
  });

  it('stores what it read the last time of a file that is saved without end', async () => {
    let saves = 0;
    const loader = loaderOf();
    const restless: ContractLoader = {
      ...loader,
      bundleAll: async () => {
        write('stock.ts', 'stock', `state + ${++saves}`);
        const made = await loader.bundleAll();
        write('stock.ts', 'stock', `state - ${saves}`);
        return made;
      },
    };
    expect(await register(restless)).toMatchObject({ registered: [{ version: 1, isNew: true }] });
    expect(saves).toBe(3);
    expect(await register()).toMatchObject({ registered: [{ version: 2, isNew: true }] });
  });

  it('keeps what can not be registered as a problem with file and field, until it is mended', async () => {
    write('a-stock.ts', 'stock');
    write('b-stock.ts', 'stock');
    writeFileSync(join(folder, 'broken.ts'), 'export default {');
    writeFileSync(join(folder, 'clock.ts'), 'export default { id: String(Date.now()) };');
    const { registered, problems } = await register();
    expect(registered.map(({ file }) => file)).toEqual(['contracts/a-stock.ts']);
    expect(problems.map(({ file, field }) => [file, field]).sort()).toEqual([
      ['contracts/b-stock.ts', 'id'],
      ['contracts/broken.ts', null],
      ['contracts/clock.ts', null],
    ]);
    const stored = await owner.query('SELECT file FROM contract_problem ORDER BY file');
    expect(stored.rows).toHaveLength(3);
    for (const name of ['b-stock.ts', 'broken.ts', 'clock.ts']) rmSync(join(folder, name));
    await register();
    expect((await owner.query('SELECT 1 FROM contract_problem')).rowCount).toBe(0);
  });

  it('measures nothing of a contract whose file is gone, says so once, and goes on when it is back', async () => {
    const store = createContractStore(pool);
    const present = async () => (await store.latestOfPresent()).map(({ contractId }) => contractId);
    const said = async () =>
      (
        await owner.query(`SELECT action FROM audit_entry WHERE action LIKE 'contract.file-%' ORDER BY id`)
      ).rows.map(({ action }) => action);
    write('orders.ts', 'orders');
    write('stock.ts', 'stock');
    await register();
    expect(await present()).toEqual(['orders', 'stock']);
    // A file that is broken is there all the same.
    writeFileSync(join(folder, 'stock.ts'), 'export default {');
    await register();
    expect(await present()).toEqual(['orders', 'stock']);
    // Nor is one gone of which nobody has noted yet which file it has.
    await owner.query(`DELETE FROM contract_file`);
    await register();
    expect(await present()).toEqual(['orders', 'stock']);
    write('stock.ts', 'stock');
    await register();
    rmSync(join(folder, 'stock.ts'));
    await register();
    await register();
    expect(await present()).toEqual(['orders']);
    expect((await store.latestOfAll()).map(({ contractId }) => contractId)).toEqual(['orders', 'stock']);
    expect(await said()).toEqual(['contract.file-gone']);
    write('renamed.ts', 'stock');
    await register();
    expect(await present()).toEqual(['orders', 'stock']);
    expect(await said()).toEqual(['contract.file-gone', 'contract.file-back']);
    const { rows } = await owner.query(`SELECT file, gone_at FROM contract_file WHERE contract_id = 'stock'`);
    expect(rows).toEqual([{ file: 'contracts/renamed.ts', gone_at: null }]);
  });

  it('leaves a registered version replayable when its file breaks', async () => {
    write('stock.ts', 'stock');
    await register();
    writeFileSync(join(folder, 'stock.ts'), 'export default {');
    await register();
    const stored = await createContractStore(pool).latest('stock');
    const loader = createContractLoader({ contractsDir: folder, root });
    const contract = await loader.load({
      bytes: stored?.bundle ?? new Uint8Array(),
      file: 'stock version 1',
    });
    expect(contract.id).toBe('stock');
  });
});
