import { describe, expect, it } from 'vitest';
import type { IncidentSignals } from '../ports/incident-signals.ts';
import { type Ended, signalOf, tellReconciliation } from './reconciliation.ts';

const comparison = (derivedState: string, outcome: 'equal' | 'different', different = 0) =>
  ({
    derivedState,
    outcome,
    keys: 412,
    missing: 0,
    extra: 0,
    different,
    comparedAt: '2026-11-26T10:00:00.000Z',
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
  const calls: string[] = [];
  const signals: IncidentSignals = {
    raise: async () => {
      calls.push('raised');
      return { incidentId: 'i', isNew: true };
    },
    clear: async () => void calls.push('cleared'),
  };
  await tellReconciliation({ signals }, { query: async () => [], copyIn: async () => 0 }, ended);
  return calls.join(' ');
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
      measuredAt: new Date('2026-11-26T10:00:00.000Z'),
    });
    expect(JSON.stringify(signal)).not.toContain('secret');
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
