'use client';

import { useMutation, useSuspenseQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTRPC } from '@/app/_trpc/client.tsx';
import { Button, ButtonLink } from '@/components/ui/button.tsx';
import { TextLink } from '@/components/ui/link.tsx';
import { PageHeader } from '@/components/ui/page-header.tsx';
import { Refused } from '@/components/ui/refused.tsx';
import { RelativeTime } from '@/components/ui/relative-time.tsx';
import { Section } from '@/components/ui/section.tsx';
import { Notice } from '@/components/ui/states.tsx';
import { TextField } from '@/components/ui/text-field.tsx';
import { Person } from '@/components/vocabulary/person.tsx';
import { useViewer, useWhyNot } from '@/components/vocabulary/viewer.ts';
import type { ReviewView } from '@/server/application/review/desk.ts';
import { changeWords } from '@/server/domain/review/change-words.ts';
import { mayExport } from '@/server/domain/review/may-export.ts';
import { sections } from '@/server/domain/review/sections.ts';
import { FactBlock } from './fact-block.tsx';
import { OpinionEditor } from './opinion-editor.tsx';
import { ReviewActions } from './review-actions.tsx';

/** One review: facts that were computed, and what people make of them. */
export function ReviewPage({ reviewId }: { reviewId: string }) {
  const trpc = useTRPC();
  const { data: review } = useSuspenseQuery(trpc.reviews.get.queryOptions({ reviewId }));
  const { incident } = review.facts;
  return (
    <>
      <PageHeader
        title={`Review, revision ${review.revision}`}
        trail={[{ label: 'Reviews', href: '/reviews' }]}
        tone={review.status === 'signed' ? 'verified' : 'accent'}
        verdict={incident.title}
        next={nextOf(review)}
        tabTitle={`${review.status} · Review`}
        actions={
          <>
            <Exports reviewId={reviewId} />
            <ButtonLink href={`/incidents/${incident.id}`}>Its incident</ButtonLink>
          </>
        }
      />
      <Acts review={review} />
      {sections.map((section) =>
        section.is === 'actions' ? (
          <ReviewActions key={section.name} review={review} />
        ) : section.is === 'facts' ? (
          <Section
            key={section.name}
            title={section.title}
            aside={<Tag>fact: computed from what is on record</Tag>}
          >
            <FactBlock name={section.name} facts={review.facts} />
          </Section>
        ) : (
          <Section key={section.name} title={section.title} aside={<Tag>opinion: written by people</Tag>}>
            <OpinionEditor
              reviewId={review.id}
              section={section.name}
              title={section.title}
              prompt={section.prompt}
              stored={review.texts.find((each) => each.section === section.name) ?? null}
              // Who may sign it reads what they would sign, and no draft of their own.
              signed={
                review.status === 'signed' || (review.status === 'complete' && review.whyNotSign === null)
              }
            />
          </Section>
        ),
      )}
    </>
  );
}

const formats = [
  ['zip', 'ZIP with its evidence'],
  ['pdf', 'PDF'],
  ['md', 'Markdown'],
] as const;

/** For whoever may take it away: who writes reviews, signs them, or reads evidence. */
function Exports({ reviewId }: { reviewId: string }) {
  if (!mayExport(useViewer()?.rights ?? [])) return null;
  return formats.map(([as, label]) => (
    <ButtonLink key={as} href={`/api/reviews/${reviewId}/export?as=${as}`} download>
      {label}
    </ButtonLink>
  ));
}

function Tag({ children }: { children: string }) {
  return <span className="rounded-sm bg-subtle px-1.5 text-xs text-muted">{children}</span>;
}

function nextOf({ status, missing }: ReviewView): string {
  if (status === 'signed')
    return 'It is signed. A correction is a new revision, which has to be signed again.';
  if (status === 'complete') return 'It is complete: somebody who wrote none of it signs it.';
  return missing.length === 0 ? 'Nothing is missing: complete it.' : missing.join(' ');
}

function Acts({ review }: { review: ReviewView }) {
  const trpc = useTRPC();
  const mayNot = useWhyNot('respond', 'Writing a review');
  const complete = useMutation(trpc.reviews.complete.mutationOptions());
  const sign = useMutation(trpc.reviews.sign.mutationOptions());
  // What kept it from being completed or signed may have been what is on record by now.
  const forget = () => {
    complete.reset();
    sign.reset();
  };
  const refresh = useMutation(trpc.reviews.refresh.mutationOptions({ onSuccess: forget }));
  const [reason, setReason] = useState('');
  const revise = useMutation(trpc.reviews.revise.mutationOptions());
  const { id: reviewId, status, completedDigest } = review;
  return (
    <Section
      title="Where it stands"
      description={
        <>
          Facts of <RelativeTime at={review.factsAt.toISOString()} absolute />, of an incident of class{' '}
          {review.facts.incident.class}.
        </>
      }
    >
      {review.changed.length === 0 || status === 'signed' ? null : (
        <Notice tone="accent" title="The newest facts say otherwise than the ones before:">
          <ul>
            {review.changed.map((change, at) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: two facts may have one name
              <li key={`${at}/${change.what}`}>{changeWords(change)}</li>
            ))}
          </ul>
        </Notice>
      )}
      <div data-no-print="" className="flex flex-wrap items-center gap-2">
        {status === 'signed' ? (
          <>
            <TextField
              label="Why it is corrected"
              value={reason}
              onChange={(event) => setReason(event.target.value)}
            />
            <Button
              disabledReason={mayNot ?? (reason.trim() === '' ? 'Say why.' : null)}
              pending={revise.isPending}
              onClick={() => revise.mutate({ reviewId, reason })}
            >
              Begin a new revision
            </Button>
          </>
        ) : (
          <Button
            variant={complete.isError || sign.isError ? 'primary' : 'secondary'}
            disabledReason={mayNot}
            pending={refresh.isPending}
            onClick={() => refresh.mutate({ reviewId })}
          >
            Compute the facts anew
          </Button>
        )}
        {status === 'draft' ? (
          <Button
            variant="primary"
            disabledReason={mayNot ?? (review.missing.length > 0 ? 'Something is missing.' : null)}
            pending={complete.isPending}
            onClick={() => complete.mutate({ reviewId })}
          >
            Complete it
          </Button>
        ) : null}
        {status === 'complete' && completedDigest !== null ? (
          <Button
            variant="primary"
            disabledReason={review.whyNotSign}
            pending={sign.isPending}
            onClick={() => sign.mutate({ reviewId, digest: completedDigest })}
          >
            Sign it
          </Button>
        ) : null}
      </div>
      <Refused error={refresh.error ?? complete.error ?? sign.error ?? revise.error} />
      <ul className="text-sm text-muted">
        {review.signings.map((each) => (
          <li key={each.id} className="wrap-anywhere">
            Revision {each.revision} was signed by <Person id={each.signedBy} />, SHA-256 {each.digest}:{' '}
            <TextLink href={`/evidence/${each.evidenceId}`}>its record</TextLink>
            {each.revision === review.revision && status === 'signed' ? null : (
              <>
                ,{' '}
                <a
                  className="underline"
                  href={`/api/reviews/${reviewId}/export?as=zip&revision=${each.revision}`}
                  download
                >
                  as ZIP
                </a>
              </>
            )}
            .
          </li>
        ))}
      </ul>
    </Section>
  );
}
