'use client';

import { useMutation, useSuspenseQuery } from '@tanstack/react-query';
import { useId, useState } from 'react';
import { useTRPC } from '@/app/_trpc/client.tsx';
import { Button } from '@/components/ui/button.tsx';
import { counted } from '@/components/ui/format-number.ts';
import { RelativeTime } from '@/components/ui/relative-time.tsx';
import { Section } from '@/components/ui/section.tsx';
import { ShortId } from '@/components/ui/short-id.tsx';
import { ErrorState, Notice } from '@/components/ui/states.tsx';
import { TextArea } from '@/components/ui/text-field.tsx';
import { Verdict } from '@/components/ui/verdict.tsx';
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
      {approval.decisions.length > 0 ? (
        <ul className="divide-y divide-line border-y border-line">
          {approval.decisions.map((decision) => (
            <li key={decision.id} className="flex flex-wrap items-baseline gap-x-4 gap-y-1 py-2 text-sm">
              <span className="min-w-28">
                <Verdict
                  tone={decision.verdict === 'rejected' ? 'failed' : decision.counts ? 'verified' : 'unknown'}
                >
                  {decision.verdict}
                </Verdict>
              </span>
              <span>
                <Person id={decision.personId} />, <RelativeTime at={decision.decidedAt} />
              </span>
              <span className="min-w-0 flex-1 basis-60 wrap-anywhere">“{decision.reason}”</span>
              {decision.voidReason === null ? null : (
                <span className="text-muted">does not count: {decision.voidReason}</span>
              )}
            </li>
          ))}
        </ul>
      ) : null}
      {replay.status === 'awaiting-approval' ? <Decide replay={replay} approval={approval} /> : null}
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
  const [reason, setReason] = useState('');
  const id = useId();
  const decide = useMutation(trpc.approvals.decide.mutationOptions({ onSuccess: () => setReason('') }));
  const send = (verdict: 'approved' | 'rejected') =>
    decide.mutate({ replayId: replay.id, planHash: approval.planHash, verdict, reason });
  if (approval.whyNot !== null)
    return (
      <Notice tone="unknown" title="You can’t decide about this one.">
        {approval.whyNot}
      </Notice>
    );
  const missing = reason.trim() === '' ? 'Give a reason first.' : null;
  return (
    <form
      aria-labelledby={id}
      onSubmit={(event) => event.preventDefault()}
      className="flex max-w-2xl flex-col gap-3 rounded-lg border border-line bg-surface p-4"
    >
      <h3 id={id} className="font-semibold">
        Your decision about plan <ShortId id={approval.planHash} what="plan hash" head={16} tail={8} />
      </h3>
      <TextArea
        label="Reason"
        value={reason}
        maxLength={2000}
        onChange={(event) => setReason(event.target.value)}
        hint="Why this may run, or may not. It stands in the audit and beside the evidence."
      />
      {decide.isError ? <Refused message={decide.error.message} /> : null}
      <div className="flex flex-wrap items-center gap-2">
        <Button
          variant="primary"
          pending={decide.isPending && decide.variables.verdict === 'approved'}
          disabledReason={missing}
          onClick={() => send('approved')}
        >
          Approve this plan
        </Button>
        <Button
          variant="danger"
          pending={decide.isPending && decide.variables.verdict === 'rejected'}
          disabledReason={missing === null ? null : 'A rejection has one too.'}
          onClick={() => send('rejected')}
        >
          Reject
        </Button>
      </div>
    </form>
  );
}

function Refused({ message }: { message: string }) {
  const stale = message.includes('Sign in again');
  return (
    <ErrorState
      title="Nothing was decided."
      whatToDo={
        stale ? (
          <a className="underline" href={`/sign-in?next=${encodeURIComponent(window.location.pathname)}`}>
            Sign in again, and come back here
          </a>
        ) : (
          'Read the message; your reason stays as you wrote it.'
        )
      }
      detail={message}
    />
  );
}
