import { describe, expect, it } from 'vitest';
import { stockContract } from '../test-kit/stock-contract.ts';
import type { EngineContract } from './define.ts';
import { describeContract, diffDescriptions } from './describe.ts';
import { checkContract } from './validate.ts';

const changed = (change: Record<string, unknown>) => ({ ...stockContract, ...change });
const digest = (data: Uint8Array | string) => String(data.length).padEnd(64, '0') as never;

describe('checking a contract', () => {
  it('takes a sound one as it is, with its own schemas', () => {
    const checked = checkContract(stockContract);
    expect(checked.problems).toBeUndefined();
    expect(checked.contract?.events).toBe(stockContract.events);
  });

  const wrong: readonly [string, unknown, string, RegExp][] = [
    ['no contract at all', undefined, 'default export', /export default defineContract/],
    ['an id with capitals', changed({ id: 'Stock' }), 'id', /lower-case/],
    ['no author', changed({ authors: [] }), 'authors', /no author/],
    [
      'a topic name with a space',
      changed({ history: { ...stockContract.history, topic: 'a b' } }),
      'history.topic',
      /topic name/,
    ],
    [
      'an unknown partitioner',
      changed({ ordering: { ...stockContract.ordering, partitioner: 'random' } }),
      'ordering.partitioner',
      /./,
    ],
    [
      'a projection without apply',
      changed({ projection: { initial: () => 0 } }),
      'projection.apply',
      /function/,
    ],
    [
      'a promotion that nobody approves',
      changed({ approvals: { replay: 0, promotion: 0 } }),
      'approvals.promotion',
      /at least 1/,
    ],
    [
      'an invariant that is no sentence',
      changed({ invariants: { 'Not ok': { over: 'key', holds: () => true } } }),
      'invariants.Not ok',
      /./,
    ],
    [
      'a type both handled and ignored',
      changed({ ignored: ['Shipped'] }),
      'ignored',
      /both handled and ignored/,
    ],
    [
      'tombstones as an event that is not there',
      changed({ history: { ...stockContract.history, tombstones: { asEvent: 'Closed' } } }),
      'history.tombstones',
      /no event type/,
    ],
    ['a table name that is SQL', withTable('t; drop table x'), 'derivedStates.shop.table', /not a table/],
  ];
  it.each(wrong)('names the field for %s', (_, value, field, sentence) => {
    expect(checkContract(value).problems).toContainEqual({
      field,
      sentence: expect.stringMatching(sentence),
    });
  });
});

function withTable(table: string): unknown {
  return changed({ derivedStates: { shop: { ...stockContract.derivedStates.shop, table } } });
}

describe('describing a contract', () => {
  it('gives all seven answers a line', () => {
    const { answers } = describeContract(stockContract, digest);
    for (const lines of Object.values(answers)) expect(lines.length).toBeGreaterThan(0);
  });

  it('shows what changed between two versions, and nothing else', () => {
    const before = describeContract(stockContract, digest);
    const after = describeContract(
      { ...stockContract, title: 'Stock of all shops', ignored: ['Noted'] } as EngineContract,
      digest,
    );
    expect(diffDescriptions(before, before)).toEqual([]);
    expect(diffDescriptions(before, after)).toEqual([
      { field: 'title', before: 'Stock', after: 'Stock of all shops' },
      { field: 'projection.Ignored', before: null, after: 'Noted' },
    ]);
  });

  it('shows a changed projection by the digest of its source', () => {
    const other = {
      ...stockContract,
      projection: { ...stockContract.projection, initial: () => ({ onHand: 1000 }) },
    } as EngineContract;
    const changes = diffDescriptions(
      describeContract(stockContract, digest),
      describeContract(other, digest),
    );
    expect(changes.map((each) => each.field)).toEqual(['projection.Fold']);
  });
});
