'use client';

import { keepPreviousData, useQuery, useSuspenseQuery } from '@tanstack/react-query';
import dynamic from 'next/dynamic';
import { useQueryStates } from 'nuqs';
import { useTRPC } from '@/app/_trpc/client.tsx';
import { ButtonLink } from '@/components/ui/button.tsx';
import { useTimeZone } from '@/components/ui/clock.tsx';
import type { Column } from '@/components/ui/column.ts';
import { formatCount, formatDuration } from '@/components/ui/format-number.ts';
import { formatInstant } from '@/components/ui/format-time.ts';
import { KeyValueList } from '@/components/ui/key-value.tsx';
import { useLive } from '@/components/ui/live.ts';
import { PageHeader } from '@/components/ui/page-header.tsx';
import { useFrozenAddress } from '@/components/ui/permalink.ts';
import { AsOf, RelativeTime } from '@/components/ui/relative-time.tsx';
import { Section } from '@/components/ui/section.tsx';
import { EmptyState, ErrorState, Notice } from '@/components/ui/states.tsx';
import { Table } from '@/components/ui/table.tsx';
import { ContractLink } from '@/components/vocabulary/contract-link.tsx';
import type { LagDetail, LagPartitionView, LagSeries } from '@/server/application/lag/read-lag.ts';
import { customRange, type LagFilter, lagFilters, lagRangesMs, seriesRange } from './lag-filters.ts';
import { LagVerdict, REFRESH_MS } from './lag-list.tsx';
import { subjectAnswer } from './lag-words.ts';
import { RangeBar } from './range-bar.tsx';

const TimeSeries = dynamic(() => import('@/components/charts/time-series.tsx'), {
  ssr: false,
  loading: () => <div className="h-56 w-full rounded-md bg-subtle" />,
});

/** Lag of one group or state: where it stands, how it came there, and each of its partitions. */
export function LagPage({ contractId, subject }: { contractId: string; subject: string }) {
  const trpc = useTRPC();
  const { paused } = useLive();
  const [filter, setFilter] = useQueryStates(lagFilters);
  const isFixed = customRange(filter) !== null;
  const refetchInterval = paused ? (false as const) : REFRESH_MS;
  const { data } = useSuspenseQuery({
    ...trpc.lag.get.queryOptions({ contractId, subject }),
    refetchInterval,
  });
  const series = useQuery({
    ...trpc.lag.series.queryOptions({ contractId, subject, range: seriesRange(filter) }),
    placeholderData: keepPreviousData,
    refetchInterval: isFixed ? false : refetchInterval,
  });
  useFrozenAddress({ page: () => frozen(filter) });
  const answer = subjectAnswer(data);
  return (
    <>
      <PageHeader
        title={<span className="font-mono">{data.name}</span>}
        trail={[{ label: 'Lag', href: '/lag' }]}
        tone={answer.tone}
        verdict={answer.verdict}
        next={answer.next}
        asOf={<AsOf at={data.sampledAt ?? data.asOf} staleAfterMs={20_000} />}
        tabTitle={answer.tab}
        actions={<ButtonLink href={`/contracts/${encodeURIComponent(contractId)}`}>Contract</ButtonLink>}
      />
      {data.problem === null ? null : (
        <Notice tone="unknown" title="It could not be measured last.">
          {data.problem} That time is a gap in the charts, and counts as unknown in a budget.
        </Notice>
      )}
      <Section
        title="Lag over time"
        description="Time lag is the age of the next unread record. The line is the most of each stretch, the band reaches down to the least; where nothing was sampled there is a gap."
        aside={<RangeBar filter={filter} setFilter={setFilter} />}
      >
        {series.isError ? (
          <ErrorState
            title="Its samples could not be read."
            whatToDo="The rest of the page stands. Try again, or look at the log."
            detail={series.error.message}
            onRetry={() => series.refetch()}
          />
        ) : series.data === undefined ? (
          <div className="h-56 w-full rounded-md bg-subtle" />
        ) : (
          <Charts series={series.data} subject={data} refreshing={series.isPlaceholderData} />
        )}
      </Section>
      <Section
        title="Partitions"
        description={
          data.stale ? `As last measured: how it stands now is not known. ${endWords(data)}` : endWords(data)
        }
      >
        <Table
          caption="Lag by partition"
          refreshing={data.stale}
          columns={partitionColumns}
          rows={data.partitions}
          rowKey={(row) => String(row.partition)}
          empty={<EmptyState title="There is no sample yet." />}
        />
      </Section>
      <Section title="What it is">
        <Facts subject={data} />
      </Section>
    </>
  );
}

/** A permalink names the range that is looked at now. */
function frozen(filter: LagFilter): { from: string; to: string } {
  const custom = customRange(filter);
  if (custom !== null) return custom;
  const now = Date.now();
  return { from: new Date(now - lagRangesMs[filter.range]).toISOString(), to: new Date(now).toISOString() };
}

const endWords = ({ kind }: LagDetail) =>
  kind === 'group'
    ? 'The end is the last stable offset: what an open transaction has written is not counted. Lag is counted from the next data record, past control records and holes.'
    : 'Counted from the position that the state itself says it has applied.';

function Charts({
  series,
  subject,
  refreshing,
}: {
  series: LagSeries;
  subject: LagDetail;
  refreshing: boolean;
}) {
  const { zone } = useTimeZone();
  const { points, stepMs } = series;
  if (points.every(({ maxRecords, maxAgeMs }) => maxRecords === null && maxAgeMs === null))
    return <EmptyState title="Nothing was measured in this time.">Choose another range.</EmptyState>;
  const shared = {
    fromMs: Date.parse(series.from),
    toMs: Date.parse(series.to),
    formatTime: (at: number) => formatInstant(at, zone),
    syncId: 'lag',
  };
  const most = (of: (point: LagSeries['points'][number]) => number | null) =>
    Math.max(0, ...points.map((point) => of(point) ?? 0));
  const gaps = points.filter(({ maxRecords, maxAgeMs }) => maxRecords === null && maxAgeMs === null).length;
  const gapWords = gaps === 0 ? 'no gap' : `${gaps} ${gaps === 1 ? 'gap' : 'gaps'}`;
  return (
    <div className={refreshing ? 'flex flex-col gap-4 opacity-60' : 'flex flex-col gap-4'}>
      <div>
        <h3 className="text-sm font-medium">Time lag</h3>
        <TimeSeries
          {...shared}
          summary={`Time lag: at most ${formatDuration(most((point) => point.maxAgeMs))}, ${gapWords}.`}
          points={points.map(({ atMs, minAgeMs, maxAgeMs }) => ({ atMs, low: minAgeMs, high: maxAgeMs }))}
          unit="ms"
          format={formatDuration}
          threshold={
            subject.overMs === null
              ? null
              : { value: subject.overMs, label: `over ${formatDuration(subject.overMs)} spends the budget` }
          }
        />
      </div>
      <div>
        <h3 className="text-sm font-medium">Lag in records</h3>
        <TimeSeries
          {...shared}
          summary={`Lag: at most ${formatCount(most((point) => point.maxRecords))} records, ${gapWords}.`}
          points={points.map(({ atMs, minRecords, maxRecords }) => ({
            atMs,
            low: minRecords,
            high: maxRecords,
          }))}
          unit="count"
          format={formatCount}
        />
      </div>
      <details className="text-sm">
        <summary className="cursor-pointer rounded-sm text-muted hover:text-ink">
          The same as a table, from samples of {formatDuration(stepMs)}
        </summary>
        <div className="mt-2">
          <Table
            caption="Lag over time"
            columns={pointColumns}
            rows={points}
            rowKey={(row) => String(row.atMs)}
          />
        </div>
      </details>
    </div>
  );
}

const dash = <span className="text-muted">—</span>;
const span = (low: number | null, high: number | null, format: (value: number) => string) =>
  low === null || high === null ? dash : low === high ? format(high) : `${format(low)} – ${format(high)}`;

const pointColumns: readonly Column<LagSeries['points'][number]>[] = [
  { id: 'at', header: 'Time', cell: (row) => <RelativeTime at={row.atMs} absolute /> },
  {
    id: 'age',
    header: 'Time lag',
    align: 'end',
    cell: (row) =>
      row.maxRecords === null && row.maxAgeMs === null ? (
        <span className="text-muted">gap</span>
      ) : (
        span(row.minAgeMs, row.maxAgeMs, formatDuration)
      ),
  },
  {
    id: 'records',
    header: 'Records',
    align: 'end',
    cell: (row) => span(row.minRecords, row.maxRecords, formatCount),
  },
];

const offset = (text: string | null) => (text === null ? dash : formatCount(BigInt(text)));

const partitionColumns: readonly Column<LagPartitionView>[] = [
  { id: 'partition', header: 'Partition', align: 'end', cell: (row) => row.partition },
  { id: 'committed', header: 'Committed', align: 'end', cell: (row) => offset(row.committed) },
  { id: 'next', header: 'Next unread', align: 'end', cell: (row) => offset(row.next) },
  { id: 'end', header: 'End', align: 'end', cell: (row) => offset(row.end) },
  {
    id: 'records',
    header: 'Lag',
    align: 'end',
    cell: (row) => (row.records === null ? <span className="text-muted">unknown</span> : offset(row.records)),
  },
  {
    id: 'age',
    header: 'Time lag',
    align: 'end',
    cell: (row) =>
      row.ageMs === null ? <span className="text-muted">unknown</span> : formatDuration(row.ageMs),
  },
];

function Facts({ subject }: { subject: LagDetail }) {
  return (
    <KeyValueList
      items={[
        { label: 'Verdict', value: <LagVerdict subject={subject} />, hint: subject.why },
        ...(subject.since === null ? [] : [{ label: 'Since', value: <RelativeTime at={subject.since} /> }]),
        { label: 'Kind', value: subject.kind === 'group' ? 'consumer group' : 'derived state' },
        { label: 'Reads', value: <span className="font-mono">{subject.topic}</span> },
        { label: 'Contract', value: <ContractLink id={subject.contractId} /> },
        ...(subject.kind === 'group'
          ? [
              { label: 'State of the group', value: subject.state ?? 'not told' },
              {
                label: 'Members',
                value: subject.members === null ? 'not told' : formatCount(subject.members),
              },
            ]
          : []),
        {
          label: 'Budget',
          value:
            subject.overMs === null
              ? 'the contract has none of lag'
              : `spent by time over ${formatDuration(subject.overMs)}`,
        },
      ]}
    />
  );
}
