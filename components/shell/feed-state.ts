import type { LiveStatus } from '../ui/live.ts';

/** What is known of the feed's connection. Times are milliseconds of this browser's clock. */
export type FeedState = {
  readonly status: LiveStatus;
  readonly lastEventAt: number | null;
  readonly lastId: string | null;
  readonly lostAt: number | null;
  readonly regainedAt: number | null;
  readonly missed: number | null;
  /** The next update is the first since the connection came back: its id tells what passed meanwhile. */
  readonly awaitingFirst: boolean;
};

export type FeedEvent =
  | { readonly type: 'connected'; readonly at: number }
  | { readonly type: 'lost'; readonly at: number }
  | { readonly type: 'received'; readonly at: number; readonly id: string; readonly topic: string };

export const initialFeed: FeedState = {
  status: 'waiting',
  lastEventAt: null,
  lastId: null,
  lostAt: null,
  regainedAt: null,
  missed: null,
  awaitingFirst: false,
};

export function evolveFeed(state: FeedState, event: FeedEvent): FeedState {
  switch (event.type) {
    case 'connected':
      if (state.status !== 'lost') return { ...state, status: 'connected' };
      return {
        ...state,
        status: 'connected',
        lostAt: null,
        regainedAt: event.at,
        missed: null,
        awaitingFirst: true,
      };
    case 'lost':
      // Before the first connection nothing was lost, and trying again is not losing it again.
      if (state.status === 'lost') return state;
      return { ...state, status: 'lost', lostAt: event.at, awaitingFirst: false };
    case 'received':
      // The stream stands, and the server behind it hears nothing: to a page that is the same.
      if (event.topic === 'feed-lost') return evolveFeed(state, { type: 'lost', at: event.at });
      if (event.topic === 'feed-regained') return evolveFeed(state, { type: 'connected', at: event.at });
      return {
        ...state,
        lastEventAt: event.at,
        lastId: event.id,
        missed: state.awaitingFirst ? missedBetween(state.lastId, event.id) : state.missed,
        awaitingFirst: false,
      };
  }
}

/** Updates between two ids of a feed that numbers them one by one; null where an id is no number. */
export function missedBetween(before: string | null, after: string): number | null {
  if (before === null || !/^\d+$/.test(before) || !/^\d+$/.test(after)) return null;
  const between = BigInt(after) - BigInt(before) - 1n;
  return between < 0n ? null : Number(between);
}
