'use client';

import { useMutation, useSuspenseQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTRPC } from '@/app/_trpc/client.tsx';
import { Button } from '@/components/ui/button.tsx';
import { TextLink } from '@/components/ui/link.tsx';
import { RelativeTime } from '@/components/ui/relative-time.tsx';
import { Section } from '@/components/ui/section.tsx';
import { TextArea } from '@/components/ui/text-field.tsx';
import { Person } from '@/components/vocabulary/person.tsx';
import { RefusedAct } from '@/components/vocabulary/refused-act.tsx';
import { useViewer, useWhyNot } from '@/components/vocabulary/viewer.ts';
import type { Glass } from '@/server/application/ports/break-glass.ts';

/** What two people have let run without its approvals, until a third one has looked into it. */
export function OpenReviews() {
  const trpc = useTRPC();
  const { data: open } = useSuspenseQuery(trpc.breakGlass.reviews.queryOptions());
  if (open.length === 0) return null;
  return (
    <Section
      title="Broken glass"
      description="Two people let these go on without their approvals. Each stays here until somebody else has reviewed it."
    >
      <ul className="flex flex-col gap-4">
        {open.map((glass) => (
          <li
            key={glass.id}
            className="rounded-lg border border-l-4 border-line border-l-failed bg-surface p-4"
          >
            <Review glass={glass} />
          </li>
        ))}
      </ul>
    </Section>
  );
}

function Review({ glass }: { glass: Glass }) {
  const trpc = useTRPC();
  const viewer = useViewer();
  const [reason, setReason] = useState('');
  const whyNot = useWhyNot('review', 'Reviewing it');
  const close = useMutation(trpc.breakGlass.close.mutationOptions());
  const { second } = glass;
  if (second === null) return null;
  const own =
    viewer?.id === glass.firstBy || viewer?.id === second.by
      ? 'You broke the glass, so somebody else reviews that.'
      : viewer !== null && viewer?.id === glass.requestedBy
        ? 'You requested what it let run, so somebody else reviews that.'
        : null;
  const why = whyNot ?? own ?? (reason.trim() === '' ? 'Say first what the review came to.' : null);
  return (
    <div className="flex max-w-2xl flex-col gap-3 text-sm">
      <p>
        <TextLink href={`/${glass.subjectKind}s/${glass.subjectId}`}>
          A {glass.subjectKind} of {glass.contractId}
        </TextLink>
        : <Person id={glass.firstBy} /> (“{glass.firstReason}”) and <Person id={second.by} /> (“
        {second.reason}”), <RelativeTime at={second.at} />.{' '}
        {glass.lapsedAt === null ? null : (
          <>
            Nothing ran by it: it lapsed before a worker began, <RelativeTime at={glass.lapsedAt} />.
          </>
        )}
      </p>
      {whyNot === null && own === null ? (
        <TextArea
          label="What the review came to"
          rows={2}
          value={reason}
          maxLength={2000}
          onChange={(event) => setReason(event.target.value)}
        />
      ) : null}
      {close.isError ? <RefusedAct title="The review is still open." message={close.error.message} /> : null}
      <div>
        <Button
          pending={close.isPending}
          disabledReason={why}
          reasonPlacement="below"
          onClick={() => close.mutate({ glassId: glass.id, reason })}
        >
          Close the review
        </Button>
      </div>
    </div>
  );
}
