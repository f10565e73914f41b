'use client';

import { useInfiniteQuery } from '@tanstack/react-query';
import { useTRPC } from '@/app/_trpc/client.tsx';
import type { Column } from '@/components/ui/column.ts';
import { counted, formatDuration } from '@/components/ui/format-number.ts';
import { Offset } from '@/components/ui/number.tsx';
import { Pager } from '@/components/ui/pager.tsx';
import { RelativeTime } from '@/components/ui/relative-time.tsx';
import { Section } from '@/components/ui/section.tsx';
import { Select } from '@/components/ui/select.tsx';
import { ShortId } from '@/components/ui/short-id.tsx';
import { SkeletonRows } from '@/components/ui/skeleton.tsx';
import { EmptyState, ErrorState } from '@/components/ui/states.tsx';
import { Table } from '@/components/ui/table.tsx';
import type { Tone } from '@/components/ui/tone.ts';
import { Verdict } from '@/components/ui/verdict.tsx';
import type { DeliveryFindingRow } from '@/server/application/ports/delivery-pages.ts';
import { kinds, kindWords } from './losses-filters.ts';

type Kind = DeliveryFindingRow['kind'];
const tones: Readonly<Record<Kind, Tone>> = {
  redelivered: 'unknown',
  conflicting: 'different',
  undecodable: 'different',
  'without-id': 'different',
  missing: 'different',
  recreated: 'different',
  lost: 'failed',
  unsent: 'different',
  untold: 'unknown',
};

type FindingsProps = {
  readonly contractId: string;
  readonly kind: Kind | null;
  readonly onKind: (kind: Kind | null) => void;
};

/** What was found, one by one, the newest first. */
export function Findings({ contractId, kind, onKind }: FindingsProps) {
  const trpc = useTRPC();
  const pages = useInfiniteQuery(
    trpc.deliveries.findings.infiniteQueryOptions(
      { contractId, kind: kind ?? undefined },
      { getNextPageParam: (page) => page.next ?? undefined },
    ),
  );
  const rows = pages.data?.pages.flatMap((page) => page.rows) ?? [];
  return (
    <Section
      title="Found, the newest first"
      description="Of a flood the first 200 of a kind and turn stand here; all are counted."
      aside={
        <Select
          label="Kind"
          hideLabel
          value={kind ?? ''}
          onValueChange={(value) => onKind(kinds.find((each) => each === value) ?? null)}
          options={[
            { value: '', label: 'all kinds' },
            ...kinds.map((value) => ({ value, label: kindWords[value] })),
          ]}
        />
      }
    >
      {pages.isError ? (
        <ErrorState
          title="The findings could not be read."
          whatToDo="Try again; the counts above do not depend on them."
          detail={pages.error.message}
          onRetry={() => void pages.refetch()}
          retrying={pages.isFetching}
        />
      ) : pages.data === undefined ? (
        <SkeletonRows rows={6} />
      ) : (
        <>
          <Table
            caption="Findings"
            columns={columns}
            rows={rows}
            rowKey={(row) => row.id}
            empty={
              <EmptyState title={kind === null ? 'Nothing was found.' : 'Nothing of this kind was found.'} />
            }
          />
          {rows.length === 0 ? null : (
            <Pager
              summary={counted(rows.length, 'finding') + (pages.hasNextPage ? ', and older ones' : '')}
              onNext={pages.hasNextPage ? () => pages.fetchNextPage() : null}
              pending={pages.isFetchingNextPage}
            />
          )}
        </>
      )}
    </Section>
  );
}

function Place({ row }: { readonly row: DeliveryFindingRow }) {
  if (row.position !== null)
    return (
      <>
        sent at <Offset value={row.position} />
      </>
    );
  if (row.partition === null || row.offset === null) return <span className="text-muted">no place</span>;
  return (
    <>
      partition {row.partition}, offset <Offset value={row.offset} />
      {row.to === null ? null : (
        <>
          {' '}
          to <Offset value={BigInt(row.to) - 1n} />
        </>
      )}
    </>
  );
}

function First({ row }: { readonly row: DeliveryFindingRow }) {
  if (row.firstPartition === null || row.firstOffset === null) return null;
  return (
    <>
      partition {row.firstPartition}, offset <Offset value={row.firstOffset} />
    </>
  );
}

const columns: readonly Column<DeliveryFindingRow>[] = [
  {
    id: 'kind',
    header: 'Kind',
    cell: (row) =>
      row.arrivedAt === null ? (
        <Verdict tone={tones[row.kind]}>{kindWords[row.kind]}</Verdict>
      ) : (
        <Verdict tone="verified">arrived late</Verdict>
      ),
  },
  {
    id: 'event',
    header: 'Event',
    cell: (row) =>
      row.eventId === null ? (
        <span className="text-muted">none named</span>
      ) : (
        <ShortId id={row.eventId} what="event id" />
      ),
  },
  { id: 'place', header: 'Record, or sent row', cell: (row) => <Place row={row} /> },
  { id: 'first', header: 'First delivered', cell: (row) => <First row={row} />, wideOnly: true },
  { id: 'at', header: 'When', cell: (row) => <RelativeTime at={row.at} /> },
  {
    id: 'detail',
    header: 'What was found',
    cell: (row) =>
      row.arrivedAt === null
        ? row.detail
        : `${row.detail} It arrived ${formatDuration(Date.parse(row.arrivedAt) - Date.parse(row.at))} after it was sent.`,
  },
];
