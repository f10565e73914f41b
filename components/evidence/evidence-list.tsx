'use client';

import { useSuspenseInfiniteQuery, useSuspenseQuery } from '@tanstack/react-query';
import { PanelRightOpen } from 'lucide-react';
import { parseAsString, useQueryState, useQueryStates } from 'nuqs';
import { useDeferredValue, useMemo } from 'react';
import { useTRPC } from '@/app/_trpc/client.tsx';
import { IconButton } from '@/components/ui/button.tsx';
import type { Column } from '@/components/ui/column.ts';
import { counted, formatCount } from '@/components/ui/format-number.ts';
import { useHeldRows } from '@/components/ui/held-rows.ts';
import { TextLink } from '@/components/ui/link.tsx';
import { NewRows } from '@/components/ui/new-rows.tsx';
import { PageHeader } from '@/components/ui/page-header.tsx';
import { Pager } from '@/components/ui/pager.tsx';
import { useFrozenAddress } from '@/components/ui/permalink.ts';
import { RelativeTime } from '@/components/ui/relative-time.tsx';
import { Select } from '@/components/ui/select.tsx';
import { shortenMiddle } from '@/components/ui/shorten-middle.ts';
import { EmptyState } from '@/components/ui/states.tsx';
import { Table } from '@/components/ui/table.tsx';
import { TextField } from '@/components/ui/text-field.tsx';
import { ContractLink } from '@/components/vocabulary/contract-link.tsx';
import { FilterBar } from '@/components/vocabulary/filter-bar.tsx';
import { FrozenList } from '@/components/vocabulary/frozen-list.tsx';
import { Person, useNameOf } from '@/components/vocabulary/person.tsx';
import { AgreementVerdict, ConfidenceVerdict, StatusVerdict } from '@/components/vocabulary/verdicts.tsx';
import type { EvidenceSummary } from '@/server/application/views.ts';
import { agreements, confidences, evidenceFilters, evidenceListInput, statuses } from './evidence-filters.ts';
import { Peek } from './peek.tsx';

const placeOf = (row: EvidenceSummary) => ({ at: row.recordedAt, id: row.id });

/** Everything that was recorded, newest first. */
export function EvidenceList() {
  const trpc = useTRPC();
  const [filter, setFilter] = useQueryStates(evidenceFilters);
  const { data: facets } = useSuspenseQuery(trpc.evidence.facets.queryOptions());
  const nameOf = useNameOf();
  const [peek, setPeek] = useQueryState('peek', parseAsString);
  // The old rows stay until the new ones are there: a filter that empties the page takes the focus with it.
  const asked = useDeferredValue(filter);
  const pages = useSuspenseInfiniteQuery(
    trpc.evidence.list.infiniteQueryOptions(evidenceListInput(asked), {
      getNextPageParam: (page) => page.next ?? undefined,
    }),
  );
  useFrozenAddress({ page: () => ({ asOf: filter.asOf ?? new Date().toISOString() }) });
  const { shown: rows, ...held } = useHeldRows(
    pages.data.pages.flatMap((page) => page.rows),
    { list: Object.values(asked).join(), fetching: pages.isFetching, placeOf },
  );
  const columns = useMemo(() => columnsWith(setPeek), [setPeek]);
  const { asOf, ...chosen } = filter;
  const filtered = Object.values(chosen).some(Boolean);
  const [latest] = rows;
  return (
    <>
      <PageHeader
        title="Evidence"
        tone={latest ? 'accent' : 'unknown'}
        verdict={
          latest
            ? `The latest record${filtered ? ' that matches' : ''} is of ${latest.contractId}, ${latest.status}${latest.confidence ? ` and ${latest.confidence}` : ''}.`
            : filtered
              ? 'No record matches these filters.'
              : 'Nothing is recorded yet.'
        }
        next={
          latest
            ? 'Open a record to read what it says, and what it does not prove.'
            : 'Every replay leaves a record, refused and cancelled ones too.'
        }
        tabTitle={latest ? `${latest.confidence ?? latest.status} latest · Evidence` : 'Evidence'}
      />
      <FilterBar label="Filter evidence">
        <Select
          label="Contract"
          value={filter.contract}
          onValueChange={(value) => setFilter({ contract: value || null })}
          options={[
            { value: '', label: 'All' },
            ...facets.contracts.map((each) => ({ value: each, label: each })),
          ]}
          className="w-40"
        />
        <Select
          label="Status"
          value={filter.status ?? ''}
          onValueChange={(value) => setFilter({ status: statuses.find((each) => each === value) ?? null })}
          options={[{ value: '', label: 'Any' }, ...statuses.map((each) => ({ value: each, label: each }))]}
          className="w-36"
        />
        <Select
          label="Confidence"
          value={filter.confidence ?? ''}
          onValueChange={(value) =>
            setFilter({ confidence: confidences.find((each) => each === value) ?? null })
          }
          options={[
            { value: '', label: 'Any' },
            ...confidences.map((each) => ({ value: each, label: each })),
          ]}
          className="w-36"
        />
        <Select
          label="Agreement"
          value={filter.agreement ?? ''}
          onValueChange={(value) =>
            setFilter({ agreement: agreements.find((each) => each === value) ?? null })
          }
          options={[
            { value: '', label: 'Any' },
            ...agreements.map((each) => ({ value: each, label: each.replace('-', ' ') })),
          ]}
          className="w-36"
        />
        <Select
          label="Requested by"
          value={filter.by}
          onValueChange={(value) => setFilter({ by: value || null })}
          options={[
            { value: '', label: 'Anyone' },
            ...facets.requesters.map((each) => ({ value: each, label: nameOf(each) })),
          ]}
          className="w-36"
        />
        <TextField
          label="From day (UTC)"
          type="date"
          value={filter.since}
          onChange={(event) => setFilter({ since: event.target.value || null })}
        />
        <TextField
          label="To day (UTC)"
          type="date"
          value={filter.until}
          onChange={(event) => setFilter({ until: event.target.value || null })}
        />
        <NewRows fresh={held.fresh} onShow={held.show} />
      </FilterBar>
      {asOf ? <FrozenList asOf={asOf} onRelease={() => setFilter({ asOf: null })} /> : null}
      <Table
        caption="Evidence records"
        columns={columns}
        rows={rows}
        rowKey={(row) => row.id}
        selectedKey={peek}
        refreshing={Object.values(asked).join() !== Object.values(filter).join()}
        empty={
          <EmptyState title={filtered ? 'No record matches these filters.' : 'No evidence is recorded yet.'}>
            {filtered
              ? 'Take one of them away to see more.'
              : 'Launch a replay: what it finds is recorded here.'}
          </EmptyState>
        }
      />
      <Pager
        summary={counted(rows.length, 'record') + (pages.hasNextPage ? ', and older ones' : '')}
        onNext={pages.hasNextPage ? () => pages.fetchNextPage() : null}
        pending={pages.isFetchingNextPage}
      />
      <Peek id={peek} ids={rows.map((row) => row.id)} onPeek={setPeek} />
    </>
  );
}

/** The columns, with a button that shows a record beside the list. */
function columnsWith(onPeek: (id: string) => void): readonly Column<EvidenceSummary>[] {
  return [
    ...columns,
    {
      id: 'peek',
      header: <span className="sr-only">Panel</span>,
      width: '2.5rem',
      cell: (row) => (
        <IconButton
          label={`Show record ${row.id} beside the list`}
          onClick={() => onPeek(row.id)}
          icon={<PanelRightOpen aria-hidden="true" className="size-4" />}
        />
      ),
    },
  ];
}

const none = <span className="text-muted">—</span>;

const columns: readonly Column<EvidenceSummary>[] = [
  {
    id: 'record',
    header: 'Record',
    mono: true,
    cell: (row) => (
      <TextLink
        quiet
        href={`/evidence/${row.id}`}
        className="whitespace-nowrap"
        aria-label={`Evidence record ${shortenMiddle(row.id, 8, 4)}`}
      >
        {shortenMiddle(row.id, 8, 4)}
      </TextLink>
    ),
  },
  { id: 'kind', header: 'Of a', cell: (row) => row.kind },
  { id: 'contract', header: 'Contract', cell: (row) => <ContractLink id={row.contractId} /> },
  { id: 'status', header: 'Status', cell: (row) => <StatusVerdict status={row.status} /> },
  {
    id: 'confidence',
    header: 'Confidence',
    cell: (row) => <ConfidenceVerdict status={row.confidence} look="plain" />,
  },
  {
    id: 'agreement',
    header: 'Agreement',
    cell: (row) => <AgreementVerdict status={row.agreement} look="plain" />,
  },
  { id: 'coverage', header: 'Coverage', wideOnly: true, cell: (row) => row.coverageKind ?? none },
  {
    id: 'events',
    header: 'Events',
    align: 'end',
    cell: (row) => (row.eventsProcessed === null ? none : formatCount(row.eventsProcessed)),
  },
  {
    id: 'duplicates',
    header: 'Duplicates',
    align: 'end',
    wideOnly: true,
    cell: (row) => (row.duplicatesSkipped === null ? none : formatCount(row.duplicatesSkipped)),
  },
  {
    id: 'changed',
    header: 'Projections changed',
    align: 'end',
    wideOnly: true,
    cell: (row) => (row.projectionsChanged === null ? none : formatCount(row.projectionsChanged)),
  },
  {
    id: 'failures',
    header: 'Reconciliation failures',
    align: 'end',
    wideOnly: true,
    cell: (row) => (row.reconciliationFailures === null ? none : formatCount(row.reconciliationFailures)),
  },
  { id: 'by', header: 'Requested by', wideOnly: true, cell: (row) => <Person id={row.requestedBy} /> },
  { id: 'when', header: 'Recorded', cell: (row) => <RelativeTime at={row.recordedAt} /> },
];
