'use client';

import { useSuspenseQuery } from '@tanstack/react-query';
import { parseAsString, useQueryState } from 'nuqs';
import { useTRPC } from '@/app/_trpc/client.tsx';
import { cx } from '@/components/ui/class-names.ts';
import { useNow } from '@/components/ui/clock.tsx';
import { KeyValueList } from '@/components/ui/key-value.tsx';
import { TextLink } from '@/components/ui/link.tsx';
import { PageHeader } from '@/components/ui/page-header.tsx';
import { RelativeTime } from '@/components/ui/relative-time.tsx';
import { Section } from '@/components/ui/section.tsx';
import { ShortId } from '@/components/ui/short-id.tsx';
import { Verdict } from '@/components/ui/verdict.tsx';
import { Person } from '@/components/vocabulary/person.tsx';
import type { RunPageView } from '@/server/application/runbook-runs/read-run.ts';
import { RunActs } from './run-acts.tsx';
import { historyOf, lasted, runAnswer, sectionTitles, stateWords } from './run-words.ts';
import { StepPanel } from './step-panel.tsx';

/** One run of a runbook: the step to do now, large; all steps with how they stand; who did what, when. */
export function RunPage({ runId }: { runId: string }) {
  const trpc = useTRPC();
  const { data: run } = useSuspenseQuery(trpc.runs.get.queryOptions({ runId }));
  const [chosen, choose] = useQueryState('step', parseAsString);
  const step = run.steps.find(({ id }) => id === (chosen ?? run.current)) ?? run.steps[0];
  const answer = runAnswer(run);
  return (
    <>
      <PageHeader
        title={run.title}
        trail={[
          { label: 'Runbooks', href: '/runbooks' },
          { label: 'Runs', href: '/runbooks/runs' },
        ]}
        tone={answer.tone}
        verdict={answer.verdict}
        next={
          run.incident === null ? null : (
            <>
              For the {run.incident.class} incident{' '}
              <TextLink href={`/incidents/${run.incident.id}`}>{run.incident.title}</TextLink>
            </>
          )
        }
        tabTitle={`${run.status === 'running' ? 'running' : run.status} · ${run.title}`}
      />
      <div className="grid items-start gap-6 lg:grid-cols-[minmax(0,1fr)_20rem]">
        <div className="flex min-w-0 flex-col gap-6">
          {step === undefined ? null : <StepPanel run={run} step={step} />}
          <History run={run} />
        </div>
        <aside aria-label="About the run" className="flex min-w-0 flex-col gap-6">
          <Steps
            run={run}
            shown={step?.id ?? null}
            choose={(id) => void choose(id === run.current ? null : id)}
          />
          <Facts run={run} />
          <RunActs key={run.status} run={run} />
        </aside>
      </div>
    </>
  );
}

function Steps({
  run,
  shown,
  choose,
}: {
  run: RunPageView;
  shown: string | null;
  choose: (id: string) => void;
}) {
  return (
    <Section title="Steps">
      <ol className="flex flex-col gap-1">
        {run.steps.map((step, at) => {
          const [tone, words] = stateWords[step.state];
          const begins = run.steps[at - 1]?.section !== step.section;
          return (
            <li key={step.id} className="flex flex-col gap-1">
              {begins ? <p className="pt-1 text-xs text-muted">{sectionTitles[step.section]}</p> : null}
              <button
                type="button"
                aria-current={step.id === shown ? 'step' : undefined}
                onClick={() => choose(step.id)}
                className={cx(
                  'flex w-full flex-col items-start gap-0.5 rounded-md border px-2 py-1 text-left text-sm hover:bg-hover',
                  step.id === shown ? 'border-accent bg-accent-tint' : 'border-transparent',
                  step.state === 'out' && 'text-muted line-through',
                )}
              >
                <span className="wrap-anywhere">{step.title}</span>
                <span className="flex flex-wrap gap-x-2 text-xs">
                  <Verdict tone={tone} look="plain">
                    {words}
                  </Verdict>
                  {step.symptom === null ? null : <span className="text-muted">{step.symptom.figure}</span>}
                </span>
              </button>
            </li>
          );
        })}
      </ol>
    </Section>
  );
}

function Facts({ run }: { run: RunPageView }) {
  const now = useNow();
  const until = run.endedAt === null ? now : Date.parse(run.endedAt);
  return (
    <KeyValueList
      items={[
        { label: 'Goes on with it', value: <Person id={run.leader} /> },
        { label: 'Started by', value: <Person id={run.startedBy} /> },
        { label: 'Started', value: <RelativeTime at={run.startedAt} /> },
        { label: 'Lasts', value: lasted(run.startedAt, until) },
        ...(run.incident === null
          ? []
          : [{ label: 'Since it began to be wrong', value: lasted(run.incident.beganAt, until) }]),
        ...run.parameters.map(({ title, value, from }) => ({
          label: title,
          value: String(value),
          hint: from,
        })),
        { label: 'Rehearsed last', value: run.lastRehearsed ?? 'never' },
        { label: 'Owner', value: run.owner },
        { label: 'File', value: <ShortId id={run.digest} what="digest of the file" head={12} tail={6} /> },
      ]}
    />
  );
}

function History({ run }: { run: RunPageView }) {
  const lines = historyOf(run);
  return (
    <Section
      title="Who did what"
      description="Every attempt is kept, those that failed and were refused too."
    >
      <ol className="flex flex-col text-sm">
        {lines.map(({ key, at, by, words, to = null }) => (
          <li key={key} className="flex gap-2 border-b border-line/60 py-2 last:border-b-0">
            <span className="w-24 shrink-0 text-xs leading-5 text-muted">
              <RelativeTime at={at} />
            </span>
            <span className="min-w-0 wrap-anywhere">
              <Person id={by} /> {words}
              {to === null ? null : (
                <>
                  {' '}
                  (to <Person id={to} />)
                </>
              )}
            </span>
          </li>
        ))}
      </ol>
    </Section>
  );
}
