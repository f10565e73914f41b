'use client';

import { useSuspenseQuery } from '@tanstack/react-query';
import { useTRPC } from '@/app/_trpc/client.tsx';
import type { Column } from '@/components/ui/column.ts';
import { counted } from '@/components/ui/format-number.ts';
import { TextLink } from '@/components/ui/link.tsx';
import { PageHeader } from '@/components/ui/page-header.tsx';
import { RelativeTime } from '@/components/ui/relative-time.tsx';
import { Section } from '@/components/ui/section.tsx';
import { ShortId } from '@/components/ui/short-id.tsx';
import { Notice } from '@/components/ui/states.tsx';
import { Table } from '@/components/ui/table.tsx';
import { Markdown } from '@/components/vocabulary/runbook-markdown.tsx';
import type { RunbookPage } from '@/server/application/runbooks/catalogue.ts';
import type { Parameter, SectionName } from '@/server/domain/runbook/index.ts';
import { ProblemList } from './problem-list.tsx';
import { modeWords, sectionWords } from './runbook-words.ts';
import { StepView } from './step-view.tsx';

const parameterColumns: readonly Column<Parameter>[] = [
  { id: 'name', header: 'Parameter', mono: true, cell: (row) => `\${${row.name}}` },
  { id: 'title', header: 'What it is', cell: (row) => row.title },
  { id: 'type', header: 'Type', cell: (row) => row.type },
  { id: 'default', header: 'Default', mono: true, cell: (row) => row.default ?? '' },
  { id: 'from', header: 'Proposed from', mono: true, cell: (row) => row.from ?? '' },
  { id: 'required', header: 'Needed', cell: (row) => (row.required ? 'yes' : 'no') },
];

/** A runbook as its file says it, now or as it was. */
export function RunbookDocument({ runbookId, digest }: { runbookId: string; digest: string | null }) {
  const trpc = useTRPC();
  const { data: page } = useSuspenseQuery(trpc.runbooks.get.queryOptions({ runbookId, digest }));
  const { summary, shown, problems } = page;
  const { runbook } = shown;
  const sections = Object.entries(sectionWords) as readonly (readonly [SectionName, string])[];
  return (
    <>
      <PageHeader
        title={runbook.title}
        trail={[{ label: 'Runbooks', href: '/runbooks' }]}
        tone={problems.length > 0 ? 'failed' : summary.goneAt === null ? 'accent' : 'different'}
        verdict={`For ${modeWords(runbook.failureMode)}, ${runbook.severity}: ${counted(summary.steps, 'step')}, ${summary.actions} of them done by Reprise.`}
        next={`Kept by ${runbook.owner}. ${runbook.lastRehearsed === null ? 'Never rehearsed.' : `Last rehearsed on ${runbook.lastRehearsed}.`}`}
        tabTitle={`${runbook.title} · Runbooks`}
      />
      <ProblemList problems={problems} />
      {problems.length > 0 ? (
        <p className="text-sm text-muted">
          Below is the version that was registered before. It goes on being used.
        </p>
      ) : null}
      {summary.goneAt === null ? null : (
        <Notice tone="different" title="The file is no longer there">
          Since <RelativeTime at={summary.goneAt} />. Its versions and runs stay.
        </Notice>
      )}
      {shown.isCurrent ? null : (
        <Notice
          tone="unknown"
          title="An earlier version"
          action={<TextLink href={`/runbooks/${runbookId}`}>The current one</TextLink>}
        >
          Registered <RelativeTime at={shown.registeredAt} />.
        </Notice>
      )}
      {runbook.introduction === '' ? null : <Markdown text={runbook.introduction} />}
      {runbook.parameters.length === 0 ? null : (
        <Section title="Parameters" description="What a run is given at its beginning.">
          <Table
            caption="Parameters"
            columns={parameterColumns}
            rows={runbook.parameters}
            rowKey={(row) => row.name}
          />
        </Section>
      )}
      {sections.map(([name, title]) => (
        <Section key={name} title={title}>
          <ol className="flex flex-col gap-3">
            {runbook.steps
              .filter(({ section }) => section === name)
              .map((step) => (
                <StepView
                  key={step.id}
                  step={step}
                  words={step.action === null ? null : (page.words[step.action.name] ?? null)}
                />
              ))}
          </ol>
        </Section>
      ))}
      <Versions page={page} runbookId={runbookId} />
    </>
  );
}

function Versions({ page, runbookId }: { page: RunbookPage; runbookId: string }) {
  return (
    <Section title="Versions" description="By the SHA-256 of the file's bytes. None is ever changed.">
      <Table
        caption="Versions"
        rows={page.versions}
        rowKey={(row) => row.digest}
        selectedKey={page.shown.digest}
        columns={[
          {
            id: 'digest',
            header: 'Version',
            cell: (row) => (
              <ShortId id={row.digest} what="version" href={`/runbooks/${runbookId}?version=${row.digest}`} />
            ),
          },
          { id: 'file', header: 'File', mono: true, cell: (row) => row.file },
          { id: 'at', header: 'Registered', cell: (row) => <RelativeTime at={row.registeredAt} /> },
          {
            id: 'current',
            header: 'Used',
            cell: (row) => (row.digest === page.summary.digest ? 'now' : ''),
          },
        ]}
      />
    </Section>
  );
}
