'use client';

import { useQuery, useQueryClient, useSuspenseInfiniteQuery, useSuspenseQuery } from '@tanstack/react-query';
import { useSearchParams } from 'next/navigation';
import { parseAsString, useQueryState, useQueryStates } from 'nuqs';
import { useCallback, useDeferredValue, useMemo, useState } from 'react';
import { useTRPC } from '@/app/_trpc/client.tsx';
import { counted } from '@/components/ui/format-number.ts';
import { NewRows } from '@/components/ui/new-rows.tsx';
import { PageHeader } from '@/components/ui/page-header.tsx';
import { Pager } from '@/components/ui/pager.tsx';
import { useFrozenAddress } from '@/components/ui/permalink.ts';
import { EmptyState, Notice } from '@/components/ui/states.tsx';
import { Table } from '@/components/ui/table.tsx';
import { VirtualTable } from '@/components/ui/virtual-table.tsx';
import { FrozenList } from '@/components/vocabulary/frozen-list.tsx';
import { LeftOut } from '@/components/vocabulary/left-out.tsx';
import type { EvidenceSummary } from '@/server/application/views.ts';
import { evidenceColumns } from './evidence-columns.tsx';
import { EvidenceFilterBar } from './evidence-filter-bar.tsx';
import {
  type EvidenceFilter,
  evidenceFilterInput,
  evidenceFilters,
  evidenceListInput,
  filterMistakes,
  isFiltered,
  latestAnswer,
} from './evidence-filters.ts';
import { ExportLinks } from './export-links.tsx';
import { Peek } from './peek.tsx';
import { SavedViews } from './saved-views.tsx';
import { CompareRecords } from './select-records.tsx';

/** Everything that was recorded, newest first. */
export function EvidenceList() {
  const trpc = useTRPC();
  const [filter, setFilter] = useQueryStates(evidenceFilters);
  const { data: facets } = useSuspenseQuery(trpc.evidence.facets.queryOptions());
  const [peek, setPeek] = useQueryState('peek', parseAsString);
  const [selected, setSelected] = useState<readonly string[]>([]);
  // The old rows stay until the new ones are there: a filter that empties the page takes the focus with it.
  const asked = useDeferredValue(filter);
  const pages = useSuspenseInfiniteQuery(
    trpc.evidence.list.infiniteQueryOptions(evidenceListInput(asked), {
      getNextPageParam: (page) => page.next ?? undefined,
      // Records never change: what is read stays, and what has come since is counted beside it.
      staleTime: Number.POSITIVE_INFINITY,
    }),
  );
  useFrozenAddress({ page: () => ({ asOf: filter.asOf ?? new Date().toISOString() }) });
  const rows = useMemo(() => pages.data.pages.flatMap((page) => page.rows), [pages.data]);
  const columns = useMemo(() => evidenceColumns(selected, setSelected, setPeek), [selected, setPeek]);
  const { asOf } = filter;
  const filtered = isFiltered(filter);
  const mistakes = filterMistakes(useSearchParams());
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = pages;
  const onNearEnd = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage]);
  const table = {
    caption: 'Evidence records',
    columns,
    rows,
    rowKey: (row: EvidenceSummary) => row.id,
    selectedKey: peek,
    refreshing: Object.values(asked).join() !== Object.values(filter).join(),
  };
  return (
    <>
      <Head latest={rows[0]} filter={filter} said={{ filtered, hasMistakes: mistakes.length > 0 }} />
      <div className="flex flex-wrap items-center justify-between gap-x-6 gap-y-2">
        <SavedViews filter={filter} />
        <CompareRecords rows={rows} selected={selected} />
      </div>
      <EvidenceFilterBar filter={filter} facets={facets} onFilter={setFilter}>
        <Fresh filter={asked} rows={rows} />
      </EvidenceFilterBar>
      <LeftOut mistakes={mistakes} />
      {filter.key && facets.erasedReplays > 0 ? (
        <Notice
          tone="unknown"
          title={`Rows of ${counted(facets.erasedReplays, 'replay')} were erased, and by those no record is found.`}
        >
          A record that is missing here may have touched the key all the same; its page says what was erased.
        </Notice>
      ) : null}
      {asOf ? <FrozenList asOf={asOf} onRelease={() => setFilter({ asOf: null })} /> : null}
      {rows.length > 0 && (hasNextPage || rows.length > 100) ? (
        // So many that only those in sight are in the page; the next are read as the end comes near.
        <VirtualTable {...table} density={32} height="68vh" onNearEnd={onNearEnd} />
      ) : (
        <Table {...table} empty={<NoRecord filtered={filtered} />} />
      )}
      <Pager
        summary={counted(rows.length, 'record') + (hasNextPage ? ' read so far, and older ones' : '')}
        onNext={hasNextPage ? () => fetchNextPage() : null}
        pending={isFetchingNextPage}
      />
      <Peek id={peek} ids={rows.map((row) => row.id)} onPeek={setPeek} />
    </>
  );
}

function NoRecord({ filtered }: { filtered: boolean }) {
  return (
    <EmptyState title={filtered ? 'No record matches these filters.' : 'No evidence is recorded yet.'}>
      {filtered ? 'Take one of them away to see more.' : 'Launch a replay: what it finds is recorded here.'}
    </EmptyState>
  );
}

type HeadProps = {
  latest: EvidenceSummary | undefined;
  filter: EvidenceFilter;
  said: { filtered: boolean; hasMistakes: boolean };
};

function Head({ latest, filter, said }: HeadProps) {
  const next = latest?.generated
    ? 'It was generated for measuring, and is evidence of nothing.'
    : latest
      ? 'Open a record to read what it says, and what it does not prove.'
      : 'Every replay leaves a record, refused and cancelled ones too.';
  return (
    <PageHeader
      title="Evidence"
      tone={latest && !latest.generated ? 'accent' : 'unknown'}
      verdict={latestAnswer(latest, said)}
      next={next}
      tabTitle={latest ? `${latest.confidence ?? latest.status} latest · Evidence` : 'Evidence'}
      actions={<ExportLinks filter={filter} />}
    />
  );
}

/** How many records have come since the list was read, and the way to them: the list is then read from its beginning. */
function Fresh({ filter, rows }: { filter: EvidenceFilter; rows: readonly EvidenceSummary[] }) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const [newest] = rows;
  const fresh = useQuery(
    trpc.evidence.fresh.queryOptions({
      filter: evidenceFilterInput(filter),
      seen: newest === undefined ? null : { at: newest.recordedAt, id: newest.id },
    }),
  );
  const show = () => queries.resetQueries(trpc.evidence.list.infiniteQueryFilter());
  return <NewRows fresh={fresh.data ?? 0} onShow={() => void show()} />;
}
