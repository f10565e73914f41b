'use client';

import { useInfiniteQuery } from '@tanstack/react-query';
import { parseAsString, useQueryState } from 'nuqs';
import { useTRPC } from '@/app/_trpc/client.tsx';
import type { Column } from '@/components/ui/column.ts';
import { counted, formatCount } from '@/components/ui/format-number.ts';
import { TextLink } from '@/components/ui/link.tsx';
import { Offset } from '@/components/ui/number.tsx';
import { Pager } from '@/components/ui/pager.tsx';
import { Section } from '@/components/ui/section.tsx';
import { Select } from '@/components/ui/select.tsx';
import { SkeletonRows } from '@/components/ui/skeleton.tsx';
import { EmptyState, ErrorState } from '@/components/ui/states.tsx';
import { Table } from '@/components/ui/table.tsx';
import { goneOf } from '@/components/vocabulary/erased-words.ts';
import type { FindingRow, ReplayDetail } from '@/server/application/views.ts';

/** Records and offsets that a person must be able to see, by kind. Counts are exact; details may be the first ones. */
export function ReplayFindings({ replay }: { replay: ReplayDetail }) {
  const trpc = useTRPC();
  const [kind, setKind] = useQueryState('finding', parseAsString.withDefault(''));
  const chosen = replay.findings.find((each) => each.kind === kind);
  const pages = useInfiniteQuery(
    trpc.replays.findings.infiniteQueryOptions(
      { replayId: replay.id, kind: chosen?.kind },
      { getNextPageParam: (page) => page.next ?? undefined, enabled: replay.findings.length > 0 },
    ),
  );
  const rows = pages.data?.pages.flatMap((page) => page.rows) ?? [];
  const gone = goneOf(replay.erasures, 'findings');
  const total = replay.findings.reduce((sum, each) => sum + each.count, 0);
  return (
    <div id="findings" className="scroll-mt-16">
      <Section
        title="Findings"
        description="Records that were set aside, delivered twice, or stand where they should not."
        aside={
          replay.findings.length > 0 ? (
            <Select
              label="Kind"
              hideLabel
              value={chosen?.kind ?? ''}
              onValueChange={(value) => setKind(value || null)}
              options={[
                { value: '', label: `All kinds (${formatCount(total)})` },
                ...replay.findings.map((each) => ({
                  value: each.kind,
                  label: `${each.kind.replaceAll('-', ' ')} (${formatCount(each.count)})`,
                })),
              ]}
              className="w-60"
            />
          ) : null
        }
      >
        <WaiveThese replay={replay} rows={rows} />
        {replay.findings.length === 0 ? (
          <EmptyState title="No findings." />
        ) : pages.isError ? (
          <ErrorState
            title="The findings could not be read."
            whatToDo="The counts above stand. Try again, or look at the log."
            detail={pages.error.message}
            onRetry={() => pages.refetch()}
          />
        ) : pages.isPending ? (
          <SkeletonRows />
        ) : (
          <>
            <Table caption="Findings" columns={columnsOf(replay)} rows={rows} rowKey={(row) => row.id} />
            <Pager
              summary={`${formatCount(rows.length)} of ${counted(chosen?.count ?? total, 'finding')}${gone > 0 ? `; ${formatCount(gone)} of all kinds erased since` : ''}`}
              onNext={pages.hasNextPage ? () => pages.fetchNextPage() : null}
              pending={pages.isFetchingNextPage}
            />
          </>
        )}
      </Section>
    </div>
  );
}

/** What was quarantined may be waived, where all of it is in sight: a plan that names exactly these. */
function WaiveThese({ replay, rows }: { replay: ReplayDetail; rows: readonly FindingRow[] }) {
  const { quarantined } = replay.counters;
  if (replay.status !== 'finished' || quarantined === 0 || quarantined > 100) return null;
  if (replay.confidence !== 'untrusted' || replay.scope.kind !== 'all') return null;
  const places = rows.filter((row) => setAside.has(row.kind)).map((row) => `${row.partition}:${row.offset}`);
  if (new Set(places).size !== quarantined) return null;
  const query = new URLSearchParams({ contract: replay.contractId, waive: [...new Set(places)].join(',') });
  return (
    <p className="text-sm">
      <TextLink href={`/replays/new?${query}`}>
        Replay with a waiver for{' '}
        {quarantined === 1
          ? 'this quarantined record'
          : `these ${formatCount(quarantined)} quarantined records`}
      </TextLink>
      <span className="text-muted">: it needs an approval, and stands in the evidence.</span>
    </p>
  );
}

const setAside: ReadonlySet<string> = new Set([
  'undecodable',
  'unknown-type',
  'unknown-version',
  'invalid-data',
  'no-key',
  'no-idempotency-key',
  'upcast-failed',
  'projection-failed',
]);

/** A key leads to its own history, at the very event, as this replay has it. */
function keyHref(replay: ReplayDetail, row: FindingRow, key: string): string {
  const event = `p${row.partition}:${row.offset}`;
  return `/states/${encodeURIComponent(replay.contractId)}/${encodeURIComponent(key)}?replay=${replay.id}&event=${event}`;
}

const columnsOf = (replay: ReplayDetail): readonly Column<FindingRow>[] => [
  { id: 'kind', header: 'Kind', cell: (row) => row.kind.replaceAll('-', ' ') },
  {
    id: 'at',
    header: 'Partition:offset',
    mono: true,
    cell: (row) => (
      <>
        p{row.partition}:<Offset value={row.to === null ? row.offset : `${row.offset}–${row.to}`} />
      </>
    ),
  },
  {
    id: 'key',
    header: 'Key',
    mono: true,
    cell: (row) =>
      row.key === null ? (
        <span className="text-muted">—</span>
      ) : replay.status === 'finished' ? (
        <TextLink quiet href={keyHref(replay, row, row.key)}>
          {row.key}
        </TextLink>
      ) : (
        row.key
      ),
  },
  {
    id: 'type',
    header: 'Event type',
    wideOnly: true,
    cell: (row) => row.eventType ?? <span className="text-muted">—</span>,
  },
  {
    id: 'detail',
    header: 'What was found',
    cell: (row) => <span className="wrap-anywhere">{row.detail}</span>,
  },
];
