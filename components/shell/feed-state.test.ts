import { describe, expect, it } from 'vitest';
import { evolveFeed, type FeedEvent, initialFeed, missedBetween } from './feed-state.ts';

const feedAfter = (...events: FeedEvent[]) => events.reduce(evolveFeed, initialFeed);
const received = (at: number, id: string, topic = 'replays'): FeedEvent => ({
  type: 'received',
  at,
  id,
  topic,
});

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
      received(2, '100'),
      { type: 'lost', at: 3 },
      { type: 'connected', at: 8 },
      received(9, '315'),
      received(10, '316'),
    );
    expect(state).toMatchObject({ status: 'connected', missed: 214, regainedAt: 8, lostAt: null });
  });

  it('is lost as well where its stream stands and the server says that it hears nothing', () => {
    const lost = feedAfter(
      { type: 'connected', at: 1 },
      received(2, '100'),
      received(3, '100', 'feed-lost'),
      received(4, '100', 'feed-lost'),
    );
    expect(lost).toMatchObject({ status: 'lost', lostAt: 3, lastEventAt: 2 });
    const back = [received(9, '100', 'feed-regained'), received(10, '105')].reduce(evolveFeed, lost);
    expect(back).toMatchObject({ status: 'connected', lostAt: null, regainedAt: 9, missed: 4 });
  });

  it('was never lost where the server only says that it hears from now on', () => {
    const state = feedAfter(
      { type: 'connected', at: 1 },
      received(2, '0', 'feed-regained'),
      received(3, '7'),
    );
    expect(state).toMatchObject({ status: 'connected', lostAt: null, regainedAt: null, missed: null });
  });

  it('claims no number where ids are no numbers or run backwards', () => {
    expect(missedBetween('a1', '5')).toBeNull();
    expect(missedBetween('7', '3')).toBeNull();
    expect(missedBetween(null, '3')).toBeNull();
    expect(missedBetween('3', '4')).toBe(0);
  });
});
