'use client';

import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTRPC } from '@/app/_trpc/client.tsx';
import { Button } from '@/components/ui/button.tsx';
import { RelativeTime } from '@/components/ui/relative-time.tsx';
import { Notice } from '@/components/ui/states.tsx';
import { TextArea } from '@/components/ui/text-field.tsx';
import type { Glass } from '@/server/application/ports/break-glass.ts';
import { Person } from './person.tsx';
import { RefusedAct } from './refused-act.tsx';
import { useViewer, useWhyNot } from './viewer.ts';

export type BreakGlassProps = {
  subjectKind: Glass['subjectKind'];
  subjectId: string;
  planHash: string;
  /** It waits for approval: only then can the glass be broken. */
  waits: boolean;
};

/** The way past an approval that can't be had: two people, each with a reason, and a review that stays open. */
export function BreakGlass({ waits, ...subject }: BreakGlassProps) {
  const trpc = useTRPC();
  const { data: glass } = useQuery(trpc.breakGlass.of.queryOptions(subject));
  if (glass === undefined) return null;
  if (glass !== null && glass.second !== null) return <Broken glass={glass} />;
  if (!waits) return null;
  return <Break begun={glass} {...subject} />;
}

function Broken({ glass }: { glass: Glass }) {
  const { second, review } = glass;
  if (second === null) return null;
  return (
    <Notice
      tone={review === null ? 'failed' : 'different'}
      title={
        <>
          <Person id={glass.firstBy} /> and <Person id={second.by} /> let it run without its approvals.
        </>
      }
    >
      “{glass.firstReason}” and “{second.reason}”, <RelativeTime at={second.at} />.{' '}
      {review === null ? (
        'Nobody has reviewed that yet: the page Approvals has it.'
      ) : (
        <>
          Reviewed by <Person id={review.by} />, <RelativeTime at={review.at} />: “{review.conclusion}”
        </>
      )}
    </Notice>
  );
}

function Break({ begun, ...subject }: Omit<BreakGlassProps, 'waits'> & { begun: Glass | null }) {
  const trpc = useTRPC();
  const viewer = useViewer();
  const [reason, setReason] = useState('');
  const whyNot = useWhyNot('break-glass', 'Breaking the glass');
  const act = useMutation(trpc.breakGlass.break.mutationOptions({ onSuccess: () => setReason('') }));
  const isOwn = begun !== null && begun.firstBy === viewer?.id;
  const missing = isOwn
    ? 'You began it: a second person has to confirm it.'
    : reason.trim() === ''
      ? 'Give a reason first.'
      : null;
  return (
    <details open={begun !== null} className="max-w-2xl text-sm">
      <summary className="cursor-pointer rounded-sm text-muted hover:text-ink">
        {begun === null ? 'No approver can be had, and it can’t wait' : 'Somebody wants to break the glass'}
      </summary>
      <div className="mt-2 flex flex-col gap-3 rounded-lg border border-l-4 border-line border-l-failed bg-surface p-4">
        <p className="max-w-prose text-muted">
          {begun === null ? (
            'Two people together can let it run without its approvals. It stands in the record as an incident, everybody concerned is told, and its review stays open until somebody else closes it. Records that it waives are not accepted by that.'
          ) : (
            <>
              <Person id={begun.firstBy} /> began, <RelativeTime at={begun.firstAt} />: “{begun.firstReason}”.
              A second person has until <RelativeTime at={begun.expiresAt} absolute />.
            </>
          )}
        </p>
        {isOwn ? null : (
          <TextArea
            label="Reason to break the glass"
            rows={2}
            value={reason}
            maxLength={2000}
            onChange={(event) => setReason(event.target.value)}
          />
        )}
        {act.isError ? <RefusedAct title="Nothing was broken." message={act.error.message} /> : null}
        <div>
          <Button
            variant="danger"
            pending={act.isPending}
            disabledReason={whyNot ?? missing}
            reasonPlacement="below"
            onClick={() => act.mutate({ ...subject, reason })}
          >
            {begun === null ? 'Break the glass' : 'Confirm: let it run'}
          </Button>
        </div>
      </div>
    </details>
  );
}
