'use client';

import { useQueryClient } from '@tanstack/react-query';
import { type TRPCSubscriptionStatus, useSubscription } from '@trpc/tanstack-react-query';
import { parseAsBoolean, useQueryState } from 'nuqs';
import { type ReactNode, useCallback, useEffect, useMemo, useReducer, useRef, useState } from 'react';
import { useTRPC } from '@/app/_trpc/client.tsx';
import { createLiveStore, type Live, LiveContext } from '../ui/live.ts';
import { AskingAgain } from './asking-again.ts';
import { evolveFeed, initialFeed } from './feed-state.ts';

const firstRetryMs = 1_000;
const lastRetryMs = 15_000;

/**
 * The page's one live stream (browsers allow six connections to an origin). An update names what changed; the
 * answers it makes old are asked for again. After a lost connection everything is, once.
 */
export function LiveFeed({ children }: { children: ReactNode }) {
  const trpc = useTRPC();
  const [feed, dispatch] = useReducer(evolveFeed, initialFeed);
  const [paused, setPausedInUrl] = useQueryState('paused', parseAsBoolean.withDefault(false));
  const { asking, pending } = useAskingAgain(paused);
  // Before the first connection as after a lost one: what changed since the page was put together was not heard.
  const wasDeaf = useRef(!paused);
  const subscription = useSubscription(
    trpc.live.feed.subscriptionOptions(undefined, {
      onStarted: () => {
        dispatch({ type: 'connected', at: Date.now() });
        if (wasDeaf.current) asking.hearAll();
        wasDeaf.current = false;
      },
      onData: ({ id, data }) => {
        const { topic } = data;
        // Lost is said again to each stream that is opened meanwhile: it counts from when it was.
        const at = topic === 'feed-lost' ? Date.parse(data.at) : Date.now();
        dispatch({ type: 'received', at, id, topic });
        if (topic !== 'feed-lost') asking.hear(topic);
      },
      onConnectionStateChange: (state) => {
        if (state.state !== 'connecting' || state.error === null) return;
        wasDeaf.current = true;
        dispatch({ type: 'lost', at: Date.now() });
      },
      onError: () => {
        wasDeaf.current = true;
        dispatch({ type: 'lost', at: Date.now() });
      },
    }),
  );
  useRetry(subscription.status, subscription.reset);
  const setPaused = useCallback((next: boolean) => void setPausedInUrl(next || null), [setPausedInUrl]);
  const { status, lastEventAt, missed, lostAt, regainedAt } = feed;
  const live = useMemo<Live>(
    () => ({ status, lastEventAt, missed, lostAt, regainedAt, pending, paused, setPaused }),
    [status, lastEventAt, missed, lostAt, regainedAt, pending, paused, setPaused],
  );
  const [store] = useState(() => createLiveStore(live));
  useEffect(() => store.set(live), [store, live]);
  return <LiveContext value={store}>{children}</LiveContext>;
}

/** A browser gives a stream up for good on any answer but 200, as from a proxy whose server restarts: go on trying. */
function useRetry(status: TRPCSubscriptionStatus, reset: () => void): void {
  const waitMs = useRef(firstRetryMs);
  useEffect(() => {
    if (status === 'pending') waitMs.current = firstRetryMs;
    if (status !== 'error') return;
    const timer = setTimeout(() => {
      waitMs.current = Math.min(lastRetryMs, waitMs.current * 2);
      reset();
    }, waitMs.current);
    return () => clearTimeout(timer);
  }, [status, reset]);
}

/** What is heard is asked for again (see AskingAgain); `pending` is how much of it is held back. */
function useAskingAgain(paused: boolean) {
  const queryClient = useQueryClient();
  const [pending, setPending] = useState(0);
  const [asking] = useState(() => new AskingAgain(queryClient, paused, setPending));
  useEffect(() => asking.start(), [asking]);
  useEffect(() => asking.setPaused(paused), [asking, paused]);
  return { asking, pending };
}
