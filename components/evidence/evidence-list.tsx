'use client';

import { useSuspenseInfiniteQuery, useSuspenseQuery } from '@tanstack/react-query';
import { parseAsString, parseAsStringLiteral, useQueryStates } from 'nuqs';
import { useTRPC } from '@/app/_trpc/client.tsx';
import type { Column } from '@/components/ui/column.ts';
import { counted, formatCount } from '@/components/ui/format-number.ts';
import { TextLink } from '@/components/ui/link.tsx';
import { PageHeader } from '@/components/ui/page-header.tsx';
import { Pager } from '@/components/ui/pager.tsx';
import { RelativeTime } from '@/components/ui/relative-time.tsx';
import { Select } from '@/components/ui/select.tsx';
import { shortenMiddle } from '@/components/ui/shorten-middle.ts';
import { EmptyState } from '@/components/ui/states.tsx';
import { Table } from '@/components/ui/table.tsx';
import { TextField } from '@/components/ui/text-field.tsx';
import { ContractLink } from '@/components/vocabulary/contract-link.tsx';
import { FilterBar } from '@/components/vocabulary/filter-bar.tsx';
import { AgreementVerdict, ConfidenceVerdict, StatusVerdict } from '@/components/vocabulary/verdicts.tsx';
import type { EvidenceSummary } from '@/server/application/views.ts';

const confidences = ['trusted', 'suspect', 'untrusted'] as const;
const agreements = ['equal', 'behind', 'different', 'not-compared'] as const;
const statuses = ['finished', 'refused', 'failed', 'cancelled'] as const;

const filters = {
  contract: parseAsString.withDefault(''),
  confidence: parseAsStringLiteral(confidences),
  agreement: parseAsStringLiteral(agreements),
  status: parseAsStringLiteral(statuses),
  by: parseAsString.withDefault(''),
  since: parseAsString.withDefault(''),
  until: parseAsString.withDefault(''),
};

/** A day as the start of it in UTC; undefined while it is being typed. */
function dayStart(day: string, plusDays = 0): string | undefined {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(day)) return undefined;
  const at = Date.parse(`${day}T00:00:00Z`);
  return Number.isNaN(at) ? undefined : new Date(at + plusDays * 86_400_000).toISOString();
}

/** Everything that was recorded, newest first. */
export function EvidenceList() {
  const trpc = useTRPC();
  const [filter, setFilter] = useQueryStates(filters);
  const { data: facets } = useSuspenseQuery(trpc.evidence.facets.queryOptions());
  const pages = useSuspenseInfiniteQuery(
    trpc.evidence.list.infiniteQueryOptions(
      {
        contractId: filter.contract || undefined,
        confidence: filter.confidence ?? undefined,
        agreement: filter.agreement ?? undefined,
        status: filter.status ?? undefined,
        requestedBy: filter.by || undefined,
        since: dayStart(filter.since),
        until: dayStart(filter.until, 1),
      },
      { getNextPageParam: (page) => page.next ?? undefined },
    ),
  );
  const rows = pages.data.pages.flatMap((page) => page.rows);
  const filtered = Object.values(filter).some(Boolean);
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
        tabTitle="Evidence"
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
            ...facets.requesters.map((each) => ({ value: each, label: each })),
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
      </FilterBar>
      <Table
        caption="Evidence records"
        columns={columns}
        rows={rows}
        rowKey={(row) => row.id}
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
    </>
  );
}

const none = <span className="text-muted">—</span>;

const columns: readonly Column<EvidenceSummary>[] = [
  {
    id: 'record',
    header: 'Record',
    mono: true,
    cell: (row) => (
      <TextLink quiet href={`/evidence/${row.id}`} aria-label={`Evidence record ${row.id}`}>
        {shortenMiddle(row.id, 8, 4)}
      </TextLink>
    ),
  },
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
  { id: 'by', header: 'Requested by', wideOnly: true, cell: (row) => row.requestedBy },
  { id: 'when', header: 'Recorded', cell: (row) => <RelativeTime at={row.recordedAt} /> },
];
