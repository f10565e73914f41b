import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { type Arrival, type AwaitedEvent, matchSent, type SentRow } from './match-sent.ts';

const when = { seenMs: 1_000, graceMs: 30_000 };
const sent = (id: string, position = 1n, atMs = 500): SentRow => ({ id, eventId: id, position, atMs });
const arrival = (id: string, offset = 0): Arrival => ({ id, eventId: id, partition: 0, offset, atMs: 900 });
const lost = (id: string, count: number, balance = count): AwaitedEvent => ({
  id,
  eventId: id,
  balance,
  atMs: 500,
  dueMs: 600,
  position: 1n,
  partition: null,
  offset: null,
  lost: count,
  lostAtMs: 700,
});
const known = (...events: readonly AwaitedEvent[]) => new Map(events.map((each) => [each.id, each]));

describe('what was sent', () => {
  it('is even with what arrived in the same turn, and nothing is kept of it', () => {
    const outcome = matchSent({ sent: [sent('a')], arrivals: [arrival('a')] }, new Map(), when);
    expect(outcome).toEqual({ awaited: [], even: [], matched: [{ atMs: 500 }], takenBack: [] });
  });

  it('is awaited until a grace after it was seen, where its transaction committed late', () => {
    const { awaited } = matchSent({ sent: [sent('a', 7n, 500)], arrivals: [] }, new Map(), when);
    expect(awaited).toMatchObject([{ id: 'a', balance: 1, dueMs: 31_000, position: 7n }]);
  });

  it('counts twice where it was published twice', () => {
    const { awaited } = matchSent(
      { sent: [sent('a', 1n), sent('a', 2n)], arrivals: [arrival('a')] },
      new Map(),
      when,
    );
    expect(awaited).toMatchObject([{ id: 'a', balance: 1 }]);
  });

  it('may be seen after it arrived', () => {
    const first = matchSent({ sent: [], arrivals: [arrival('a')] }, new Map(), when);
    expect(first.awaited).toMatchObject([{ id: 'a', balance: -1 }]);
    const second = matchSent({ sent: [sent('a')], arrivals: [] }, known(...first.awaited), when);
    expect(second).toEqual({ awaited: [], even: ['a'], matched: [{ atMs: 500 }], takenBack: [] });
  });
});

describe('what was told as lost', () => {
  it('is taken back when it arrives, and does not count as sent once more', () => {
    const outcome = matchSent({ sent: [], arrivals: [arrival('a', 9)] }, known(lost('a', 1)), when);
    expect(outcome).toMatchObject({ awaited: [], even: ['a'], matched: [] });
    expect(outcome.takenBack).toMatchObject([{ count: 1, all: true, arrival: { offset: 9 } }]);
  });

  it('is taken back one by one', () => {
    const outcome = matchSent({ sent: [], arrivals: [arrival('a')] }, known(lost('a', 2)), when);
    expect(outcome.takenBack).toMatchObject([{ count: 1, all: false }]);
    expect(outcome.awaited).toMatchObject([{ balance: 1, lost: 1 }]);
  });

  it('is made up for by another publication that arrives', () => {
    const outcome = matchSent({ sent: [sent('a', 2n)], arrivals: [arrival('a')] }, known(lost('a', 1)), when);
    expect(outcome).toMatchObject({ awaited: [], even: ['a'], matched: [{ atMs: 500 }] });
    expect(outcome.takenBack).toMatchObject([{ count: 1, all: true }]);
  });
});

test('in whatever turns rows and records are read, what is left is what was sent more often than it arrived', () => {
  const step = fc.record({ id: fc.integer({ min: 0, max: 5 }).map(String), isSent: fc.boolean() });
  fc.assert(
    fc.property(fc.array(fc.array(step, { maxLength: 10 }), { maxLength: 8 }), (turns) => {
      const awaited = new Map<string, AwaitedEvent>();
      const balance = new Map<string, number>();
      for (const turn of turns) {
        const rows = turn.filter(({ isSent }) => isSent).map(({ id }, at) => sent(id, BigInt(at)));
        const arrivals = turn.filter(({ isSent }) => !isSent).map(({ id }, at) => arrival(id, at));
        const outcome = matchSent({ sent: rows, arrivals }, awaited, when);
        for (const id of outcome.even) expect(awaited.delete(id)).toBe(true);
        for (const each of outcome.awaited) awaited.set(each.id, each);
        for (const { id, isSent } of turn) balance.set(id, (balance.get(id) ?? 0) + (isSent ? 1 : -1));
      }
      const left = [...balance].filter(([, count]) => count !== 0).sort();
      expect([...awaited.values()].map((each) => [each.id, each.balance]).sort()).toEqual(left);
    }),
  );
});
