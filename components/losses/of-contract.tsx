'use client';

import { useQuery } from '@tanstack/react-query';
import { useTRPC } from '@/app/_trpc/client.tsx';
import { DuplicatesChart } from '@/components/charts/duplicates-chart.tsx';
import { prepareDuplicates } from '@/components/charts/prepare-duplicates.ts';
import { useTimeZone } from '@/components/ui/clock.tsx';
import type { Column } from '@/components/ui/column.ts';
import { counted, formatCount, formatShare } from '@/components/ui/format-number.ts';
import { formatInstant } from '@/components/ui/format-time.ts';
import { KeyValueList } from '@/components/ui/key-value.tsx';
import { RelativeTime } from '@/components/ui/relative-time.tsx';
import { Section } from '@/components/ui/section.tsx';
import { Select } from '@/components/ui/select.tsx';
import { SkeletonRows } from '@/components/ui/skeleton.tsx';
import { ErrorState, Notice } from '@/components/ui/states.tsx';
import { Table } from '@/components/ui/table.tsx';
import { ContractLink } from '@/components/vocabulary/contract-link.tsx';
import type { DeliveryPoint, DeliverySums, DeliveryView } from '@/server/application/ports/delivery-pages.ts';
import { AppliedDuplicates } from './applied-duplicates.tsx';
import { unjudgedSentence } from './delivery-sentence.ts';
import { Findings } from './findings.tsx';
import { type kinds, ranges } from './losses-filters.ts';

type Filters = { readonly range: (typeof ranges)[number]; readonly kind: (typeof kinds)[number] | null };

type OfContractProps = {
  readonly view: DeliveryView;
  readonly filters: Filters;
  readonly onFilters: (filters: Partial<Filters>) => void;
};

/** Everything about the deliveries of one contract. */
export function OfContract({ view, filters, onFilters }: OfContractProps) {
  const unjudged = view.missed.count > 0 || view.month.conflicting > 0 ? unjudgedSentence(view) : null;
  return (
    <>
      {unjudged === null ? null : (
        <Notice tone="unknown" title={unjudged.sentence}>
          {unjudged.why} {unjudged.next}
        </Notice>
      )}
      {view.outboxProblem === null ? null : (
        <Notice tone="unknown" title="Losses can not be told now: the outbox can not be read.">
          {view.outboxProblem}
        </Notice>
      )}
      <Section
        title="Counts"
        description="By the time of the record, and of the outbox’s row. Each delivery is counted once."
      >
        <Table caption="Counts" columns={countColumns} rows={countRows(view)} rowKey={(row) => row.what} />
      </Section>
      <OverTime view={view} range={filters.range} onRange={(range) => onFilters({ range })} />
      <Findings contractId={view.contractId} kind={filters.kind} onKind={(kind) => onFilters({ kind })} />
      <AppliedDuplicates contractId={view.contractId} />
      <Section title="How far it is audited">
        <KeyValueList items={reachOf(view)} />
      </Section>
    </>
  );
}

type CountRow = {
  readonly what: string;
  readonly hour: string;
  readonly day: string;
  readonly month: string;
};

function countRows({ hour, day, month, outbox }: DeliveryView): readonly CountRow[] {
  const row = (what: string, of: (sums: DeliverySums) => string): CountRow => ({
    what,
    hour: of(hour),
    day: of(day),
    month: of(month),
  });
  const count = (name: keyof DeliverySums) => (sums: DeliverySums) => formatCount(sums[name]);
  const share = ({ events, redelivered, conflicting }: DeliverySums) =>
    events === 0 ? 'no events' : formatShare((redelivered + conflicting) / events);
  return [
    row('events delivered', count('events')),
    row('redelivered, same content', count('redelivered')),
    row('conflicting, other content', count('conflicting')),
    row('duplicates of all events', share),
    ...(outbox === null
      ? []
      : [
          row('sent, with a known fate', count('sent')),
          row('lost', count('lost')),
          row('arrived late, loss taken back', count('late')),
          row('arrived, never sent', count('unsent')),
          row('not to be told', count('untold')),
        ]),
    row('undecodable', count('undecodable')),
    row('without an id', count('withoutId')),
    row('gone before they were read', count('missing')),
  ];
}

const countColumns: readonly Column<CountRow>[] = [
  { id: 'what', header: 'What', cell: (row) => row.what },
  { id: 'hour', header: 'Last hour', align: 'end', cell: (row) => row.hour },
  { id: 'day', header: 'Last 24 hours', align: 'end', cell: (row) => row.day },
  { id: 'month', header: 'This month', align: 'end', cell: (row) => row.month },
];

type OverTimeProps = {
  readonly view: DeliveryView;
  readonly range: Filters['range'];
  readonly onRange: (range: Filters['range']) => void;
};

function OverTime({ view, range, onRange }: OverTimeProps) {
  const trpc = useTRPC();
  const { zone } = useTimeZone();
  const points = useQuery(trpc.deliveries.points.queryOptions({ contractId: view.contractId, over: range }));
  const time = (ms: number) => formatInstant(ms, zone).slice(range === '7d' ? 0 : 11, 16);
  return (
    <Section
      title="Over time"
      description="Where nothing is drawn nothing was found; what was not audited is said in the table."
      aside={
        <Select
          label="Range"
          hideLabel
          value={range}
          onValueChange={(value) => onRange(ranges.find((each) => each === value) ?? '24h')}
          options={ranges.map((value) => ({ value, label: `last ${value}` }))}
        />
      }
    >
      {points.isError ? (
        <ErrorState
          title="The figures could not be read."
          whatToDo="Try again; the rest of the page does not depend on them."
          detail={points.error.message}
          onRetry={() => void points.refetch()}
          retrying={points.isFetching}
        />
      ) : points.data === undefined ? (
        <SkeletonRows rows={5} />
      ) : (
        <>
          <DuplicatesChart data={prepareDuplicates(points.data)} formatTime={time} />
          <details className="text-sm">
            <summary className="cursor-pointer rounded-sm text-muted hover:text-ink">
              The same as a table
            </summary>
            <div className="mt-2">
              <Table
                caption="Duplicates and losses over time"
                columns={pointColumns}
                rows={points.data.toReversed()}
                rowKey={(row) => row.at}
              />
            </div>
          </details>
        </>
      )}
    </Section>
  );
}

const pointColumns: readonly Column<DeliveryPoint>[] = [
  { id: 'at', header: 'From', cell: (row) => <RelativeTime at={row.at} absolute /> },
  ...(['events', 'redelivered', 'conflicting', 'lost'] as const).map(
    (name): Column<DeliveryPoint> => ({
      id: name,
      header: name,
      align: 'end',
      cell: ({ counts }) =>
        counts === null ? <span className="text-muted">not audited</span> : formatCount(counts[name]),
    }),
  ),
];

function reachOf(view: DeliveryView) {
  const { outbox, behind, readUntil } = view;
  const isBehind = behind !== '0';
  return [
    { label: 'Contract', value: <ContractLink id={view.contractId} /> },
    { label: 'History', value: view.history },
    {
      label: 'Audited',
      value: view.auditedAt === null ? 'not yet' : <RelativeTime at={view.auditedAt} />,
      hint: isBehind
        ? `${counted(BigInt(behind), 'record')} behind`
        : 'everything that could be read then was read',
    },
    ...(isBehind && readUntil !== null
      ? [{ label: 'Read until', value: <RelativeTime at={readUntil} absolute /> }]
      : []),
    {
      label: 'Since',
      value:
        view.since === null ? (
          'the beginning of what the history held'
        ) : (
          <RelativeTime at={view.since} absolute />
        ),
    },
    {
      label: 'Look-back',
      value: `${formatCount(view.lookBackHours)} h`,
      hint: 'Two deliveries of one id further apart are not seen as one.',
    },
    ...(outbox === null
      ? [
          {
            label: 'Outbox',
            value:
              view.outboxTable === null
                ? 'none: the contract does not say where events are sent from, so lost ones can not be told'
                : `${view.outboxTable}: not looked at yet`,
          },
        ]
      : [
          {
            label: 'Outbox',
            value: outbox.table,
            hint: outbox.pruned
              ? 'Its rows are deleted while they are looked at: what was never sent can not be told.'
              : undefined,
          },
          { label: 'Sent rows judged since', value: <RelativeTime at={outbox.startedAt} absolute /> },
          {
            label: 'Losses judged until',
            value:
              outbox.judgedUntil === null ? 'not yet' : <RelativeTime at={outbox.judgedUntil} absolute />,
            hint: 'What was due by then and has not arrived is lost.',
          },
          { label: 'Outbox read', value: <RelativeTime at={outbox.readAt} /> },
          {
            label: 'Outbox reaches back to',
            value:
              outbox.reachesBackTo === null ? (
                'it is empty'
              ) : (
                <RelativeTime at={outbox.reachesBackTo} absolute />
              ),
          },
        ]),
  ];
}
