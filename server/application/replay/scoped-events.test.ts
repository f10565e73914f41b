import { expect, it } from 'vitest';
import type { EngineContract } from '../../domain/contract/index.ts';
import type { HistoryRecord, RecordBatch } from '../../domain/replay/index.ts';
import { SeenTable } from '../../domain/replay/index.ts';
import { planOf } from '../../domain/test-kit/records.ts';
import { stockContract } from '../../domain/test-kit/stock-contract.ts';
import { readMissed } from './scoped-events.ts';

const utf8 = (text: string) => new TextEncoder().encode(text);
const record = (offset: number, id: string, key: string, type = 'Received'): HistoryRecord => ({
  offset,
  timestampMs: offset,
  key: utf8(key),
  value: utf8(JSON.stringify({ quantity: 1 })),
  headers: { id: utf8(id), type: utf8(type), version: utf8(type === 'Received' ? '2' : '1') },
});

const never = () => {
  throw new Error('F was called');
};
const withoutF: EngineContract = { ...stockContract, projection: { initial: never, apply: never } };

async function missed(
  records: readonly HistoryRecord[],
  { contract = withoutF, scope = { kind: 'all' } as Parameters<typeof planOf>[0], from = 0, to = 10 } = {},
) {
  const batch: RecordBatch = { partition: 0, records, absences: [], next: 10 };
  const reader = {
    read: async (_: unknown, __: unknown, take: (batch: RecordBatch) => unknown) => take(batch),
  };
  const decoder = {
    prepare: async () => undefined,
    decode: (of: HistoryRecord) => JSON.parse(new TextDecoder().decode(of.value ?? undefined)),
  };
  const phase = { running: { plan: planOf(scope), contract }, signal: new AbortController().signal };
  const { events, seen } = await readMissed(
    phase as unknown as Parameters<typeof readMissed>[0],
    { reader, decoder, subjects: null } as unknown as Parameters<typeof readMissed>[1],
    { partition: 0 },
    { from: BigInt(from), to: BigInt(to) },
  );
  const table = new SeenTable();
  table.load(seen);
  return { events, ids: ['a', 'b', 'c', 'd'].filter((id) => table.has(id)) };
}

it('counts redeliveries and what would be quarantined, and nothing outside the stretch, without calling F', async () => {
  const records = [
    record(0, 'a', 'k'),
    record(1, 'b', 'k'),
    record(2, 'b', 'k'),
    record(3, 'c', 'k', 'Unheard'),
    record(4, 'd', 'k'),
  ];
  expect(await missed(records, { from: 1, to: 4 })).toEqual({ events: 3, ids: ['b'] });
});

it('counts only what touches a key of the scope, and what can not be routed', async () => {
  const route = ({ key }: { key: string }) => {
    if (key === 'none') return [];
    if (key === 'odd') return [''];
    if (key === 'bad') throw new Error('no way');
    return [key, `${key}-too`];
  };
  const contract: EngineContract = { ...withoutF, projection: { initial: never, apply: never, route } };
  const records = ['k', 'other', 'none', 'odd', 'bad'].map((key, at) => record(at, 'abcdx'[at] ?? '', key));
  expect(await missed(records, { contract, scope: { kind: 'keys', keys: ['k-too'] } })).toEqual({
    events: 3,
    ids: ['a'],
  });
  expect(await missed(records, { contract })).toEqual({ events: 4, ids: ['a', 'b'] });
});
