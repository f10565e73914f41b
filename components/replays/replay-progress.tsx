import type { Column } from '@/components/ui/column.ts';
import { formatCount, formatDuration } from '@/components/ui/format-number.ts';
import { Offset } from '@/components/ui/number.tsx';
import { Progress } from '@/components/ui/progress.tsx';
import { Section } from '@/components/ui/section.tsx';
import { type Segment, StackedBar } from '@/components/ui/stacked-bar.tsx';
import { EmptyState } from '@/components/ui/states.tsx';
import { Table } from '@/components/ui/table.tsx';
import { Verdict } from '@/components/ui/verdict.tsx';
import type { PartitionProgress, ReplayDetail } from '@/server/application/views.ts';

/** What became of the records so far, and how far each partition is. */
export function ReplayProgress({ replay }: { replay: ReplayDetail }) {
  if (replay.partitions.length === 0) {
    return (
      <Section title="Events">
        <EmptyState title="Nothing was read.">The replay ended before a partition was taken up.</EmptyState>
      </Section>
    );
  }
  return (
    <Section title="Events" description="Every record that was delivered is exactly one of these.">
      <StackedBar
        label="Events processed"
        unit="event"
        segments={segmentsOf(replay)}
        {...(replay.eventEstimate === null ? {} : { total: replay.eventEstimate })}
        aside={pace(replay)}
      />
      <Absent replay={replay} />
      <Table
        caption="Progress by partition"
        columns={columns}
        rows={replay.partitions}
        rowKey={(row) => String(row.partition)}
      />
    </Section>
  );
}

function segmentsOf(replay: ReplayDetail): readonly Segment[] {
  const { counters } = replay;
  const plain = counters.duplicates - counters.conflictingDuplicates;
  const findings = (kind: string) => `/replays/${replay.id}?finding=${kind}#findings`;
  const all: Segment[] = [
    { key: 'applied', label: 'applied', value: counters.applied, tone: 'verified' },
    {
      key: 'duplicates',
      label: 'duplicates skipped',
      value: plain,
      tone: 'accent',
      href: findings('duplicate'),
    },
    {
      key: 'conflicting',
      label: 'conflicting duplicates',
      value: counters.conflictingDuplicates,
      tone: 'different',
      href: findings('conflicting-duplicate'),
    },
    { key: 'filtered', label: 'filtered', value: counters.filtered, tone: 'unknown' },
    {
      key: 'quarantined',
      label: 'quarantined',
      value: counters.quarantined,
      tone: 'failed',
      href: `/replays/${replay.id}#findings`,
    },
  ];
  return all.filter((each) => each.value > 0 || each.key === 'applied' || each.key === 'duplicates');
}

function pace(replay: ReplayDetail): string {
  if (replay.endedAt !== null)
    return replay.durationMs === null ? '' : `in ${formatDuration(replay.durationMs)}`;
  const parts = [];
  if (replay.eventsPerSecond !== null)
    parts.push(`${formatCount(Math.round(replay.eventsPerSecond))} events/s`);
  if (replay.secondsLeft !== null) parts.push(`${formatDuration(replay.secondsLeft * 1000)} left`);
  return parts.join(' · ');
}

/** Offsets that hold no record are told apart, because only one kind of absence means that history is lost. */
function Absent({ replay }: { replay: ReplayDetail }) {
  const { counters } = replay;
  const kinds = [
    { label: 'transaction markers', value: counters.absentControl },
    { label: 'of aborted transactions', value: counters.absentAborted },
    { label: 'removed by compaction', value: counters.absentCompacted },
  ].filter((each) => each.value > 0);
  if (kinds.length === 0 && counters.absentMissing === 0) return null;
  return (
    <p className="flex flex-wrap gap-x-4 text-sm text-muted">
      <span>Offsets without a record:</span>
      {kinds.map((each) => (
        <span key={each.label}>
          {formatCount(each.value)} {each.label}
        </span>
      ))}
      {counters.absentMissing > 0 ? (
        <Verdict tone="failed" look="plain">
          {formatCount(counters.absentMissing)} missing
        </Verdict>
      ) : null}
    </p>
  );
}

const columns: readonly Column<PartitionProgress>[] = [
  { id: 'partition', header: 'Partition', mono: true, cell: (row) => row.partition },
  { id: 'status', header: 'Status', cell: (row) => <PartitionStatus row={row} /> },
  { id: 'from', header: 'From', align: 'end', wideOnly: true, cell: (row) => <Offset value={row.from} /> },
  { id: 'cursor', header: 'Cursor', align: 'end', cell: (row) => <Offset value={row.cursor} /> },
  { id: 'to', header: 'To', align: 'end', cell: (row) => <Offset value={row.to} /> },
  {
    id: 'progress',
    header: 'Progress',
    width: '24%',
    cell: (row) => (
      <Progress
        label={`Partition ${row.partition}`}
        hideLabel
        value={Number(BigInt(row.cursor) - BigInt(row.from))}
        total={Number(BigInt(row.to) - BigInt(row.from))}
        tone={row.status === 'folded' ? 'verified' : 'accent'}
      />
    ),
  },
  { id: 'applied', header: 'Applied', align: 'end', cell: (row) => formatCount(row.counters.applied) },
  {
    id: 'duplicates',
    header: 'Duplicates',
    align: 'end',
    wideOnly: true,
    cell: (row) => formatCount(row.counters.duplicates),
  },
  {
    id: 'quarantined',
    header: 'Quarantined',
    align: 'end',
    wideOnly: true,
    cell: (row) => formatCount(row.counters.quarantined),
  },
  {
    id: 'rate',
    header: 'Events/s',
    align: 'end',
    cell: (row) =>
      row.eventsPerSecond === null ? (
        <span className="text-muted">—</span>
      ) : (
        formatCount(Math.round(row.eventsPerSecond))
      ),
  },
];

function PartitionStatus({ row }: { row: PartitionProgress }) {
  const again =
    row.takenOver > 0 ? `, taken over ${row.takenOver === 1 ? 'once' : `${row.takenOver} times`}` : '';
  if (row.leaseExpired) {
    return (
      <Verdict tone="different" look="plain">
        worker vanished{again}
      </Verdict>
    );
  }
  if (row.status === 'folded') {
    return (
      <Verdict tone="verified" look="plain">
        folded{again}
      </Verdict>
    );
  }
  return (
    <Verdict tone={row.status === 'folding' ? 'accent' : 'unknown'} look="plain">
      {row.status}
      {again}
    </Verdict>
  );
}
