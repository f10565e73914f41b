import { describe, expect, it } from 'vitest';
import { evolveFeed, type FeedEvent, initialFeed, missedBetween } from './feed-state.ts';

const feedAfter = (...events: FeedEvent[]) => events.reduce(evolveFeed, initialFeed);

describe('the feed', () => {
  it('waits until it is connected', () => {
    expect(feedAfter().status).toBe('waiting');
    expect(feedAfter({ type: 'connected', at: 1 })).toMatchObject({ status: 'connected', regainedAt: null });
  });

  it('says since when it is lost, however often it tries again', () => {
    expect(
      feedAfter({ type: 'connected', at: 1 }, { type: 'lost', at: 5 }, { type: 'lost', at: 9 }),
    ).toMatchObject({
      status: 'lost',
      lostAt: 5,
    });
  });

  it('counts what passed while it was lost by the first id after', () => {
    const state = feedAfter(
      { type: 'connected', at: 1 },
      { type: 'received', at: 2, id: '100' },
      { type: 'lost', at: 3 },
      { type: 'connected', at: 8 },
      { type: 'received', at: 9, id: '315' },
      { type: 'received', at: 10, id: '316' },
    );
    expect(state).toMatchObject({ status: 'connected', missed: 214, regainedAt: 8, lostAt: null });
  });

  it('claims no number where ids are no numbers or run backwards', () => {
    expect(missedBetween('a1', '5')).toBeNull();
    expect(missedBetween('7', '3')).toBeNull();
    expect(missedBetween(null, '3')).toBeNull();
    expect(missedBetween('3', '4')).toBe(0);
  });
});
