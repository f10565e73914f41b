'use client';

import { useQueryClient } from '@tanstack/react-query';
import { type TRPCSubscriptionStatus, useSubscription } from '@trpc/tanstack-react-query';
import { parseAsBoolean, useQueryState } from 'nuqs';
import { type ReactNode, useCallback, useEffect, useMemo, useReducer, useRef, useState } from 'react';
import { useTRPC } from '@/app/_trpc/client.tsx';
import { topicTouches } from '@/app/_trpc/live-topics.ts';
import { createLiveStore, type Live, LiveContext } from '../ui/live.ts';
import { evolveFeed, initialFeed } from './feed-state.ts';
import { HeardTopics } from './heard-topics.ts';

/** Bursts of updates become one round of questions. */
const gatherMs = 250;
const cameToLifeMs = 5_000;
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
  const { gather, gatherAll, pending } = useInvalidations(paused);
  // Before the first connection as after a lost one: what changed since the page was put together was not heard.
  const wasDeaf = useRef(!paused);
  const subscription = useSubscription(
    trpc.live.feed.subscriptionOptions(undefined, {
      onStarted: () => {
        dispatch({ type: 'connected', at: Date.now() });
        if (wasDeaf.current) gatherAll();
        wasDeaf.current = false;
      },
      onData: ({ id, data }) => {
        dispatch({ type: 'received', at: Date.now(), id });
        gather(data.topic);
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

type Gathered = { readonly topics: Set<string>; all: boolean };

/** Gathers topics and asks again for what they touch; while paused it only counts. */
function useInvalidations(paused: boolean) {
  const queryClient = useQueryClient();
  const gathered = useRef<Gathered>({ topics: new Set(), all: false });
  const timer = useRef<ReturnType<typeof setTimeout> | null>(null);
  const pausedNow = useRef(paused);
  const [pending, setPending] = useState(0);

  const flush = useCallback(() => {
    timer.current = null;
    const { topics, all } = gathered.current;
    gathered.current = { topics: new Set(), all: false };
    setPending(0);
    void queryClient.invalidateQueries({
      predicate: (query) => all || [...topics].some((topic) => topicTouches(topic, query.queryKey)),
    });
  }, [queryClient]);

  const schedule = useCallback(() => {
    if (pausedNow.current) setPending((held) => held + 1);
    else timer.current ??= setTimeout(flush, gatherMs);
  }, [flush]);

  useEffect(() => {
    pausedNow.current = paused;
    const { topics, all } = gathered.current;
    if (!paused && (all || topics.size > 0)) flush();
  }, [paused, flush]);

  useEffect(
    () => () => {
      if (timer.current !== null) clearTimeout(timer.current);
      timer.current = null;
    },
    [],
  );

  // What comes with a page was looked up before it was sent, and may not know what has been heard since.
  const heard = useRef(new HeardTopics());
  useEffect(() => {
    let stop = () => {};
    const listen = () => {
      stop = queryClient.getQueryCache().subscribe((event) => {
        if (event.type !== 'added' && !(event.type === 'updated' && event.action.type === 'setState')) return;
        const { queryKey } = event.query;
        for (const topic of heard.current.thatTouch(
          (each) => topicTouches(each, queryKey),
          performance.now(),
        )) {
          gathered.current.topics.add(topic);
          // In the midst of a render: nothing is counted here, as where a page is paused.
          if (!pausedNow.current) timer.current ??= setTimeout(flush, gatherMs);
        }
      });
    };
    // Not while the first page comes to life: its parts have to find what the server wrote, and then all is asked for.
    const later = setTimeout(listen, cameToLifeMs);
    return () => {
      clearTimeout(later);
      stop();
    };
  }, [queryClient, flush]);

  const gather = useCallback(
    (topic: string) => {
      heard.current.hear(topic, performance.now());
      gathered.current.topics.add(topic);
      schedule();
    },
    [schedule],
  );
  const gatherAll = useCallback(() => {
    gathered.current.all = true;
    schedule();
  }, [schedule]);
  return { gather, gatherAll, pending };
}
