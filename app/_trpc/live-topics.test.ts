import { describe, expect, it } from 'vitest';
import { topicTouches } from './live-topics.ts';

const key = (path: string[], input?: unknown) => [path, input === undefined ? {} : { input, type: 'query' }];

describe('a topic of the live feed', () => {
  it('of one replay touches what was asked about that replay, and nothing about another', () => {
    expect(topicTouches('replay:r1', key(['replays', 'get'], { replayId: 'r1' }))).toBe(true);
    expect(topicTouches('replay:r1', key(['replays', 'findings'], { replayId: 'r1', limit: 50 }))).toBe(true);
    expect(topicTouches('replay:r1', key(['replays', 'get'], { replayId: 'r2' }))).toBe(false);
    expect(topicTouches('replay:r1', key(['replays', 'list'], { limit: 50 }))).toBe(false);
  });

  it('of a whole list touches everything asked of it, and the overview', () => {
    expect(topicTouches('replays', key(['replays', 'list'], { limit: 50 }))).toBe(true);
    expect(topicTouches('replays', key(['replays', 'open'], {}))).toBe(true);
    // One that is cancelled does not wait for approval any more.
    expect(topicTouches('replays', key(['approvals', 'waiting']))).toBe(true);
    expect(topicTouches('replays', key(['approvals', 'of'], { replayId: 'r1' }))).toBe(false);
    expect(topicTouches('replays', key(['replays', 'preview'], { contractId: 'stock' }))).toBe(false);
    expect(topicTouches('evidence', key(['evidence', 'facets']))).toBe(true);
    expect(topicTouches('incidents', key(['incidents', 'openCount']))).toBe(true);
    expect(topicTouches('contracts', key(['overview', 'get']))).toBe(true);
    expect(topicTouches('evidence', key(['evidence', 'fresh']))).toBe(true);
    // However many pages of it somebody has read, none is read again.
    expect(topicTouches('evidence', key(['evidence', 'list']))).toBe(false);
    expect(topicTouches('evidence', key(['contracts', 'list']))).toBe(false);
  });

  it('of a contract’s states touches that contract’s pages, and no other contract’s', () => {
    expect(topicTouches('states:inventory', key(['states', 'rows'], { contractId: 'inventory' }))).toBe(true);
    expect(topicTouches('states:inventory', key(['contracts', 'get'], { contractId: 'inventory' }))).toBe(
      true,
    );
    expect(topicTouches('states:inventory', key(['states', 'rows'], { contractId: 'accounts' }))).toBe(false);
  });

  it('of a trace touches the opened key, whether or not its replay is named', () => {
    expect(topicTouches('trace:r1', key(['states', 'key'], { contractId: 'inventory', key: 'sku-1' }))).toBe(
      true,
    );
    expect(topicTouches('trace:r1', key(['states', 'rows'], { contractId: 'inventory' }))).toBe(false);
  });

  it('keeps an id that has a colon whole', () => {
    expect(topicTouches('states:a:b', key(['states', 'get'], { contractId: 'a:b' }))).toBe(true);
  });

  it('that says that the server had lost the feed touches everything', () => {
    expect(topicTouches('feed-regained', key(['replays', 'list']))).toBe(true);
    expect(topicTouches('feed-regained', key(['states', 'get'], { contractId: 'inventory' }))).toBe(true);
  });

  it('that nobody knows touches nothing', () => {
    expect(topicTouches('weather', key(['replays', 'list']))).toBe(false);
    expect(topicTouches('replays', ['not', 'from', 'trpc'])).toBe(false);
  });
});
