'use client';

import { keepPreviousData, useInfiniteQuery, useSuspenseQuery } from '@tanstack/react-query';
import { Search } from 'lucide-react';
import { useSearchParams } from 'next/navigation';
import { useQueryStates } from 'nuqs';
import { useDeferredValue } from 'react';
import { useTRPC } from '@/app/_trpc/client.tsx';
import { ButtonLink } from '@/components/ui/button.tsx';
import { Checkbox } from '@/components/ui/checkbox.tsx';
import { counted, formatCount } from '@/components/ui/format-number.ts';
import { PageHeader } from '@/components/ui/page-header.tsx';
import { Pager } from '@/components/ui/pager.tsx';
import { useFrozenAddress } from '@/components/ui/permalink.ts';
import { RelativeTime } from '@/components/ui/relative-time.tsx';
import { Section } from '@/components/ui/section.tsx';
import { Select } from '@/components/ui/select.tsx';
import { SkeletonRows } from '@/components/ui/skeleton.tsx';
import { EmptyState, ErrorState } from '@/components/ui/states.tsx';
import { TextField } from '@/components/ui/text-field.tsx';
import { statesCommand } from '@/components/vocabulary/command-line.ts';
import { CopyCommand } from '@/components/vocabulary/copy-command.tsx';
import { ErasedNotices } from '@/components/vocabulary/erased.tsx';
import { goneOf } from '@/components/vocabulary/erased-words.ts';
import { FilterBar } from '@/components/vocabulary/filter-bar.tsx';
import { HiddenValues } from '@/components/vocabulary/hidden-values.tsx';
import { LeftOut } from '@/components/vocabulary/left-out.tsx';
import type { StatesView } from '@/server/application/views.ts';
import { ComparisonSummary } from './comparison-summary.tsx';
import {
  causes,
  isFiltered,
  kinds,
  type StatesFilter,
  shownFilter,
  stateMistakes,
  statesFilters,
  statesRowsInput,
  withAgreement,
} from './states-filters.ts';
import { noDifference, notComparedWords, statesAnswer } from './states-sentence.ts';
import { StatesTable } from './states-table.tsx';

/** Derived states side by side with what history says: discrepancies first, each with the event that explains it. */
export function StatesPage({ contractId }: { contractId: string }) {
  const trpc = useTRPC();
  const [given, setFilter] = useQueryStates(statesFilters);
  const { data: view } = useSuspenseQuery(
    trpc.states.get.queryOptions({ contractId, replayId: given.replay ?? undefined }),
  );
  const derivedStates = view.fields.map((each) => each.derivedState);
  const filter = shownFilter(given, derivedStates);
  const mistakes = stateMistakes(useSearchParams(), derivedStates);
  // The old rows stay until the new ones are there: a search that empties the page takes the focus with it.
  const asked = shownFilter(useDeferredValue(given), derivedStates);
  const frozen = (): Record<string, string> => (view.replay ? { replay: view.replay.id } : {});
  useFrozenAddress({ page: frozen, row: frozen });
  const answer = statesAnswer(view);
  return (
    <>
      <PageHeader
        title={`States of ${view.contractTitle}`}
        trail={[{ label: 'States', href: '/states' }]}
        tone={answer.tone}
        verdict={answer.verdict}
        next={answer.next}
        tabTitle={`${answer.tab} · ${contractId}`}
        asOf={
          view.replay?.endedAt ? (
            <span className="text-xs text-muted">
              Replayed <RelativeTime at={view.replay.endedAt} />
            </span>
          ) : undefined
        }
        actions={
          <>
            {view.replay ? (
              <>
                <CopyCommand command={statesCommand(contractId, view.replay.id)} />
                <ButtonLink href={`/replays/${view.replay.id}`}>Open the replay</ButtonLink>
              </>
            ) : null}
            <ButtonLink
              href={`/replays/new?contract=${encodeURIComponent(contractId)}`}
              variant={view.replay ? 'secondary' : 'primary'}
            >
              Replay again
            </ButtonLink>
          </>
        }
      />
      {view.replay ? (
        <>
          <ErasedNotices erasures={view.erasures} of="of this replay and of what stands on it" />
          <Section
            title="Each derived state"
            description="Compared at the position that it had applied itself, so that being behind is not being wrong."
          >
            <ComparisonSummary view={view} />
          </Section>
          <HiddenValues contractId={contractId} />
          <Section
            title="Keys"
            description={
              filter.all
                ? 'Every key, in the order of the keys.'
                : 'Keys on which a state differs, the largest difference first.'
            }
          >
            <Filters view={view} filter={filter} setFilter={setFilter} />
            <LeftOut mistakes={mistakes} />
            <Rows view={view} filter={asked} contractId={contractId} />
          </Section>
        </>
      ) : (
        <EmptyState
          title="Nothing has been replayed yet, so nothing says which state is right."
          action={
            <ButtonLink href={`/replays/new?contract=${encodeURIComponent(contractId)}`} variant="primary">
              Plan a replay
            </ButtonLink>
          }
        />
      )}
    </>
  );
}

function Filters({
  view,
  filter,
  setFilter,
}: {
  view: StatesView;
  filter: StatesFilter;
  setFilter: (change: Partial<StatesFilter>) => void;
}) {
  return (
    <FilterBar label="Filter keys">
      <TextField
        label="Search by key"
        hideLabel
        search
        placeholder="Search by key"
        icon={<Search aria-hidden="true" className="size-4" />}
        value={filter.q}
        onChange={(event) => setFilter({ q: event.target.value })}
        mono
        className="w-56"
      />
      <Select
        label="Derived state"
        hideLabel
        value={filter.state ?? ''}
        onValueChange={(value) => setFilter({ state: value || null })}
        disabled={filter.all}
        options={[
          { value: '', label: 'Any derived state' },
          ...view.fields.map((each) => ({ value: each.derivedState, label: each.title })),
        ]}
        className="w-48"
      />
      <Select
        label="Kind"
        hideLabel
        value={filter.kind ?? ''}
        onValueChange={(value) => setFilter({ kind: kinds.find((kind) => kind === value) ?? null })}
        disabled={filter.all}
        options={[
          { value: '', label: 'Any difference' },
          ...kinds.map((kind) => ({ value: kind, label: kind })),
        ]}
        className="w-40"
      />
      <Select
        label="Cause"
        hideLabel
        value={filter.cause ?? ''}
        onValueChange={(value) => setFilter({ cause: causes.find((cause) => cause === value) ?? null })}
        disabled={filter.all}
        options={[
          { value: '', label: 'Any cause' },
          ...causes.map((cause) => ({ value: cause, label: cause.replaceAll('-', ' ') })),
        ]}
        className="w-48"
      />
      <Checkbox
        label="Keys in agreement too"
        checked={filter.all}
        onChange={(event) => setFilter(withAgreement(event.target.checked))}
        hint={filter.all ? 'State, kind and cause are of differences, and choose no key here.' : undefined}
      />
      {new Set(view.fields.flatMap((each) => each.fields)).size > 1 ? (
        <Checkbox
          label="Fields in agreement too"
          checked={filter.fields === 'all'}
          onChange={(event) => setFilter({ fields: event.target.checked ? 'all' : null })}
        />
      ) : null}
    </FilterBar>
  );
}

function Rows({ view, filter, contractId }: { view: StatesView; filter: StatesFilter; contractId: string }) {
  const trpc = useTRPC();
  // Which replay stands for history is known only once the page is there, so these rows can't be sent with it.
  const pages = useInfiniteQuery(
    trpc.states.rows.infiniteQueryOptions(statesRowsInput(contractId, view.replay?.id, filter), {
      getNextPageParam: (page) => page.next ?? undefined,
      placeholderData: keepPreviousData,
    }),
  );
  if (pages.isPending) return <SkeletonRows rows={4} rowHeight={40} />;
  if (pages.isError) {
    return (
      <ErrorState
        title="The keys could not be read."
        whatToDo="The counts above stand. Try again, or look at the log."
        detail={pages.error.message}
        onRetry={() => pages.refetch()}
        retrying={pages.isFetching}
      />
    );
  }
  const rows = pages.data.pages.flatMap((page) => page.rows);
  // What was asked before found nothing, which says nothing of what is asked now.
  if (rows.length === 0 && pages.isPlaceholderData) return <SkeletonRows rows={4} rowHeight={40} />;
  const filtered = isFiltered(filter);
  const counts = filter.all ? view.keysTotal : view.keysDiffering;
  // A replay that came to no end, or compared nothing, has rows and no counts of them.
  const total = filtered || counts < rows.length ? undefined : counts;
  const gone = goneOf(view.erasures, filter.all ? 'states' : 'discrepancies');
  if (rows.length === 0 && gone > 0) {
    return (
      <EmptyState title={filtered ? 'No key that is left matches these filters.' : 'No key is left.'}>
        {counted(gone, filter.all ? 'state' : 'difference')} of this replay {gone === 1 ? 'was' : 'were'}{' '}
        erased, as is said above.
      </EmptyState>
    );
  }
  if (rows.length === 0) {
    const said = noDifference(view);
    return filtered ? (
      <EmptyState title="No key matches these filters.">{notComparedWords(view, filter.state)}</EmptyState>
    ) : (
      <EmptyState title={said.title}>{said.text}</EmptyState>
    );
  }
  return (
    <>
      <StatesTable
        view={view}
        rows={rows}
        totalRows={total}
        contractId={contractId}
        replay={filter.replay}
        refreshing={pages.isPlaceholderData}
        allFields={filter.fields === 'all'}
      />
      <Pager
        summary={
          total === undefined
            ? `${counted(rows.length, 'key')} shown`
            : `${formatCount(rows.length)} of ${counted(total, filter.all ? 'key' : 'differing key')}${gone > 0 ? `; ${counted(gone, filter.all ? 'state' : 'difference')} erased since` : ''}`
        }
        onNext={pages.hasNextPage ? () => pages.fetchNextPage() : null}
        pending={pages.isFetchingNextPage}
      />
    </>
  );
}
