'use client';

import { usePrefetchQuery, useSuspenseInfiniteQuery, useSuspenseQuery } from '@tanstack/react-query';
import { useSearchParams } from 'next/navigation';
import { useQueryStates } from 'nuqs';
import { useDeferredValue, useMemo } from 'react';
import { useTRPC } from '@/app/_trpc/client.tsx';
import { ButtonLink } from '@/components/ui/button.tsx';
import { counted } from '@/components/ui/format-number.ts';
import { useHeldRows } from '@/components/ui/held-rows.ts';
import { useAskEvery } from '@/components/ui/live.ts';
import { NewRows } from '@/components/ui/new-rows.tsx';
import { PageHeader } from '@/components/ui/page-header.tsx';
import { Pager } from '@/components/ui/pager.tsx';
import { useFrozenAddress } from '@/components/ui/permalink.ts';
import { Select } from '@/components/ui/select.tsx';
import { EmptyState } from '@/components/ui/states.tsx';
import { Table } from '@/components/ui/table.tsx';
import { isAtWork } from '@/components/vocabulary/at-work.ts';
import { FilterBar } from '@/components/vocabulary/filter-bar.tsx';
import { FrozenList } from '@/components/vocabulary/frozen-list.tsx';
import { LeftOut } from '@/components/vocabulary/left-out.tsx';
import { usePersonOptions } from '@/components/vocabulary/person.tsx';
import type { ReplaySummary } from '@/server/application/views.ts';
import { listAnswer } from './list-sentence.ts';
import {
  nextPage,
  type ReplayFilter,
  replayFilters,
  replayListInput,
  replayMistakes,
} from './replay-filters.ts';
import { CompareLink, selectableColumns } from './select-replays.tsx';

const placeOf = (row: ReplaySummary) => ({ at: row.requestedAt, id: row.id });

/** One text for each set of filters; what is selected in the list makes no other list of it. */
function listNameOf({ contract, status, confidence, by, asOf }: ReplayFilter): string {
  return [contract, status, confidence, by, asOf].join();
}

/** How far a replay is, is told to its own page with each checkpoint, and to no list. */
const askEveryMs = 10_000;

/** Every replay, newest first. */
export function ReplayList() {
  const trpc = useTRPC();
  const [filter, setFilter] = useQueryStates(replayFilters);
  const { data: contracts } = useSuspenseQuery(trpc.contracts.list.queryOptions());
  const people = usePersonOptions(filter.by);
  // The old rows stay until the new ones are there: a filter that empties the page takes the focus with it.
  const asked = useDeferredValue(filter);
  // Beside the rows, and not once they are there.
  usePrefetchQuery(trpc.replays.open.queryOptions(replayListInput(asked)));
  const askEvery = useAskEvery(askEveryMs);
  const pages = useSuspenseInfiniteQuery({
    ...trpc.replays.list.infiniteQueryOptions(replayListInput(asked), nextPage),
    refetchInterval: ({ state }) =>
      state.data?.pages.some((page) => page.rows.some(isAtWork)) ? askEvery : false,
  });
  const loaded = pages.data.pages.flatMap((page) => page.rows);
  useFrozenAddress({ page: () => ({ asOf: filter.asOf ?? new Date().toISOString() }) });
  const { shown: rows, ...held } = useHeldRows(loaded, {
    list: listNameOf(asked),
    fetching: pages.isFetching,
    placeOf,
  });
  const columns = useMemo(
    () => selectableColumns(filter.selected, (selected) => setFilter({ selected })),
    [filter.selected, setFilter],
  );
  const mistakes = replayMistakes(useSearchParams());
  const filtered = Boolean(filter.contract || filter.status || filter.confidence || filter.by);
  return (
    <>
      <Head filter={asked} latest={loaded.find((row) => row.endedAt !== null)} filtered={filtered} />
      <FilterBar label="Filter replays">
        <Select
          label="Contract"
          value={filter.contract}
          onValueChange={(value) => setFilter({ contract: value || null })}
          options={[
            { value: '', label: 'All contracts' },
            ...contracts.map((each) => ({ value: each.id, label: each.id })),
          ]}
          className="w-44"
        />
        <Select
          label="Status"
          value={filter.status ?? ''}
          onValueChange={(value) =>
            setFilter({ status: value === 'running' || value === 'ended' ? value : null })
          }
          options={[
            { value: '', label: 'Any status' },
            { value: 'running', label: 'Not ended' },
            { value: 'ended', label: 'Ended' },
          ]}
          className="w-44"
        />
        <Select
          label="Confidence"
          value={filter.confidence ?? ''}
          onValueChange={(value) =>
            setFilter({
              confidence: value === 'trusted' || value === 'suspect' || value === 'untrusted' ? value : null,
            })
          }
          options={[
            { value: '', label: 'Any confidence' },
            { value: 'trusted', label: 'Trusted' },
            { value: 'suspect', label: 'Suspect' },
            { value: 'untrusted', label: 'Untrusted' },
          ]}
          className="w-44"
        />
        <Select
          label="Requested by"
          value={filter.by}
          onValueChange={(value) => setFilter({ by: value || null })}
          options={[{ value: '', label: 'Anyone' }, ...people]}
          className="w-44"
        />
        <CompareLink rows={rows} selected={filter.selected} />
        <NewRows fresh={held.fresh} onShow={held.show} />
      </FilterBar>
      <LeftOut mistakes={mistakes} />
      {filter.asOf ? <FrozenList asOf={filter.asOf} onRelease={() => setFilter({ asOf: null })} /> : null}
      <Table
        caption="Replays"
        columns={columns}
        rows={rows}
        rowKey={(row) => row.id}
        refreshing={listNameOf(asked) !== listNameOf(filter)}
        empty={
          filtered ? (
            <EmptyState title="No replay matches these filters.">
              Take one of them away to see more.
            </EmptyState>
          ) : (
            <EmptyState
              title="No replay has run yet."
              action={
                <ButtonLink href="/replays/new" variant="primary">
                  New replay
                </ButtonLink>
              }
            >
              A replay folds a contract’s history again, beside the live states and without touching them, and
              says which of them are right.
            </EmptyState>
          )
        }
      />
      <Pager
        summary={counted(rows.length, 'replay') + (pages.hasNextPage ? ', and older ones' : '')}
        onNext={pages.hasNextPage ? () => pages.fetchNextPage() : null}
        pending={pages.isFetchingNextPage}
      />
    </>
  );
}

function Head({
  filter,
  latest,
  filtered,
}: {
  filter: ReplayFilter;
  latest: ReplaySummary | undefined;
  filtered: boolean;
}) {
  const trpc = useTRPC();
  const { data: open } = useSuspenseQuery({
    ...trpc.replays.open.queryOptions(replayListInput(filter)),
    refetchInterval: useAskEvery(askEveryMs),
  });
  const { tone, verdict, tab } = listAnswer(open, latest, filtered);
  return (
    <PageHeader
      title="Replays"
      tone={tone}
      verdict={verdict}
      tabTitle={`${tab} · Replays`}
      actions={
        <ButtonLink href="/replays/new" variant="primary">
          New replay
        </ButtonLink>
      }
    />
  );
}
