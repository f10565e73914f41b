import { expect, it } from 'vitest';
import { sayContractFiles } from './contract-files.ts';

type World = Parameters<typeof sayContractFiles>[1];
const goneAt = '2026-11-28T09:00:00.000Z';

async function saidOf(
  contractId: string | null,
  problems: readonly object[] = [],
): Promise<readonly string[]> {
  const said: string[] = [];
  const output = { out: () => undefined, err: (line: string) => void said.push(line) };
  const queries = {
    contracts: async () => [
      { id: 'orders', version: 2, goneAt },
      { id: 'stock', version: 1, goneAt: null },
    ],
    contractProblems: async () => problems,
  };
  await sayContractFiles(
    { output } as unknown as Parameters<typeof sayContractFiles>[0],
    { queries } as unknown as World,
    contractId,
  );
  return said;
}

it('says that a file is gone, of the contract that is asked about or of all', async () => {
  const gone = [
    `The file of orders is no longer there, since ${goneAt}: version 2 is what was registered last.`,
  ];
  expect(await saidOf(null)).toEqual(gone);
  expect(await saidOf('orders')).toEqual(gone);
  expect(await saidOf('stock')).toEqual([]);
});

it('names each file that can not be registered, and that what was registered before stands', async () => {
  const problems = [
    { file: 'contracts/a.ts', field: 'history', sentence: 'It is missing.' },
    { file: 'contracts/b.ts', field: null, sentence: 'contracts/b.ts:3: Unexpected "}".' },
  ];
  expect(await saidOf('stock', problems)).toEqual([
    '✗ contracts/a.ts, history: It is missing. Until it is mended, what was registered before stands.',
    '✗ contracts/b.ts: contracts/b.ts:3: Unexpected "}". Until it is mended, what was registered before stands.',
  ]);
});
