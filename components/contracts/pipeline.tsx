'use client';

import { useQuery } from '@tanstack/react-query';
import { ArrowRight } from 'lucide-react';
import { useTRPC } from '@/app/_trpc/client.tsx';
import { counted, formatCount } from '@/components/ui/format-number.ts';
import { AsOf, RelativeTime } from '@/components/ui/relative-time.tsx';
import { Section } from '@/components/ui/section.tsx';
import { Skeleton } from '@/components/ui/skeleton.tsx';
import { ErrorState } from '@/components/ui/states.tsx';
import { type Tone, toneEdge } from '@/components/ui/tone.ts';
import { Verdict } from '@/components/ui/verdict.tsx';
import type { PipelineView } from '@/server/application/views.ts';

type DerivedNode = PipelineView['derivedStates'][number];

/** Asked again this often while the page is open: lag has no event of its own to wait for. */
const refreshMs = 5_000;

/** The pipeline as it is now: history → projection → derived states, the lag on each edge. */
export function Pipeline({ contractId }: { contractId: string }) {
  const trpc = useTRPC();
  const pipeline = useQuery(
    trpc.contracts.pipeline.queryOptions({ contractId }, { refetchInterval: refreshMs }),
  );
  return (
    <Section
      title="Pipeline"
      aside={pipeline.data ? <AsOf at={pipeline.data.asOf} staleAfterMs={3 * refreshMs} /> : null}
    >
      {pipeline.isPending ? (
        <Skeleton className="h-40 w-full" />
      ) : pipeline.isError ? (
        <ErrorState
          title="The pipeline could not be looked at."
          whatToDo="The rest of the page stands. Try again, or look at the log."
          detail={pipeline.error.message}
          onRetry={() => pipeline.refetch()}
        />
      ) : (
        <Picture view={pipeline.data} />
      )}
    </Section>
  );
}

function Picture({ view }: { view: PipelineView }) {
  return (
    <div className="grid items-center gap-x-4 gap-y-3 lg:grid-cols-[minmax(0,1fr)_auto_minmax(0,1.6fr)]">
      <HistoryNode view={view} />
      <p className="flex items-center gap-2 text-xs text-muted max-lg:pl-3">
        <span>projection</span>
        <ArrowRight aria-hidden="true" className="size-4 max-lg:rotate-90" />
      </p>
      <ul className="flex flex-col gap-2">
        {view.derivedStates.map((state) => (
          <li
            key={state.name}
            className="grid items-center gap-x-3 gap-y-1 sm:grid-cols-[9rem_minmax(0,1fr)]"
          >
            <Lag state={state} />
            <StateNode state={state} />
          </li>
        ))}
      </ul>
    </div>
  );
}

function Node({ tone, children }: { tone: Tone; children: React.ReactNode }) {
  return (
    <div
      className={`flex flex-col gap-1 rounded-lg border border-l-4 border-line bg-surface px-3 py-2 text-sm ${toneEdge[tone]}`}
    >
      {children}
    </div>
  );
}

function HistoryNode({ view }: { view: PipelineView }) {
  const { history } = view;
  const events = history.partitions.reduce(
    (sum, each) => sum + BigInt(each.lastStable) - BigInt(each.logStart),
    0n,
  );
  return (
    <Node tone={history.reachable ? 'accent' : 'failed'}>
      <span className="font-medium">
        {history.kind === 'kafka' ? 'Topic' : 'Event table'} <span className="font-mono">{history.name}</span>
      </span>
      {history.reachable ? (
        <>
          <span className="text-muted">
            {counted(events, 'offset')} in {counted(history.partitions.length, 'partition')}
          </span>
          <span className="font-mono text-xs text-muted wrap-anywhere">
            {history.partitions.map((each) => `p${each.partition}:${each.lastStable}`).join(' ')}
          </span>
        </>
      ) : (
        <Verdict tone="failed" look="plain">
          unreachable: {history.problem}
        </Verdict>
      )}
    </Node>
  );
}

/** The edge: how many events the state has not applied yet. */
function Lag({ state }: { state: DerivedNode }) {
  if (state.lag === null) {
    return (
      <Verdict tone="unknown" look="plain">
        lag not known
      </Verdict>
    );
  }
  const behind = state.lag !== '0';
  return (
    <span className="flex items-center gap-1.5">
      <Verdict tone={behind ? 'different' : 'verified'} look="plain">
        {behind ? `${formatCount(BigInt(state.lag))} behind` : 'caught up'}
      </Verdict>
    </span>
  );
}

const proofTone: Record<NonNullable<DerivedNode['proof']>['outcome'], Tone> = {
  equal: 'verified',
  behind: 'accent',
  different: 'different',
  'could-not-compare': 'failed',
};

function StateNode({ state }: { state: DerivedNode }) {
  const tone = !state.reachable ? 'failed' : state.proof ? proofTone[state.proof.outcome] : 'unknown';
  return (
    <Node tone={tone}>
      <span className="flex flex-wrap items-center justify-between gap-x-3">
        <span className="font-medium">{state.title}</span>
        {state.proof ? (
          <span className="flex items-center gap-2 text-xs text-muted">
            <Verdict tone={tone}>
              {state.proof.outcome === 'different'
                ? `${counted(state.proof.differing, 'key')} ${state.proof.differing === 1 ? 'differs' : 'differ'}`
                : state.proof.outcome.replaceAll('-', ' ')}
            </Verdict>
            proven <RelativeTime at={state.proof.at} />
          </span>
        ) : (
          <Verdict tone="unknown">never proven</Verdict>
        )}
      </span>
      {state.reachable ? (
        <span className="flex flex-wrap gap-x-4 text-xs text-muted">
          {state.positions.length > 0 ? (
            <span className="font-mono wrap-anywhere">
              {state.positions.map((each) => `p${each.partition}:${each.next}`).join(' ')}
            </span>
          ) : (
            <span>tells no applied position</span>
          )}
          {state.consumerGroup ? <span>group {state.consumerGroup}</span> : null}
          {state.deadLetterTopic ? (
            <span>
              {state.deadLetters === null
                ? `dead letters of ${state.deadLetterTopic} not readable`
                : `${counted(state.deadLetters, 'dead letter')} in ${state.deadLetterTopic}`}
            </span>
          ) : null}
        </span>
      ) : (
        <Verdict tone="failed" look="plain">
          unreachable: {state.problem}
        </Verdict>
      )}
    </Node>
  );
}
