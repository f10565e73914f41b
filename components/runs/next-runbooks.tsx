'use client';

import { useMutation, useSuspenseQuery } from '@tanstack/react-query';
import { useRouter } from 'next/navigation';
import { type FormEvent, useState } from 'react';
import { useTRPC } from '@/app/_trpc/client.tsx';
import { Button } from '@/components/ui/button.tsx';
import { TextLink } from '@/components/ui/link.tsx';
import { RelativeTime } from '@/components/ui/relative-time.tsx';
import { Section } from '@/components/ui/section.tsx';
import { TextField } from '@/components/ui/text-field.tsx';
import { Verdict } from '@/components/ui/verdict.tsx';
import { Person } from '@/components/vocabulary/person.tsx';
import { RefusedAct } from '@/components/vocabulary/refused-act.tsx';
import { useWhyNot } from '@/components/vocabulary/viewer.ts';
import type { ProposedRun } from '@/server/application/runbook-runs/start-run.ts';

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

/** The values that a run is given: as they are proposed, each with where it comes from, until somebody changes one. */
export function BeginRun({ proposed, incidentId }: { proposed: ProposedRun; incidentId: string | null }) {
  const trpc = useTRPC();
  const router = useRouter();
  const [given, setGiven] = useState<Readonly<Record<string, string>>>(() =>
    Object.fromEntries(
      proposed.parameters.map(({ name, value }) => [name, value === null ? '' : String(value)]),
    ),
  );
  const start = useMutation(
    trpc.runs.start.mutationOptions({ onSuccess: ({ runId }) => router.push(`/runbooks/runs/${runId}`) }),
  );
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const { runbookId, digest } = proposed;
    start.mutate({ runbookId, digest, incidentId, parameters: { ...given } });
  };
  return (
    <form onSubmit={submit} aria-label={`Begin ${proposed.title}`} className="flex flex-col gap-3">
      {proposed.parameters.map(({ name, title, required, value, from }) => (
        <TextField
          key={name}
          label={title}
          mono
          required={required}
          value={given[name] ?? ''}
          hint={
            from === null
              ? required
                ? 'Nothing proposes it: say it.'
                : 'May be left out.'
              : given[name] === String(value)
                ? `from ${from}`
                : `changed by you; ${String(value)} came from ${from}`
          }
          maxLength={2000}
          onChange={(event) => setGiven({ ...given, [name]: event.target.value })}
        />
      ))}
      {start.error ? <RefusedAct title="The run did not begin." message={start.error.message} /> : null}
      <div>
        <Button type="submit" variant="primary" pending={start.isPending}>
          Begin the run
        </Button>
      </div>
    </form>
  );
}
