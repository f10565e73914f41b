import { describe, expect, it } from 'vitest';
import type { EngineContract } from '../../../domain/contract/index.ts';
import type { Reading } from '../letter-view.ts';
import { refusalOf } from './check-edit.ts';

const contract = {
  history: { kind: 'kafka', topic: 'a', format: { kind: 'json' } },
  envelope: { data: { from: 'value', path: 'data' } },
  ordering: { key: { from: 'value', path: 'order' } },
  erasure: { fields: ['name'] },
} as unknown as EngineContract;

const reads: Reading = {
  version: 1,
  outcome: 'reads',
  step: null,
  sentence: 'The contract reads it.',
  eventType: 'A',
  eventVersion: 1,
  key: 'K',
};

function refused(
  before: string,
  after: string,
  {
    reading = reads,
    hasId = true,
    mostBytes = null,
  }: {
    reading?: Reading;
    hasId?: boolean;
    mostBytes?: number | null;
  } = {},
) {
  const value = new TextEncoder().encode(after);
  const edited = { offset: 0, timestampMs: 0, key: null, headers: { id: 'old' }, value };
  const edit = { before, after, hasId, paths: hasId ? [] : ['meta.id'], edited };
  return refusalOf({ contract, read: async () => reading, mostBytes }, edit);
}

describe('an edited value', () => {
  const sealed = '{"data":{"name":"c2VhbGVk","n":1}}';

  it('is let through where nothing speaks against it, also where the contract has no use for its type', async () => {
    expect((await refused(sealed, sealed.replace('1', '2'))).refusal).toBeNull();
    const reading: Reading = { ...reads, outcome: 'filtered' };
    expect((await refused(sealed, sealed.replace('1', '2'), { reading })).refusal).toBeNull();
  });

  it.each([
    ['is what it was', sealed, sealed, {}, 'value'],
    ['is no JSON', sealed, '{"data":\n oops}', {}, 'line 2, column 2'],
    ['has a name twice', sealed, '{"data":{"n":1,\n"n":2}}', {}, 'line 2, column 1'],
    ['changes what is encrypted for a subject', sealed, sealed.replace('c2VhbGVk', 'Ada'), {}, 'name'],
    ['has another key', sealed, sealed.replace('{', '{"order":"B",'), {}, 'order'],
    ['writes what would be encrypted', '{"data":', '{"data":{"name":"Ada"}}', {}, 'name'],
    ['has no place for the new id', sealed, '{"meta":{}}', { hasId: false }, 'meta.id'],
    [
      'is larger than its topic takes',
      sealed,
      `{"data":"${'x'.repeat(3_000)}"}`,
      { mostBytes: 10_000 },
      'size',
    ],
    ['is larger than topics usually take', sealed, `"${'x'.repeat(1_000_000)}"`, {}, 'size'],
  ])('is refused where it %s', async (_what, before, after, options, where) => {
    expect((await refused(before, after, options)).refusal?.where).toBe(where);
  });

  it('is refused with the name that it has twice', async () => {
    expect((await refused(sealed, '{"data":{"n":1,"n":2}}')).refusal?.sentence).toContain('has "n" twice');
  });

  it('may leave out what is encrypted', async () => {
    expect((await refused(sealed, '{"data":{"n":1}}')).refusal).toBeNull();
  });

  it.each<[Partial<Reading>, string, RegExp]>([
    [
      { outcome: 'fails', step: 'upcast', sentence: 'n: too small' },
      'upcast',
      /refuses it as well: n: too small/,
    ],
    [{ outcome: 'not-tried', sentence: 'The registry is away.' }, 'contract', /can’t be asked about it now/],
  ])('is refused where the contract does not read it: %#', async (change, where, sentence) => {
    const { refusal } = await refused(sealed, sealed.replace('1', '2'), { reading: { ...reads, ...change } });
    expect(refusal?.where).toBe(where);
    expect(refusal?.sentence).toMatch(sentence);
  });
});
