'use client';

import { keepPreviousData, useInfiniteQuery, useSuspenseQuery } from '@tanstack/react-query';
import { Search } from 'lucide-react';
import { debounce, parseAsBoolean, parseAsString, parseAsStringLiteral, useQueryStates } from 'nuqs';
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
import type { StatesView } from '@/server/application/views.ts';
import { ComparisonSummary } from './comparison-summary.tsx';
import { noDifference, statesAnswer } from './states-sentence.ts';
import { StatesTable } from './states-table.tsx';

const kinds = ['missing', 'extra', 'different'] as const;
const causes = [
  'never-applied',
  'applied-twice',
  'applied-out-of-order',
  'read-with-wrong-version',
  'nothing-after-offset',
  'unexplained',
] as const;

const filters = {
  replay: parseAsString,
  state: parseAsString,
  q: parseAsString.withDefault('').withOptions({ limitUrlUpdates: debounce(200) }),
  kind: parseAsStringLiteral(kinds),
  cause: parseAsStringLiteral(causes),
  all: parseAsBoolean.withDefault(false),
  fields: parseAsStringLiteral(['all']),
};

/** Derived states side by side with what history says: discrepancies first, each with the event that explains it. */
export function StatesPage({ contractId }: { contractId: string }) {
  const trpc = useTRPC();
  const [filter, setFilter] = useQueryStates(filters);
  const { data: view } = useSuspenseQuery(
    trpc.states.get.queryOptions({ contractId, replayId: filter.replay ?? undefined }),
  );
  // The old rows stay until the new ones are there: a search that empties the page takes the focus with it.
  const asked = useDeferredValue(filter);
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

type Filter = {
  replay: string | null;
  state: string | null;
  q: string;
  kind: (typeof kinds)[number] | null;
  cause: (typeof causes)[number] | null;
  all: boolean;
  fields: 'all' | null;
};

function Filters({
  view,
  filter,
  setFilter,
}: {
  view: StatesView;
  filter: Filter;
  setFilter: (change: Partial<Filter>) => void;
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
        options={[
          { value: '', label: 'Any cause' },
          ...causes.map((cause) => ({ value: cause, label: cause.replaceAll('-', ' ') })),
        ]}
        className="w-48"
      />
      <Checkbox
        label="Keys in agreement too"
        checked={filter.all}
        onChange={(event) => setFilter({ all: event.target.checked })}
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

function Rows({ view, filter, contractId }: { view: StatesView; filter: Filter; contractId: string }) {
  const trpc = useTRPC();
  // Which replay stands for history is known only once the page is there, so these rows can't be sent with it.
  const pages = useInfiniteQuery(
    trpc.states.rows.infiniteQueryOptions(
      {
        contractId,
        replayId: view.replay?.id,
        derivedState: filter.state ?? undefined,
        search: filter.q || undefined,
        kind: filter.kind ?? undefined,
        cause: filter.cause ?? undefined,
        differingOnly: !filter.all,
      },
      { getNextPageParam: (page) => page.next ?? undefined, placeholderData: keepPreviousData },
    ),
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
  const filtered = Boolean(filter.state || filter.q || filter.kind || filter.cause);
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
      <EmptyState title="No key matches these filters." />
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
