'use client';

import { useSuspenseQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { useTRPC } from '@/app/_trpc/client.tsx';
import { ButtonLink } from '@/components/ui/button.tsx';
import { KeyValueList } from '@/components/ui/key-value.tsx';
import { TextLink } from '@/components/ui/link.tsx';
import { PageHeader } from '@/components/ui/page-header.tsx';
import { RelativeTime } from '@/components/ui/relative-time.tsx';
import { Section } from '@/components/ui/section.tsx';
import { EmptyState } from '@/components/ui/states.tsx';
import { Verdict } from '@/components/ui/verdict.tsx';
import { WithTimes } from '@/components/ui/with-times.tsx';
import type { IncidentView } from '@/server/application/ports/incident-reads.ts';
import { AddToTimeline } from './add-to-timeline.tsx';
import { BeginReview } from './begin-review.tsx';
import { IncidentActs } from './incident-acts.tsx';
import { IncidentSide } from './incident-side.tsx';
import { CauseOver } from './incident-verdicts.tsx';
import { nextStep, replayHref, stateWords, statusTone } from './incident-words.ts';
import { Timeline } from './timeline.tsx';

/** One incident: what is wrong and since when, what customers see, what has been done, what to do next. */
export function IncidentPage({ incidentId, runbooks }: { incidentId: string; runbooks: ReactNode }) {
  const trpc = useTRPC();
  const { data: incident } = useSuspenseQuery(trpc.incidents.get.queryOptions({ incidentId }));
  const { data: review } = useSuspenseQuery(trpc.reviews.ofIncident.queryOptions({ incidentId }));
  const replay = replayHref(incident);
  return (
    <>
      <PageHeader
        title={`${incident.class} incident`}
        trail={[{ label: 'Incidents', href: '/incidents' }]}
        tone={statusTone[incident.status]}
        verdict={
          <>
            {incident.title} <CauseOver incident={incident} />
          </>
        }
        next={
          <>
            {nextStep(incident)}
            {incident.runbook === null ? null : (
              <>
                {' '}
                The runbook for it is <code className="font-mono">{incident.runbook}</code>.
              </>
            )}
          </>
        }
        tabTitle={`${incident.class} ${incident.status} · ${incident.contractId ?? 'Reprise'}`}
        actions={
          <>
            {replay === null || !incident.isOpen ? null : (
              <ButtonLink href={replay}>Replay what it touches</ButtonLink>
            )}
            {review !== null ? (
              <ButtonLink href={`/reviews/${review}`}>Its review</ButtonLink>
            ) : incident.isOpen ? null : (
              <BeginReview incidentId={incident.id} />
            )}
            {incident.href === null ? null : <ButtonLink href={incident.href}>Where it was seen</ButtonLink>}
          </>
        }
      />
      <div className="grid items-start gap-6 lg:grid-cols-[minmax(0,1fr)_20rem]">
        <div className="flex min-w-0 flex-col gap-6">
          <IncidentActs incident={incident} />
          {runbooks}
          <Seen incident={incident} />
          <Section
            title="What happened"
            description="Recorded as it happens, in the order in which it happened. Nothing is changed afterwards: a correction is a line of its own."
          >
            <Timeline incident={incident} />
            <AddToTimeline incidentId={incident.id} />
          </Section>
        </div>
        <IncidentSide incident={incident} />
      </div>
    </>
  );
}

function Seen({ incident }: { incident: IncidentView }) {
  const facts = Object.entries(incident.facts);
  const { states, contractId } = incident;
  return (
    <Section
      title="What customers see"
      description={
        <>
          Wrong since <RelativeTime at={incident.beganAt} absolute />
          {incident.clearedAt === null ? (
            incident.isOpen ? (
              '; it goes on, as far as is known.'
            ) : (
              '.'
            )
          ) : (
            <>
              {' '}
              until <RelativeTime at={incident.clearedAt} absolute />, as measured.
            </>
          )}
        </>
      }
    >
      {facts.length === 0 ? null : (
        <KeyValueList items={facts.map(([label, value]) => ({ label, value: <WithTimes text={value} /> }))} />
      )}
      {states === null || contractId === null ? (
        facts.length === 0 ? (
          <EmptyState title="Nothing was measured.">
            {contractId === null
              ? incident.kind === 'by-hand'
                ? 'A person opened it and named no contract.'
                : 'It is about Reprise itself.'
              : 'No replay has compared the live states of this contract yet.'}
          </EmptyState>
        ) : null
      ) : (
        <>
          <ul className="flex flex-col gap-1 text-sm">
            {states.rows.map((state) => (
              <li key={state.derivedState} className="flex flex-wrap items-center gap-2">
                <Verdict tone={outcomeTone[state.outcome] ?? 'unknown'} look="plain">
                  {state.derivedState}
                </Verdict>
                {stateWords(state)}
              </li>
            ))}
          </ul>
          <p className="text-sm text-muted">
            As <TextLink href={`/replays/${states.replayId}`}>a replay</TextLink> found{' '}
            <RelativeTime at={states.comparedAt} />.{' '}
            <TextLink href={`/states/${encodeURIComponent(contractId)}`}>See them side by side</TextLink>.
          </p>
        </>
      )}
    </Section>
  );
}

const outcomeTone: Readonly<Record<string, 'verified' | 'different' | 'accent'>> = {
  equal: 'verified',
  behind: 'accent',
  different: 'different',
};
