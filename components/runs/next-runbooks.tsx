'use client';

import { useSuspenseQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTRPC } from '@/app/_trpc/client.tsx';
import { Button } from '@/components/ui/button.tsx';
import { TextLink } from '@/components/ui/link.tsx';
import { RelativeTime } from '@/components/ui/relative-time.tsx';
import { Section } from '@/components/ui/section.tsx';
import { Verdict } from '@/components/ui/verdict.tsx';
import { Person } from '@/components/vocabulary/person.tsx';
import { useWhyNot } from '@/components/vocabulary/viewer.ts';
import { BeginRun } from './begin-run.tsx';

const tones = { running: 'accent', done: 'verified', abandoned: 'unknown' } as const;

/** What to do next about an incident: its runs that go on, and the runbooks that may help, each with why. */
export function NextRunbooks({ incidentId }: { incidentId: string }) {
  const trpc = useTRPC();
  const { data: proposed } = useSuspenseQuery(trpc.runs.propose.queryOptions({ incidentId }));
  const { data: runs } = useSuspenseQuery(trpc.runs.ofIncident.queryOptions({ incidentId }));
  const [begun, begin] = useState<string | null>(null);
  const mayNot = useWhyNot('respond', 'Beginning a runbook');
  if (proposed.length === 0 && runs.length === 0) return null;
  return (
    <Section title="What to do next" description="Runbooks for it, and those that were begun.">
      <ul className="flex flex-col gap-2 text-sm">
        {runs.map((run) => (
          <li key={run.id} className="flex flex-wrap items-center gap-x-2 gap-y-1">
            <Verdict tone={tones[run.status]}>{run.status}</Verdict>
            <TextLink href={`/runbooks/runs/${run.id}`}>{run.title}</TextLink>
            <span className="text-muted">
              begun by <Person id={run.startedBy} /> <RelativeTime at={run.startedAt} />
            </span>
          </li>
        ))}
        {proposed.map((each) => (
          <li
            key={each.runbookId}
            className="flex flex-col gap-3 rounded-lg border border-line bg-surface p-3"
          >
            <div className="flex flex-wrap items-center justify-between gap-2">
              <div className="min-w-0">
                <TextLink href={`/runbooks/${encodeURIComponent(each.runbookId)}`}>{each.title}</TextLink>
                <p className="text-muted">
                  {each.why}; rehearsed {each.lastRehearsed ?? 'never'}
                </p>
              </div>
              <Button
                variant="primary"
                disabledReason={mayNot}
                aria-expanded={begun === each.runbookId}
                onClick={() => begin(begun === each.runbookId ? null : each.runbookId)}
              >
                Begin
              </Button>
            </div>
            {begun === each.runbookId ? <BeginRun proposed={each} incidentId={incidentId} /> : null}
          </li>
        ))}
      </ul>
    </Section>
  );
}
