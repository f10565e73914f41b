import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createContractLoader } from '../../server/adapters/contracts/contract-loader.ts';
import { checkRunbooks } from './runbooks.ts';
import type { CommandContext } from './world.ts';

const root = process.cwd();
let runbooks: string;
let contracts: string;
beforeAll(async () => {
  runbooks = await mkdtemp(join(tmpdir(), 'runbooks-check-'));
  contracts = await mkdtemp(join(root, 'contracts-check-'));
  await writeFile(join(contracts, 'a.ts'), contract);
});
afterAll(() => Promise.all([runbooks, contracts].map((each) => rm(each, { recursive: true, force: true }))));

const contract = `
import { z } from 'zod';
import { defineContract, event, fromHeader, fromKey, kafkaHistory } from '../server/domain/contract/define.ts';
export default defineContract({
  id: 'shop', title: 'A', authors: ['rosa'],
  history: kafkaHistory({ topic: 'a' }),
  envelope: { id: fromHeader('id'), type: fromHeader('type') },
  ordering: { key: fromKey(), partitioner: 'murmur2' },
  events: { Added: event(1, z.object({ n: z.number() })) },
  projection: { initial: () => 0, apply: (sum: number, e) => sum + e.data.n },
  derivedStates: {},
  invariants: {},
});`;
const text = (named: string) =>
  `---\nid: full\ntitle: Full\nfailure-mode: disk-full\nseverity: P1\nowner: a\nlast-rehearsed: never\ncontracts: [${named}]\n---\n## Symptoms\n### a\n## Diagnosis\n### b\n## Mitigation\n### c\n## Post-incident\n### d\n`;

async function check(
  content: string,
  flags: { readonly json?: boolean } = {},
): Promise<{ code: number; said: readonly string[] }> {
  const file = join(runbooks, 'full.md');
  await writeFile(file, content);
  const said: string[] = [];
  const context = {
    output: {
      out: () => undefined,
      err: (line: string) => void said.push(line.replace(`${runbooks}/`, '').replace(`${contracts}/`, '')),
    },
    openLoader: async () => createContractLoader({ contractsDir: contracts, root }),
  } as unknown as CommandContext;
  return { code: await checkRunbooks(context, [file], flags), said };
}

describe('runbooks check', () => {
  it('passes a file that names a contract of the folder', async () => {
    expect(await check(text('shop'))).toEqual({ code: 0, said: [] });
  });

  it('refuses a contract that no file is of, with its line and what it was looked for among', async () => {
    expect(await check(text('bank'))).toEqual({
      code: 1,
      said: ['full.md:8: there is no contract "bank" (files of contracts: shop)'],
    });
  });

  it('says which contract can not be read, since it may be the one that is missed', async () => {
    await writeFile(join(contracts, 'b.ts'), 'export default 1;');
    for (const flags of [{}, { json: true }]) {
      const { code, said } = await check(text('bank'), flags);
      expect(code).toBe(1);
      expect(said).toContainEqual(expect.stringMatching(/b\.ts is no contract that can be read/));
    }
    await rm(join(contracts, 'b.ts'));
  });
});
