'use client';

import { useSuspenseQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { useTRPC } from '@/app/_trpc/client.tsx';
import { ButtonLink } from '@/components/ui/button.tsx';
import { counted } from '@/components/ui/format-number.ts';
import { useAskEvery } from '@/components/ui/live.ts';
import { PageHeader } from '@/components/ui/page-header.tsx';
import { fixedAddress, useFrozenAddress } from '@/components/ui/permalink.ts';
import { AsOf } from '@/components/ui/relative-time.tsx';
import { Notice } from '@/components/ui/states.tsx';
import { ErasedNotices } from '@/components/vocabulary/erased.tsx';
import { Approval } from './approval.tsx';
import { isLeftAlone } from './left-alone.ts';
import { ReplayControls } from './replay-controls.tsx';
import { ReplayExpectation } from './replay-expectation.tsx';
import { ReplayFindings } from './replay-findings.tsx';
import { ReplayPlan } from './replay-plan.tsx';
import { ReplayProgress } from './replay-progress.tsx';
import { replayAnswer } from './replay-sentence.ts';
import { ReplayVerdicts } from './replay-verdicts.tsx';
import { Review } from './review.tsx';

/** A worker that dies tells nobody, and neither does a lease that runs out: both are seen by who looks. */
const askEveryMs = 10_000;

/** One replay: live while it runs, its verdicts afterwards, and then what can be promoted of it. */
export function ReplayPage({ replayId, promotions }: { replayId: string; promotions: ReactNode }) {
  const trpc = useTRPC();
  const askEvery = useAskEvery(askEveryMs);
  const { data: replay, dataUpdatedAt } = useSuspenseQuery({
    ...trpc.replays.get.queryOptions({ replayId }),
    refetchInterval: ({ state }) => (state.data?.endedAt === null ? askEvery : false),
  });
  useFrozenAddress(fixedAddress);
  const answer = replayAnswer(replay);
  const ended = replay.endedAt !== null;
  return (
    <>
      <PageHeader
        title={`Replay of ${replay.contractTitle}`}
        trail={[{ label: 'Replays', href: '/replays' }]}
        tone={answer.tone}
        verdict={answer.verdict}
        next={answer.next}
        tabTitle={`${answer.tab} · ${replay.contractId}`}
        asOf={ended ? undefined : <AsOf at={dataUpdatedAt} staleAfterMs={15_000} />}
        actions={
          <>
            {replay.comparisons.length > 0 ? (
              <ButtonLink
                href={`/states/${encodeURIComponent(replay.contractId)}?replay=${replay.id}`}
                variant={answer.tone === 'different' ? 'primary' : 'secondary'}
              >
                Open the states
              </ButtonLink>
            ) : null}
            {replay.evidenceId ? (
              <ButtonLink href={`/evidence/${replay.evidenceId}`}>Open the evidence</ButtonLink>
            ) : null}
            <ReplayControls replay={replay} />
          </>
        }
      />
      <ErasedNotices erasures={replay.erasures} of="of this replay and of what stands on it" />
      {replay.problem === null ? null : (
        <Notice
          tone="different"
          title={
            isLeftAlone(replay)
              ? 'It was waiting out a fault when its worker went away.'
              : 'It waits out a fault, and goes on by itself.'
          }
        >
          {replay.problem.sentence} (tried {counted(replay.problem.retries, 'time')} so far)
        </Notice>
      )}
      {replay.plan !== null && replay.plan.approvalsNeeded > 0 ? <Approval replay={replay} /> : null}
      {replay.status === 'finished' ? (
        <>
          <ReplayVerdicts replay={replay} />
          {promotions}
        </>
      ) : null}
      {replay.status === 'awaiting-approval' ? (
        // Nothing has run: what would is what there is to read.
        <>
          <Review replay={replay} />
          <ReplayPlan replay={replay} />
        </>
      ) : (
        <>
          <ReplayExpectation replay={replay} readAtMs={dataUpdatedAt} />
          <ReplayProgress replay={replay} />
          <ReplayFindings replay={replay} />
          <ReplayPlan replay={replay} />
        </>
      )}
    </>
  );
}
