import { describe, expect, it } from 'vitest';
import type { IncidentSignals } from '../ports/incident-signals.ts';
import { type Ended, signalOf, tellReconciliation } from './reconciliation.ts';

const comparison = (
  derivedState: string,
  outcome: 'equal' | 'different',
  different = 0,
  comparedAt = '2026-11-26T10:00:00.000Z',
) =>
  ({
    derivedState,
    outcome,
    keys: 412,
    missing: 0,
    extra: 0,
    different,
    comparedAt,
  }) as unknown as Ended['comparisons'][number];
const invariant = (over: 'key' | 'sql', outcome: 'passed' | 'failed') =>
  ({ name: 'never_negative', over, outcome, failing: 3, failingKeys: ['secret'], problem: null }) as const;

const equal: Ended = {
  replayId: 'r1',
  status: 'finished',
  contract: { id: 'inventory' } as Ended['contract'],
  plan: null,
  confidence: { status: 'trusted', reasons: [] },
  agreement: 'equal',
  coverage: { kind: 'whole' } as Ended['coverage'],
  comparisons: [comparison('selling', 'equal')],
  invariants: [invariant('key', 'passed')],
  endedAt: '2026-11-26T10:01:00.000Z',
};
const different: Ended = {
  ...equal,
  agreement: 'different',
  comparisons: [comparison('selling', 'different', 2), comparison('warehouse', 'equal')],
};
const failed: Ended = {
  ...equal,
  confidence: { status: 'suspect', reasons: [] },
  invariants: [invariant('key', 'failed')],
};

async function told(ended: Ended): Promise<string> {
  const { calls } = await heard(ended);
  return calls.join(' ');
}

async function heard(ended: Ended) {
  const calls: string[] = [];
  const clearedAt: (Date | undefined)[] = [];
  const signals: IncidentSignals = {
    raise: async () => {
      calls.push('raised');
      return { incidentId: 'i', isNew: true };
    },
    clear: async (_, { measuredAt }) => {
      calls.push('cleared');
      clearedAt.push(measuredAt);
    },
  };
  await tellReconciliation({ signals }, { query: async () => [], copyIn: async () => 0 }, ended);
  return { calls, clearedAt };
}

describe('the end of a replay', () => {
  it.each([
    ['that differs', different, 'raised'],
    ['that differs and is suspect', { ...different, confidence: failed.confidence }, 'raised'],
    ['with a failed invariant', failed, 'raised'],
    [
      'with a failed invariant over a live store',
      { ...different, invariants: [invariant('sql', 'failed')] },
      'raised',
    ],
    ['that differs and is untrusted', { ...different, confidence: { status: 'untrusted', reasons: [] } }, ''],
    ['that was cancelled', { ...different, status: 'cancelled' }, ''],
    ['that agrees as a whole', equal, 'cleared'],
    ['that agrees in part', { ...equal, coverage: { kind: 'part' } as Ended['coverage'] }, ''],
    ['that is behind', { ...equal, agreement: 'behind' }, ''],
    ['that compared nothing', { ...equal, agreement: 'not-compared' }, ''],
  ] as const)('%s: %s', async (_name, ended, what) => {
    expect(await told(ended as Ended)).toBe(what);
  });

  it('is said in counts, and names no key', () => {
    const signal = signalOf({ ...different, invariants: [invariant('key', 'failed')] });
    expect(signal).toMatchObject({
      cause: 'reconciliation:inventory',
      title:
        'selling differs from the history of inventory; 1 invariant of inventory failed: never_negative.',
      facts: { selling: '2 keys of 412', never_negative: 'failed for 3 keys', 'the replay is': 'trusted' },
      href: '/replays/r1',
    });
    expect(JSON.stringify(signal)).not.toContain('secret');
  });

  it('has found a difference when it read what differs, and agreed with all when it read the first', async () => {
    const early = '2026-11-26T10:00:00.000Z';
    const [late, later] = ['2026-11-26T10:20:00.000Z', '2026-11-26T10:30:00.000Z'];
    const ended = { ...different, endedAt: '2026-11-26T10:40:00.000Z' };
    const second = [comparison('selling', 'equal', 0, early), comparison('warehouse', 'different', 1, late)];
    expect(signalOf({ ...ended, comparisons: second })).toMatchObject({
      since: new Date(late),
      measuredAt: new Date(late),
    });
    const both = [
      comparison('selling', 'different', 1, early),
      comparison('warehouse', 'different', 1, late),
      comparison('shop', 'equal', 0, later),
    ];
    expect(signalOf({ ...ended, comparisons: both })).toMatchObject({
      since: new Date(early),
      measuredAt: new Date(late),
    });
    // Invariants are checked after everything was compared.
    expect(signalOf({ ...ended, comparisons: both, invariants: [invariant('sql', 'failed')] })).toMatchObject(
      { since: new Date(early), measuredAt: new Date(ended.endedAt) },
    );
    expect(signalOf({ ...failed, comparisons: [comparison('shop', 'equal', 0, early)] })).toMatchObject({
      since: new Date(failed.endedAt),
      measuredAt: new Date(failed.endedAt),
    });
    const agreeing = [comparison('selling', 'equal', 0, late), comparison('warehouse', 'equal', 0, early)];
    expect((await heard({ ...equal, comparisons: agreeing })).clearedAt).toEqual([new Date(early)]);
  });

  it('is P1 where the replayed state itself fails an invariant, and P2 where a live state differs', () => {
    expect(signalOf(failed)?.suggestedClass).toBe('P1');
    expect(signalOf(different)?.suggestedClass).toBe('P2');
    expect(signalOf({ ...different, invariants: [invariant('sql', 'failed')] })?.suggestedClass).toBe('P2');
  });

  it('suggests what the replay read, and nothing narrower than a whole history', () => {
    const plan = { ranges: [{ partition: 1, from: '5', to: '9', extra: 1 }] } as unknown as Ended['plan'];
    expect(signalOf({ ...different, plan })?.scope).toBeNull();
    const part = { ...different, plan, coverage: { kind: 'part' } as Ended['coverage'] };
    expect(signalOf(part)?.scope).toEqual({ partitions: [{ partition: 1, from: '5', to: '9' }] });
  });
});
