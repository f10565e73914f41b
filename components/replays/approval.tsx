'use client';

import { useMutation, useSuspenseQuery } from '@tanstack/react-query';
import { useTRPC } from '@/app/_trpc/client.tsx';
import { counted } from '@/components/ui/format-number.ts';
import { Section } from '@/components/ui/section.tsx';
import { ShortId } from '@/components/ui/short-id.tsx';
import { Notice } from '@/components/ui/states.tsx';
import { BreakGlass } from '@/components/vocabulary/break-glass.tsx';
import { DecideForm } from '@/components/vocabulary/decide-form.tsx';
import { DecisionList } from '@/components/vocabulary/decision-list.tsx';
import { Person } from '@/components/vocabulary/person.tsx';
import type { ApprovalView, ReplayDetail } from '@/server/application/views.ts';

/** What was decided about the plan, and for whom may decide, the decision itself: on the plan that is shown here. */
export function Approval({ replay }: { replay: ReplayDetail }) {
  const trpc = useTRPC();
  const { data: approval } = useSuspenseQuery(trpc.approvals.of.queryOptions({ replayId: replay.id }));
  if (approval === null) return null;
  return (
    <Section title="Approval" description={sentenceOf(approval, replay)}>
      {approval.newerVersion === null || replay.status !== 'awaiting-approval' ? null : (
        <Notice
          tone="different"
          title={`Version ${approval.newerVersion} of the contract was registered since.`}
        >
          This plan replays version {replay.contractVersion}, as it was requested. What was approved before
          that does not count any more.
        </Notice>
      )}
      <DecisionList decisions={approval.decisions} />
      {replay.status === 'awaiting-approval' ? <Decide replay={replay} approval={approval} /> : null}
      <BreakGlass
        subjectKind="replay"
        subjectId={replay.id}
        planHash={approval.planHash}
        waits={replay.status === 'awaiting-approval'}
      />
    </Section>
  );
}

function sentenceOf({ standing, requestedBy }: ApprovalView, replay: ReplayDetail) {
  const needs = `${counted(standing.needed, 'approval')} of ${standing.needed === 1 ? 'somebody' : 'different people'} other than who requested it`;
  if (replay.status !== 'awaiting-approval') return `The plan needed ${needs}.`;
  return (
    <>
      <Person id={requestedBy} /> asks to run the plan below. It needs {needs}, has {standing.given}, and runs
      exactly as it stands once it has them all.
    </>
  );
}

function Decide({ replay, approval }: { replay: ReplayDetail; approval: ApprovalView }) {
  const trpc = useTRPC();
  const decide = useMutation(trpc.approvals.decide.mutationOptions());
  return (
    <DecideForm
      title={
        <>
          Your decision about plan <ShortId id={approval.planHash} what="plan hash" head={16} tail={8} />
        </>
      }
      approve="Approve this plan"
      hint="Why this may run, or may not. It stands in the audit and beside the evidence."
      whyNot={approval.whyNot}
      pending={decide.isPending ? decide.variables.verdict : null}
      error={decide.error?.message ?? null}
      onDecide={(verdict, reason) =>
        decide.mutate({ replayId: replay.id, planHash: approval.planHash, verdict, reason })
      }
    />
  );
}
