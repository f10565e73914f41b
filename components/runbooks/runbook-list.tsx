'use client';

import { useSuspenseQuery } from '@tanstack/react-query';
import { useTRPC } from '@/app/_trpc/client.tsx';
import type { Column } from '@/components/ui/column.ts';
import { TextLink } from '@/components/ui/link.tsx';
import { PageHeader } from '@/components/ui/page-header.tsx';
import { EmptyState, Notice } from '@/components/ui/states.tsx';
import { Table } from '@/components/ui/table.tsx';
import { Verdict } from '@/components/ui/verdict.tsx';
import { ContractLink } from '@/components/vocabulary/contract-link.tsx';
import type { RunbookSummary } from '@/server/application/runbooks/catalogue.ts';
import { ProblemList } from './problem-list.tsx';
import { listVerdict, modeWords } from './runbook-words.ts';

const columns: readonly Column<RunbookSummary>[] = [
  {
    id: 'title',
    header: 'Runbook',
    cell: (row) => (
      <TextLink quiet href={`/runbooks/${row.id}`}>
        {row.title}
      </TextLink>
    ),
  },
  { id: 'mode', header: 'Failure', cell: (row) => modeWords(row.failureMode) },
  { id: 'class', header: 'Class', cell: (row) => row.severity },
  {
    id: 'contracts',
    header: 'Contracts',
    wideOnly: true,
    cell: (row) =>
      row.contracts.length === 0 ? (
        <span className="text-muted">any</span>
      ) : (
        <span className="flex flex-wrap gap-x-2">
          {row.contracts.map((id) => (
            <ContractLink key={id} id={id} />
          ))}
        </span>
      ),
  },
  { id: 'owner', header: 'Owner', cell: (row) => row.owner },
  { id: 'steps', header: 'Steps', align: 'end', cell: (row) => row.steps },
  { id: 'actions', header: 'Done by Reprise', align: 'end', wideOnly: true, cell: (row) => row.actions },
  {
    id: 'rehearsed',
    header: 'Last rehearsed',
    cell: (row) => row.lastRehearsed ?? <Verdict tone="unknown">never</Verdict>,
  },
  {
    id: 'file',
    header: 'File',
    cell: (row) =>
      row.goneAt !== null ? (
        <Verdict tone="different">no longer there</Verdict>
      ) : row.mistakes > 0 ? (
        <Verdict tone="failed">wrong</Verdict>
      ) : (
        <Verdict tone="verified">registered</Verdict>
      ),
  },
];

/** What to do when something fails: wrong files first, then every runbook, and the failures that have none. */
export function RunbookList() {
  const trpc = useTRPC();
  const { data: list } = useSuspenseQuery(trpc.runbooks.list.queryOptions());
  const { tone, sentence } = listVerdict(list);
  const never = list.rows.filter(
    ({ lastRehearsed, goneAt }) => goneAt === null && lastRehearsed === null,
  ).length;
  return (
    <>
      <PageHeader
        title="Runbooks"
        tone={tone}
        verdict={sentence}
        next={
          never > 0
            ? `${never} of ${list.rows.length} were never rehearsed. A runbook that nobody has tried is a hope.`
            : null
        }
        tabTitle={list.problems.length > 0 ? 'wrong files · Runbooks' : 'Runbooks'}
      />
      <ProblemList problems={list.problems} />
      {list.without.length > 0 && list.rows.length > 0 ? (
        <Notice tone="different" title="Failures without a runbook">
          {list.without.map(modeWords).join(', ')}
        </Notice>
      ) : null}
      <Table
        caption="Runbooks"
        columns={columns}
        rows={list.rows}
        rowKey={(row) => row.id}
        empty={
          <EmptyState title="No runbook is registered yet.">
            A runbook is a Markdown file in the folder runbooks; a worker registers it. docs/runbooks.md
            teaches how to write one in ten minutes.
          </EmptyState>
        }
      />
    </>
  );
}
