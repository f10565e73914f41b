'use client';

import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';
import { useTRPC } from '@/app/_trpc/client.tsx';
import { KeyValueList } from '@/components/ui/key-value.tsx';
import { TextLink } from '@/components/ui/link.tsx';
import { RelativeTime } from '@/components/ui/relative-time.tsx';
import { Section } from '@/components/ui/section.tsx';
import { SkeletonRows } from '@/components/ui/skeleton.tsx';
import { EmptyState, ErrorState, Notice } from '@/components/ui/states.tsx';
import { ChangesSince } from '@/components/vocabulary/since-looked.tsx';
import { AgreementVerdict, ConfidenceVerdict } from '@/components/vocabulary/verdicts.tsx';
import { useViewer } from '@/components/vocabulary/viewer.ts';
import type { ReplayDetail, ReviewView } from '@/server/application/views.ts';
import { blastFigures } from './blast-figures.ts';

/** What somebody reads before they decide: what is new to them, what it would touch, and what is proven so far. */
export function Review({ replay }: { replay: ReplayDetail }) {
  const trpc = useTRPC();
  // Asked for beside the page: it asks a broker, and the plan can be read meanwhile.
  const review = useQuery(trpc.approvals.review.queryOptions({ replayId: replay.id }));
  useLook(replay.id, review.data ?? null);
  if (review.isPending)
    return (
      <Section title="Blast radius">
        <SkeletonRows rows={8} />
      </Section>
    );
  if (review.isError)
    return (
      <Section title="Blast radius">
        <ErrorState
          title="What it would touch could not be worked out."
          whatToDo="The plan below is as it is; try again before deciding."
          detail={review.error.message}
          onRetry={() => void review.refetch()}
          retrying={review.isFetching}
        />
      </Section>
    );
  if (review.data === null) return null;
  return (
    <>
      <News since={review.data.since} />
      <Section
        title="Blast radius"
        description="What this plan would read and touch if it ran now, and where each figure is from."
      >
        <KeyValueList items={blastFigures(review.data.radius, replay).map((figure) => ({ ...figure }))} />
      </Section>
      <Proof review={review.data} />
    </>
  );
}

/** Tells the server once that an approver has this before them. It changes nothing that the page shows now. */
function useLook(replayId: string, review: ReviewView | null) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const approves = useViewer()?.rights.includes('approve') === true;
  const looked = useRef<string | null>(null);
  const { mutate } = useMutation(
    trpc.approvals.look.mutationOptions({
      onSuccess: () => queries.invalidateQueries({ queryKey: trpc.approvals.waiting.queryKey() }),
    }),
  );
  useEffect(() => {
    if (!approves || review === null || looked.current === replayId) return;
    looked.current = replayId;
    mutate({ replayId, behind: review.radius.behind.value });
  }, [approves, review, replayId, mutate]);
}

function News({ since }: { since: ReviewView['since'] }) {
  if (since === null || since.lookedAt === null) return null;
  if (since.changes.length === 0)
    return (
      <p className="text-sm text-muted">
        Nothing is new since you looked, <RelativeTime at={since.lookedAt} />.
      </p>
    );
  return (
    <Notice
      tone="different"
      title={
        <>
          New since you looked, <RelativeTime at={since.lookedAt} />
        </>
      }
    >
      <ChangesSince changes={since.changes} />
    </Notice>
  );
}

function Proof({ review: { proof, proofIsOfLatestCode } }: { review: ReviewView }) {
  return (
    <Section
      title="Evidence so far"
      description="The last finished replay of this contract, one over its whole history first."
    >
      {proof === null ? (
        <EmptyState title="No replay of this contract has finished yet." />
      ) : (
        <div className="flex flex-wrap items-baseline gap-x-4 gap-y-2 border-y border-line py-2 text-sm">
          <ConfidenceVerdict status={proof.confidence} />
          <AgreementVerdict status={proof.agreement} />
          <span>
            <TextLink href={`/replays/${proof.id}`}>The replay</TextLink> of version {proof.contractVersion}
            {proofIsOfLatestCode ? '' : ', which is not the newest code,'} ended{' '}
            {proof.endedAt === null ? 'at an unknown time' : <RelativeTime at={proof.endedAt} />}
          </span>
          <span className="min-w-0 flex-1 basis-60 text-muted">{proof.coverage?.sentence}</span>
          {proof.evidenceId === null ? (
            <span className="text-muted">without a record</span>
          ) : (
            <TextLink href={`/evidence/${proof.evidenceId}`}>Open the record</TextLink>
          )}
        </div>
      )}
    </Section>
  );
}
