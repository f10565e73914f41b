import { describe, expect, it } from 'vitest';
import { hasRestarted, type OutboxLookedAt } from './outbox-restart.ts';

const at = (second: number) => new Date(Date.UTC(2026, 2, 14, 12, 0, second));
const standing = (more: Partial<OutboxLookedAt> = {}): OutboxLookedAt => ({
  lowest: { position: 1n, at: at(1) },
  fileNode: '100',
  top: 50n,
  settled: 20n,
  readAt: at(30),
  ...more,
});
const edge = (position: bigint, second: number, fileNode = '100') => ({
  lowest: { position, at: at(second) },
  fileNode,
});
const empty = (fileNode = '100') => ({ lowest: null, fileNode });
const pruned = standing({ lowest: { position: 40n, at: at(25) } });

describe('positions of an outbox', () => {
  it.each([
    ['where the first row is another one', standing(), edge(1n, 31, '101')],
    ['where the first row is another one in the same file', standing(), edge(1n, 31)],
    ['where a row stands below those that were never to change', pruned, edge(2n, 31)],
    ['where it was empty, and a row stands below what was settled', standing({ lowest: null }), edge(3n, 31)],
    ['where it was truncated, and begins a little above what is settled', pruned, edge(30n, 31, '101')],
    ['where it was truncated, and the first number was rolled back', standing(), edge(2n, 31, '101')],
  ])('begin again %s', (_, was, now) => {
    expect(hasRestarted(was, now)).toBe(true);
  });

  it.each([
    ['it is looked at so for the first time', standing({ fileNode: '', lowest: null }), edge(1n, 1)],
    ['nothing has happened', standing(), edge(1n, 1)],
    ['the first rows are deleted', standing(), edge(12n, 4)],
    ['it is empty', standing(), empty()],
    ['it was truncated, and is empty', standing(), empty('101')],
    ['it was truncated, and its numbers go on', standing(), edge(51n, 31, '101')],
    ['it was rewritten with its rows', standing(), edge(1n, 1, '101')],
    ['a row commits late below what is left', pruned, edge(35n, 24)],
    ['a row commits late into an empty one', standing({ lowest: null }), edge(35n, 24)],
  ])('go on where %s', (_, was, now) => {
    expect(hasRestarted(was, now)).toBe(false);
  });
});
