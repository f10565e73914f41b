'use client';

import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useTRPC } from '@/app/_trpc/client.tsx';
import { Button } from '@/components/ui/button.tsx';
import { EmptyState, ErrorState, Notice } from '@/components/ui/states.tsx';
import { RefusedAct } from '@/components/vocabulary/refused-act.tsx';
import { useWhyNot } from '@/components/vocabulary/viewer.ts';
import type { KeyView } from '@/server/application/views.ts';
import { KeyTrace, type KeyTraceProps } from './key-trace.tsx';

const AGAIN_MS = 3_000;
const FOR_A_WORKER_MS = 20_000;

/** Asked for again while a worker is to read: the live feed, which would say so, can be paused or lost. */
export function againWhileRead({
  trace,
  workersAlive,
}: Pick<KeyView, 'trace' | 'workersAlive'>): number | false {
  if (trace.status !== 'queued' && trace.status !== 'reading') return false;
  return workersAlive === 0 ? FOR_A_WORKER_MS : AGAIN_MS;
}

/** A key's own events, or where the reading of them stands. */
export function OwnHistory({
  view,
  stateKey,
  hrefOf,
}: {
  view: KeyView;
  stateKey: string;
  hrefOf: KeyTraceProps['hrefOf'];
}) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const whyNot = useWhyNot('replay', 'Reading a key’s events');
  const request = useMutation(
    trpc.states.requestTrace.mutationOptions({
      onSuccess: () => queries.invalidateQueries({ queryKey: trpc.states.key.queryKey() }),
    }),
  );
  const ask = () => request.mutate({ replayId: view.replay.id, key: stateKey });
  const refused = request.isError ? (
    <RefusedAct title="Its events were not asked for." message={request.error.message} />
  ) : null;
  const { trace } = view;
  switch (trace.status) {
    case 'ready':
      return <KeyTrace steps={trace.steps} hrefOf={hrefOf} />;
    case 'queued':
    case 'reading':
      return view.workersAlive === 0 ? (
        <Notice tone="failed" title="No worker is alive, so nobody reads this key’s events.">
          Start one (npm start does). They appear here once it has read them.
        </Notice>
      ) : (
        <EmptyState
          title={
            trace.status === 'queued'
              ? 'A worker is about to read this key’s events.'
              : 'A worker is reading this key’s events.'
          }
        >
          They appear here by themselves.
        </EmptyState>
      );
    case 'failed':
      return (
        <>
          {refused}
          <ErrorState
            title="This key’s events could not be read."
            whatToDo={whyNot ?? 'Look at the message, then try again.'}
            detail={trace.problem}
            onRetry={whyNot === null ? ask : undefined}
            retrying={request.isPending}
          />
        </>
      );
    case 'none':
      return (
        <>
          {refused}
          <EmptyState
            title="This key’s events have not been read again."
            action={
              <Button
                onClick={ask}
                pending={request.isPending}
                disabledReason={whyNot}
                reasonPlacement="below"
              >
                Read its events
              </Button>
            }
          >
            The replay keeps a key’s state and not its events; a worker reads them from the history.
          </EmptyState>
        </>
      );
  }
}
