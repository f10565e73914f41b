'use client';

import { useSuspenseInfiniteQuery, useSuspenseQuery } from '@tanstack/react-query';
import { useQueryStates } from 'nuqs';
import { useDeferredValue } from 'react';
import { useTRPC } from '@/app/_trpc/client.tsx';
import { Checkbox } from '@/components/ui/checkbox.tsx';
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
import type { LetterTopicView } from '@/server/application/ports/dead-letters.ts';
import { AskRedrive } from './ask-redrive.tsx';
import { letterColumns, letterKey } from './letter-columns.tsx';
import {
  type LetterFilters,
  letterFilters,
  letterListInput,
  letterPages,
  topicsInput,
} from './letter-filters.ts';
import { causeWords, lettersAnswer, parkersOf, standing } from './letter-words.ts';
import { redriveColumns } from './redrive-columns.tsx';
import { TopicSection } from './topic-section.tsx';

/** What consumers have parked: by topic and cause, and letter by letter. */
export function DeadLettersPage() {
  const trpc = useTRPC();
  const [filter, setFilter] = useQueryStates(letterFilters);
  const asked = useDeferredValue(filter);
  // Quiet topics tell nothing, and are read all the same: how old the figures are has to stay true.
  const { data, dataUpdatedAt } = useSuspenseQuery({
    ...trpc.deadLetters.topics.queryOptions(topicsInput(asked)),
    refetchInterval: useAskEvery(30_000),
  });
  const answer = lettersAnswer(data);
  const chosen = data.find(({ topic, retiredAt }) => topic === filter.topic && retiredAt === null);
  const group = chosen?.groups.find((each) => each.groupId === filter.cause && standing(each) > 0);
  return (
    <>
      <PageHeader
        title="Dead letters"
        tone={answer.tone}
        verdict={answer.verdict}
        next={answer.next}
        tabTitle={answer.tab === 'Dead letters' ? answer.tab : `${answer.tab} · Dead letters`}
        asOf={<AsOf at={dataUpdatedAt} />}
      />
      {data.map((topic) => (
        <TopicSection key={topic.topic} topic={topic} />
      ))}
      {data.length === 0 ? null : (
        <Section title="Letters" description="What was parked last stands first.">
          <Filters filter={filter} topics={data} onFilter={setFilter} />
          <Letters filter={filter} />
        </Section>
      )}
      {chosen === undefined || group === undefined
        ? null
        : parkersOf(chosen).map(({ contractId, state }) => (
            <AskRedrive
              key={`${group.groupId} ${contractId}/${state}`}
              contractId={contractId}
              derivedState={state}
              groupId={group.groupId}
              what={chosen.others.length === 0 ? 'this cause' : `what ${state} parked of this cause`}
            />
          ))}
      <Redrives />
    </>
  );
}

function Redrives() {
  const trpc = useTRPC();
  const { data } = useSuspenseQuery(trpc.deadLetters.redrives.queryOptions());
  if (data.length === 0) return null;
  return (
    <Section title="Redrives" description="What was sent again, or waits for approval; the newest 50.">
      <Table caption="Redrives" columns={redriveColumns} rows={data} rowKey={(row) => row.id} />
    </Section>
  );
}

function Letters({ filter }: { filter: LetterFilters }) {
  const trpc = useTRPC();
  const asked = useDeferredValue(filter);
  const pages = useSuspenseInfiniteQuery(
    trpc.deadLetters.list.infiniteQueryOptions(letterListInput(asked), letterPages),
  );
  const rows = pages.data.pages.flatMap((page) => page.rows);
  const isFiltered = filter.topic !== '' || filter.cause !== '' || filter.event !== '';
  return (
    <>
      <Table
        caption="Dead letters"
        columns={letterColumns}
        rows={rows}
        rowKey={letterKey}
        refreshing={JSON.stringify(asked) !== JSON.stringify(filter)}
        empty={
          <EmptyState title={isFiltered ? 'No letter matches these filters.' : 'No letter stands parked.'}>
            {isFiltered ? 'Take one of them away to see more.' : null}
          </EmptyState>
        }
      />
      <Pager
        summary={counted(rows.length, 'letter') + (pages.hasNextPage ? ', and more' : '')}
        onNext={pages.hasNextPage ? () => pages.fetchNextPage() : null}
        pending={pages.isFetchingNextPage}
      />
    </>
  );
}

type FiltersProps = {
  filter: LetterFilters;
  topics: readonly LetterTopicView[];
  onFilter: (change: { readonly [Name in keyof LetterFilters]?: LetterFilters[Name] | null }) => void;
};

function Filters({ filter, topics, onFilter }: FiltersProps) {
  const groups = topics.find(({ topic }) => topic === filter.topic)?.groups ?? [];
  return (
    <FilterBar label="Filter the letters">
      <Select
        label="Topic"
        value={filter.topic}
        onValueChange={(value) => onFilter({ topic: value || null, cause: null })}
        options={[
          { value: '', label: 'Any' },
          ...topics.map(({ topic }) => ({ value: topic, label: topic })),
        ]}
        className="w-64"
      />
      {groups.length === 0 ? null : (
        <Select
          label="Cause"
          value={filter.cause}
          onValueChange={(value) => onFilter({ cause: value || null })}
          options={[
            { value: '', label: 'Any' },
            ...groups.map((group) => ({ value: group.groupId, label: causeWords(group) })),
          ]}
          className="w-64"
        />
      )}
      <TextField
        label="Event id"
        search
        value={filter.event}
        maxLength={1_000}
        onChange={(event) => onFilter({ event: event.target.value || null })}
        className="w-52"
      />
      <Checkbox
        label="Also what is gone"
        checked={filter.gone}
        onChange={(event) => onFilter({ gone: event.target.checked || null })}
      />
    </FilterBar>
  );
}
