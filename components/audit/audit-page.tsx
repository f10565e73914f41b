'use client';

import { useSuspenseInfiniteQuery, useSuspenseQuery } from '@tanstack/react-query';
import { Download } from 'lucide-react';
import { useQueryStates } from 'nuqs';
import { useDeferredValue } from 'react';
import { useTRPC } from '@/app/_trpc/client.tsx';
import { Button, ButtonLink } from '@/components/ui/button.tsx';
import { counted } from '@/components/ui/format-number.ts';
import { useHydrated } from '@/components/ui/hydrated.ts';
import { PageHeader } from '@/components/ui/page-header.tsx';
import { Pager } from '@/components/ui/pager.tsx';
import { AsOf } from '@/components/ui/relative-time.tsx';
import { EmptyState, Notice } from '@/components/ui/states.tsx';
import { Table } from '@/components/ui/table.tsx';
import { NotAllowed } from '@/components/vocabulary/not-allowed.tsx';
import { useNameOf } from '@/components/vocabulary/person.tsx';
import { useWhyNot } from '@/components/vocabulary/viewer.ts';
import type { AuditRow } from '@/server/application/views.ts';
import { auditColumns } from './audit-columns.tsx';
import { AuditFilterBar } from './audit-filter-bar.tsx';
import {
  type AuditFilter,
  auditFilters,
  auditListInput,
  dayMistakes,
  exportHref,
  nextPage,
} from './audit-filters.ts';

/** Who did what, to what, and whether it was let. */
export function AuditPage() {
  const whyNot = useWhyNot('audit', 'Reading who did what');
  if (whyNot !== null) return <NotAllowed title="Audit" sentence={whyNot} />;
  return <Audit />;
}

function Audit() {
  const trpc = useTRPC();
  const [filter, setFilter] = useQueryStates(auditFilters);
  const { data: actions } = useSuspenseQuery(trpc.audit.actions.queryOptions());
  // The old rows stay until the new ones are there: a filter that empties the page takes the focus with it.
  const asked = useDeferredValue(filter);
  const pages = useSuspenseInfiniteQuery(
    trpc.audit.list.infiniteQueryOptions(auditListInput(asked), nextPage),
  );
  const isHydrated = useHydrated();
  const rows = pages.data.pages.flatMap((page) => page.rows);
  const filtered = Object.values(filter).some(Boolean);
  return (
    <>
      <Head rows={rows} filter={filter} filtered={filtered} readAt={pages.dataUpdatedAt} />
      <AuditFilterBar filter={filter} actions={actions} onFilter={setFilter}>
        <div className="ml-auto flex h-8 items-center">
          <Button size="sm" pending={isHydrated && pages.isRefetching} onClick={() => pages.refetch()}>
            Read again
          </Button>
        </div>
      </AuditFilterBar>
      {dayMistakes(filter).map((sentence) => (
        <Notice key={sentence} tone="different" title={sentence} />
      ))}
      <Table
        caption="Audit entries"
        columns={auditColumns}
        rows={rows}
        rowKey={(row) => row.id}
        refreshing={Object.values(asked).join() !== Object.values(filter).join()}
        empty={
          <EmptyState title={filtered ? 'No entry matches these filters.' : 'Nothing has been done yet.'}>
            {filtered ? 'Take one of them away to see more.' : 'Whatever somebody does here stands here.'}
          </EmptyState>
        }
      />
      <Pager
        summary={counted(rows.length, 'entry', 'entries') + (pages.hasNextPage ? ', and older ones' : '')}
        onNext={pages.hasNextPage ? () => pages.fetchNextPage() : null}
        pending={pages.isFetchingNextPage}
      />
    </>
  );
}

type HeadProps = {
  rows: readonly AuditRow[];
  filter: AuditFilter;
  filtered: boolean;
  readAt: number;
};

function Head({ rows, filter, filtered, readAt }: HeadProps) {
  const nameOf = useNameOf();
  const [latest] = rows;
  const refused = rows.filter((row) => row.outcome === 'refused').length;
  return (
    <PageHeader
      title="Audit"
      tone={refused > 0 ? 'different' : latest ? 'accent' : 'unknown'}
      verdict={
        latest
          ? `The latest act${filtered ? ' that matches' : ''} is ${latest.action} by ${nameOf(latest.actor)}, ${latest.outcome}.`
          : filtered
            ? 'No entry matches these filters.'
            : 'Nothing has been done yet.'
      }
      next={
        refused > 0
          ? `${counted(refused, 'act')} of the ${counted(rows.length, 'entry', 'entries')} below ${refused === 1 ? 'was' : 'were'} refused. Entries can’t be changed or deleted.`
          : 'Every act stands here with who did it, and what was refused too. Entries can’t be changed or deleted.'
      }
      tabTitle={refused > 0 ? `${refused} refused · Audit` : 'Audit'}
      asOf={<AsOf at={readAt} />}
      actions={
        <>
          <ExportLink filter={filter} format="csv" />
          <ExportLink filter={filter} format="ndjson" />
        </>
      }
    />
  );
}

/** What is filtered, as a file. Taking it is an entry of its own. */
function ExportLink({ filter, format }: { filter: AuditFilter; format: 'csv' | 'ndjson' }) {
  return (
    <ButtonLink
      href={exportHref(filter, format)}
      download={`reprise-audit.${format}`}
      icon={<Download aria-hidden="true" className="size-4" />}
    >
      Export {format === 'csv' ? 'CSV' : 'NDJSON'}
    </ButtonLink>
  );
}
