import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createContractLoader } from '../../server/adapters/contracts/contract-loader.ts';
import { checkContracts } from './contracts.ts';
import type { CommandContext } from './world.ts';

const root = process.cwd();
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(root, 'contracts-check-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const source = (id: string, query: string) => `
import { z } from 'zod';
import { defineContract, event, fromHeader, fromKey, kafkaHistory } from '../server/domain/contract/define.ts';
export default defineContract({
  id: '${id}', title: 'A', authors: ['rosa'],
  history: kafkaHistory({ topic: 'a' }),
  envelope: { id: fromHeader('id'), type: fromHeader('type') },
  ordering: { key: fromKey(), partitioner: 'murmur2' },
  events: { Added: event(1, z.object({ n: z.number() })) },
  projection: { initial: () => 0, apply: (sum: number, e) => sum + e.data.n },
  derivedStates: {},
  invariants: { nothing_is_left_over: { over: 'sql', connection: 'shop', query: ${JSON.stringify(query)} } },
});`;

/** Checks these files, and answers the exit code with what was said on stderr. */
async function check(files: Readonly<Record<string, string>>): Promise<{ code: number; said: string }> {
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  const said: string[] = [];
  const context = {
    output: { out: () => undefined, err: (line: string) => void said.push(line) },
    openLoader: async () => createContractLoader({ contractsDir: folder, root }),
  } as unknown as CommandContext;
  const code = await checkContracts(context, {});
  for (const name of Object.keys(files)) await rm(join(folder, name));
  return { code, said: said.join('\n') };
}

describe('contracts check', () => {
  it('passes what registration would register', async () => {
    expect(await check({ 'a.ts': source('a', 'select 1 as left_over where false') })).toEqual({
      code: 0,
      said: '',
    });
  });

  it('refuses an id that another file has, as registration does', async () => {
    const fine = source('a', 'select 1 as left_over where false');
    const { code, said } = await check({ 'a.ts': fine, 'b.ts': fine });
    expect(code).toBe(1);
    expect(said).toMatch(/b\.ts, id: a is the id of .*a\.ts already$/);
  });

  it.each(['delete from stock', 'select 1; select 2', "select pg_notify('a', 'b')", 'selekt 1'])(
    'refuses the SQL that no replay would run: %s',
    async (query) => {
      const { code, said } = await check({ 'a.ts': source('a', query) });
      expect(code).toBe(1);
      expect(said).toMatch(/a\.ts, invariants\.nothing_is_left_over\.query: /);
    },
  );

  it('says file and field once', async () => {
    const { said } = await check({ 'a.ts': source('a', 'select 1').replace("title: 'A'", "title: ''") });
    expect(said.match(/a\.ts/g)).toHaveLength(1);
    expect(said.match(/title/g)?.length).toBeLessThanOrEqual(2);
  });
});
