import { describe, expect, it } from 'vitest';
import { type ContractTurn, type Overdue, TurnsApart } from './turns-apart.ts';

function open(atOnce: number) {
  let nowMs = 0;
  const begun: string[] = [];
  const told: Overdue[] = [];
  const ends = new Map<string, () => void>();
  const alive = new Map<string, () => void>();
  const turns = new TurnsApart({
    clock: { now: () => new Date(nowMs) },
    atOnce,
    overdueMs: 60_000,
    tell: (overdue) => void told.push(overdue),
  });
  const turn = (contractId: string): ContractTurn => ({
    contractId,
    run: (isAlive) => {
      begun.push(contractId);
      alive.set(contractId, isAlive);
      return contractId === 'fails'
        ? Promise.reject(new Error('of its own'))
        : contractId.startsWith('hangs')
          ? new Promise((resolve) => ends.set(contractId, resolve))
          : Promise.resolve();
    },
  });
  return {
    begun,
    told,
    begin: (...ids: readonly string[]) => turns.begin(ids.map(turn)),
    settled: () => new Promise((resolve) => setImmediate(resolve)),
    end: (contractId: string) => ends.get(contractId)?.(),
    alive: (contractId: string) => alive.get(contractId)?.(),
    later: (ms: number) => {
      nowMs += ms;
    },
  };
}

describe('turns of contracts', () => {
  it('go on for others while one hangs, which is not begun again', async () => {
    const turns = open(2);
    turns.begin('hangs', 'a', 'fails', 'b');
    await turns.settled();
    expect(turns.begun).toEqual(['hangs', 'a', 'fails', 'b']);
    await turns.begin('hangs', 'a', 'b').ended;
    expect(turns.begun).toEqual(['hangs', 'a', 'fails', 'b', 'a', 'b']);
    turns.end('hangs');
    await turns.settled();
    turns.begin('hangs');
    expect(turns.begun.at(-1)).toBe('hangs');
  });

  it('are so many at once, and one that waits for its place is not begun twice', async () => {
    const turns = open(2);
    turns.begin('hangs 1', 'hangs 2', 'a');
    turns.begin('a');
    await turns.settled();
    expect(turns.begun).toEqual(['hangs 1', 'hangs 2']);
    turns.end('hangs 1');
    await turns.settled();
    expect(turns.begun).toEqual(['hangs 1', 'hangs 2', 'a']);
  });

  it('that do not get on for long take no place from others, and are told once with since when', async () => {
    const turns = open(1);
    turns.begin('hangs 1', 'hangs 2', 'a');
    turns.later(59_999);
    turns.begin();
    expect([turns.begun, turns.told]).toEqual([['hangs 1'], []]);
    turns.later(1);
    turns.begin();
    turns.begin();
    await turns.settled();
    expect(turns.begun).toEqual(['hangs 1', 'hangs 2']);
    expect(turns.told).toEqual([{ contractId: 'hangs 1', since: new Date(0), count: 1 }]);
    turns.later(60_000);
    turns.begin();
    await turns.settled();
    expect(turns.begun).toEqual(['hangs 1', 'hangs 2', 'a']);
    expect(turns.told.at(-1)).toEqual({ contractId: 'hangs 2', since: new Date(60_000), count: 2 });
  });

  it('that say they get on are not overdue, however long they take', async () => {
    const turns = open(1);
    turns.begin('hangs');
    for (let times = 0; times < 5; times++) {
      turns.later(40_000);
      turns.alive('hangs');
      turns.begin();
    }
    expect(turns.told).toEqual([]);
  });
});
