'use client';

import { useSuspenseInfiniteQuery, useSuspenseQuery } from '@tanstack/react-query';
import { createSerializer, useQueryStates } from 'nuqs';
import { useDeferredValue } from 'react';
import { useTRPC } from '@/app/_trpc/client.tsx';
import { Checkbox } from '@/components/ui/checkbox.tsx';
import { useNow } from '@/components/ui/clock.tsx';
import { counted } from '@/components/ui/format-number.ts';
import { useAskEvery } from '@/components/ui/live.ts';
import { PageHeader } from '@/components/ui/page-header.tsx';
import { Pager } from '@/components/ui/pager.tsx';
import { AsOf } from '@/components/ui/relative-time.tsx';
import { Section } from '@/components/ui/section.tsx';
import { Select } from '@/components/ui/select.tsx';
import { EmptyState } from '@/components/ui/states.tsx';
import { Table } from '@/components/ui/table.tsx';
import { TextField } from '@/components/ui/text-field.tsx';
import { FilterBar } from '@/components/vocabulary/filter-bar.tsx';
import type { SagaSummary } from '@/server/application/ports/saga-views.ts';
import { sagaColumns } from './saga-columns.tsx';
import {
  attentionInput,
  type SagaFilter,
  sagaFilters,
  sagaId,
  sagaListInput,
  sagaPages,
  states,
} from './saga-filters.ts';
import { SagaPanel } from './saga-panel.tsx';
import { SagaSummaries } from './saga-summaries.tsx';
import { sagaAnswer, stateWords } from './saga-words.ts';

const serialize = createSerializer(sagaFilters);

/** Which sagas are stuck, which could not be undone, and what became of all others. */
export function SagasPage() {
  const trpc = useTRPC();
  const [{ saga, ...filter }, setFilter] = useQueryStates(sagaFilters);
  // Quiet histories tell nothing, and are followed all the same: how old the figures are has to stay true.
  const summaries = useSuspenseQuery({
    ...trpc.sagas.summaries.queryOptions(),
    refetchInterval: useAskEvery(30_000),
  });
  const answer = sagaAnswer(summaries.data);
  return (
    <>
      <PageHeader
        title="Sagas"
        tone={answer.tone}
        verdict={answer.verdict}
        next={answer.next}
        tabTitle={answer.tab === 'Sagas' ? 'Sagas' : `${answer.tab} · Sagas`}
        asOf={<AsOf at={summaries.dataUpdatedAt} />}
      />
      <SagaSummaries summaries={summaries.data} />
      <Attention filter={filter} saga={saga} />
      <Section title="All sagas" description="What happened last stands first.">
        <Filters filter={filter} summaries={summaries.data} onFilter={setFilter} />
        <List filter={filter} saga={saga} />
      </Section>
      {saga === null ? null : <SagaPanel key={saga} id={saga} onClose={() => setFilter({ saga: null })} />}
    </>
  );
}

type ListProps = { filter: SagaFilter; saga: string | null };

/** Stuck ones and those that could not be undone, the oldest first. */
function Attention({ filter, saga }: ListProps) {
  const trpc = useTRPC();
  const now = useNow();
  const asked = useDeferredValue(filter);
  const { data } = useSuspenseQuery(trpc.sagas.list.queryOptions(attentionInput(asked)));
  if (data.rows.length === 0) return null;
  return (
    <Section
      title="Waiting for somebody"
      description={data.next === null ? 'The oldest first.' : 'The oldest 50; the others stand below.'}
    >
      <Table
        caption="Sagas that wait for somebody"
        columns={sagaColumns((id) => serialize('/sagas', { ...filter, saga: id }), now)}
        rows={data.rows}
        rowKey={sagaId}
        selectedKey={saga}
      />
    </Section>
  );
}

function List({ filter, saga }: ListProps) {
  const trpc = useTRPC();
  const now = useNow();
  // The old rows stay until the new ones are there: a filter that empties the page takes the focus with it.
  const asked = useDeferredValue(filter);
  const pages = useSuspenseInfiniteQuery(
    trpc.sagas.list.infiniteQueryOptions(sagaListInput(asked), sagaPages),
  );
  const rows = pages.data.pages.flatMap((page) => page.rows);
  const filtered = filter.contract !== '' || filter.state !== null || filter.key !== '' || filter.odd;
  return (
    <>
      <Table
        caption="Sagas"
        columns={sagaColumns((id) => serialize('/sagas', { ...filter, saga: id }), now)}
        rows={rows}
        rowKey={sagaId}
        selectedKey={saga}
        refreshing={JSON.stringify(asked) !== JSON.stringify(filter)}
        empty={
          <EmptyState title={filtered ? 'No saga matches these filters.' : 'No saga has begun yet.'}>
            {filtered
              ? 'Take one of them away to see more.'
              : 'The first event of the first step begins one.'}
          </EmptyState>
        }
      />
      <Pager
        summary={counted(rows.length, 'saga') + (pages.hasNextPage ? ', and more' : '')}
        onNext={pages.hasNextPage ? () => pages.fetchNextPage() : null}
        pending={pages.isFetchingNextPage}
      />
    </>
  );
}

type FiltersProps = {
  filter: SagaFilter;
  summaries: readonly SagaSummary[];
  onFilter: (change: { readonly [Name in keyof SagaFilter]?: SagaFilter[Name] | null }) => void;
};

function Filters({ filter, summaries, onFilter }: FiltersProps) {
  return (
    <FilterBar label="Filter the sagas">
      <Select
        label="Contract"
        value={filter.contract}
        onValueChange={(value) => onFilter({ contract: value || null })}
        options={[
          { value: '', label: 'Any' },
          ...summaries.map(({ contractId }) => ({ value: contractId, label: contractId })),
        ]}
        className="w-44"
      />
      <Select
        label="State"
        value={filter.state ?? ''}
        onValueChange={(value) => onFilter({ state: states.find((each) => each === value) ?? null })}
        options={[
          { value: '', label: 'Any' },
          ...states.map((each) => ({ value: each, label: stateWords[each] })),
        ]}
        className="w-48"
      />
      <TextField
        label="Key"
        search
        value={filter.key}
        maxLength={1_000}
        onChange={(event) => onFilter({ key: event.target.value || null })}
        className="w-52"
      />
      <Checkbox
        label="With an oddity"
        checked={filter.odd}
        onChange={(event) => onFilter({ odd: event.target.checked || null })}
      />
    </FilterBar>
  );
}
