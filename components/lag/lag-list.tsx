'use client';

import { useSuspenseQuery } from '@tanstack/react-query';
import { parseAsString, useQueryState } from 'nuqs';
import { useTRPC } from '@/app/_trpc/client.tsx';
import type { Column } from '@/components/ui/column.ts';
import { formatCount, formatDuration } from '@/components/ui/format-number.ts';
import { TextLink } from '@/components/ui/link.tsx';
import { useLive } from '@/components/ui/live.ts';
import { PageHeader } from '@/components/ui/page-header.tsx';
import { AsOf, RelativeTime } from '@/components/ui/relative-time.tsx';
import { EmptyState } from '@/components/ui/states.tsx';
import { Table } from '@/components/ui/table.tsx';
import { Verdict } from '@/components/ui/verdict.tsx';
import { ContractLink } from '@/components/vocabulary/contract-link.tsx';
import type { LagSubjectView } from '@/server/application/lag/read-lag.ts';
import { lagHref } from './lag-filters.ts';
import { byUrgency, lagTone, lagWord, listAnswer } from './lag-words.ts';

/** Figures are sampled every few seconds; asking more often would bring none that are newer. */
export const REFRESH_MS = 5_000;

/** Every group and state that is measured, the latest first. */
export function LagList() {
  const trpc = useTRPC();
  const { paused } = useLive();
  const { data } = useSuspenseQuery({
    ...trpc.lag.list.queryOptions(),
    refetchInterval: paused ? false : REFRESH_MS,
  });
  const [contract] = useQueryState('contract', parseAsString.withDefault(''));
  const subjects = data.subjects.filter((each) => contract === '' || each.contractId === contract);
  const answer = listAnswer(subjects);
  return (
    <>
      <PageHeader
        title={contract === '' ? 'Lag' : `Lag of ${contract}`}
        trail={contract === '' ? [] : [{ label: 'Lag', href: '/lag' }]}
        tone={answer.tone}
        verdict={answer.verdict}
        next={answer.next}
        asOf={<AsOf at={data.asOf} staleAfterMs={20_000} />}
        tabTitle={answer.tab}
      />
      <Table
        caption="Lag of consumer groups and derived states"
        columns={columns}
        rows={byUrgency(subjects)}
        rowKey={(row) => `${row.contractId} ${row.kind}:${row.name}`}
        empty={
          <EmptyState title="No lag has been measured yet.">
            Where a contract names consumer groups, or derived states that say how far they have come, a
            worker measures their lag every few seconds.
          </EmptyState>
        }
      />
    </>
  );
}

const dash = <span className="text-muted">—</span>;

const columns: readonly Column<LagSubjectView>[] = [
  {
    id: 'name',
    header: 'Group or state',
    mono: true,
    cell: (row) => (
      <TextLink quiet href={lagHref(row.contractId, `${row.kind}:${row.name}`)}>
        {row.name}
      </TextLink>
    ),
  },
  {
    id: 'kind',
    header: 'Kind',
    wideOnly: true,
    cell: (row) => (row.kind === 'group' ? 'group' : 'derived state'),
  },
  {
    id: 'verdict',
    header: 'Verdict',
    cell: (row) => (
      <span className="block py-1">
        <LagVerdict subject={row} />
        {row.verdict === 'unknown' ? (
          <span className="block min-w-40 text-xs text-muted">{row.problem ?? row.why}</span>
        ) : null}
      </span>
    ),
  },
  {
    id: 'records',
    header: 'Lag',
    align: 'end',
    cell: (row) => (row.records === null || row.stale ? dash : formatCount(BigInt(row.records))),
  },
  {
    id: 'age',
    header: 'Time lag',
    align: 'end',
    cell: (row) => (row.ageMs === null || row.stale ? dash : formatDuration(row.ageMs)),
  },
  { id: 'state', header: 'State', cell: (row) => row.state ?? dash },
  {
    id: 'members',
    header: 'Members',
    align: 'end',
    cell: (row) => (row.members === null ? dash : formatCount(row.members)),
  },
  { id: 'topic', header: 'Topic', mono: true, wideOnly: true, cell: (row) => row.topic },
  { id: 'contract', header: 'Contract', cell: (row) => <ContractLink id={row.contractId} /> },
  {
    id: 'sampled',
    header: 'Sampled',
    cell: (row) => (row.sampledAt === null ? 'never' : <RelativeTime at={row.sampledAt} />),
  },
];

/** The verdict, with its rule in words on hover. */
export function LagVerdict({ subject }: { subject: Pick<LagSubjectView, 'verdict' | 'why'> }) {
  return (
    <span title={subject.why}>
      <Verdict tone={lagTone[subject.verdict]} look="plain">
        {lagWord(subject.verdict)}
      </Verdict>
    </span>
  );
}
