'use client';

import { useQuery } from '@tanstack/react-query';
import { ChevronRight } from 'lucide-react';
import { useTRPC } from '@/app/_trpc/client.tsx';
import { cx } from '@/components/ui/class-names.ts';
import { counted, formatCount } from '@/components/ui/format-number.ts';
import { TextLink } from '@/components/ui/link.tsx';
import { useAskEvery } from '@/components/ui/live.ts';
import { AsOf, RelativeTime } from '@/components/ui/relative-time.tsx';
import { Section } from '@/components/ui/section.tsx';
import { Skeleton } from '@/components/ui/skeleton.tsx';
import { ErrorState } from '@/components/ui/states.tsx';
import { type Tone, toneEdge } from '@/components/ui/tone.ts';
import { ToneIcon, Verdict } from '@/components/ui/verdict.tsx';
import type { PipelineView } from '@/server/application/views.ts';

type DerivedNode = PipelineView['derivedStates'][number];

/** Asked again this often while the page is open: lag has no event of its own to wait for. */
const refreshMs = 5_000;

/** The pipeline as it is now: history → projection → derived states, the lag on each edge. */
export function Pipeline({ contractId, states }: { contractId: string; states: number }) {
  const trpc = useTRPC();
  const pipeline = useQuery(
    trpc.contracts.pipeline.queryOptions({ contractId }, { refetchInterval: useAskEvery(refreshMs) }),
  );
  return (
    <Section
      title="Pipeline"
      aside={pipeline.data ? <AsOf at={pipeline.data.asOf} staleAfterMs={3 * refreshMs} /> : null}
    >
      {pipeline.isPending ? (
        // As tall as the picture will be, so that nothing below it moves.
        <div style={{ height: `${Math.max(1, states) * 5.25}rem` }}>
          <Skeleton className="h-full w-full" />
        </div>
      ) : pipeline.isError ? (
        <ErrorState
          title="The pipeline could not be looked at."
          whatToDo="The rest of the page stands. Try again, or look at the log."
          detail={pipeline.error.message}
          onRetry={() => pipeline.refetch()}
        />
      ) : (
        <Picture view={pipeline.data} contractId={contractId} />
      )}
    </Section>
  );
}

function Picture({ view, contractId }: { view: PipelineView; contractId: string }) {
  const last = view.derivedStates.length - 1;
  return (
    <div className="grid items-center lg:grid-cols-[minmax(0,1fr)_3rem_auto_minmax(0,2fr)]">
      <HistoryNode view={view} />
      <Line />
      <div className="rounded-lg border border-line bg-surface px-3 py-2 text-sm">
        <span className="font-medium">Projection</span>
        <span className="block text-xs text-muted">F of the contract</span>
      </div>
      <ul className="flex flex-col max-lg:pt-2 max-lg:pl-3">
        {view.derivedStates.map((state, at) => (
          <li
            key={state.name}
            className="relative grid items-center py-1 pl-6 sm:grid-cols-[10rem_minmax(0,1fr)]"
          >
            <Trunk from={at === 0} to={at === last} />
            <Edge state={state} />
            <StateNode state={state} contractId={contractId} />
          </li>
        ))}
      </ul>
    </div>
  );
}

/** From the history to the projection: across where there is room, down where there is not. */
function Line() {
  return (
    <span
      aria-hidden="true"
      className="max-lg:h-5 max-lg:w-px max-lg:ml-6 h-px bg-control max-lg:bg-control"
    />
  );
}

/** The part of the trunk beside one branch: it begins at the first branch and ends at the last. */
function Trunk({ from, to }: { from: boolean; to: boolean }) {
  return (
    <span
      aria-hidden="true"
      className={cx(
        'absolute left-0 w-px bg-control max-lg:top-0',
        from ? 'lg:top-1/2' : 'lg:top-0',
        to ? 'h-1/2 lg:h-auto' : 'h-full lg:h-auto',
        to ? 'lg:bottom-1/2' : 'lg:bottom-0',
      )}
    />
  );
}

function Node({ tone, children }: { tone: Tone; children: React.ReactNode }) {
  return (
    <div
      className={`flex min-w-0 flex-col gap-1 rounded-lg border border-l-4 border-line bg-surface px-3 py-2 text-sm ${toneEdge[tone]}`}
    >
      {children}
    </div>
  );
}

/** A reason may be long, and breaks within its part. */
function Unreachable({ problem }: { problem: string | null }) {
  return (
    <span className="flex gap-1 font-medium text-failed">
      <ToneIcon tone="failed" className="mt-0.5" />
      <span className="min-w-0 wrap-anywhere">unreachable: {problem}</span>
    </span>
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
        <Unreachable problem={history.problem} />
      )}
    </Node>
  );
}

/** The edge: a branch of the trunk with an arrow, and on it how many events the state has not applied yet. */
function Edge({ state }: { state: DerivedNode }) {
  return (
    <span className="relative -ml-6 flex items-center justify-center py-1">
      <span aria-hidden="true" className="absolute inset-x-0 top-1/2 h-px bg-control" />
      <ChevronRight aria-hidden="true" className="absolute -right-0.5 size-4 text-control" />
      <span className="relative bg-canvas px-1.5">
        <Lag state={state} />
      </span>
    </span>
  );
}

function Lag({ state }: { state: DerivedNode }) {
  if (!state.reachable || state.lag === null) {
    return (
      <Verdict tone="unknown" look="plain">
        lag not known
      </Verdict>
    );
  }
  const behind = BigInt(state.lag);
  return (
    <Verdict tone={behind > 0n ? 'accent' : 'verified'} look="plain">
      {behind > 0n ? `${formatCount(behind)} behind` : 'caught up'}
    </Verdict>
  );
}

const proofTone: Record<NonNullable<DerivedNode['proof']>['outcome'], Tone> = {
  equal: 'verified',
  behind: 'accent',
  different: 'different',
  'could-not-compare': 'failed',
};

function StateNode({ state, contractId }: { state: DerivedNode; contractId: string }) {
  const tone = !state.reachable ? 'failed' : state.proof ? proofTone[state.proof.outcome] : 'unknown';
  return (
    <Node tone={tone}>
      <span className="flex flex-wrap items-center justify-between gap-x-3">
        <TextLink
          quiet
          href={`/states/${encodeURIComponent(contractId)}?state=${encodeURIComponent(state.name)}`}
          className="font-medium"
        >
          {state.title}
        </TextLink>
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
                : `${state.moreDeadLetters ? 'more than ' : ''}${counted(state.deadLetters, 'dead letter')} in ${state.deadLetterTopic}`}
            </span>
          ) : null}
        </span>
      ) : (
        <Unreachable problem={state.problem} />
      )}
    </Node>
  );
}
