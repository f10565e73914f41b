'use client';

import { useSuspenseQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { useTRPC } from '@/app/_trpc/client.tsx';
import type { Column } from '@/components/ui/column.ts';
import { counted, formatCount } from '@/components/ui/format-number.ts';
import { TextLink } from '@/components/ui/link.tsx';
import { PageHeader } from '@/components/ui/page-header.tsx';
import { EmptyState } from '@/components/ui/states.tsx';
import { Table } from '@/components/ui/table.tsx';
import { Verdict } from '@/components/ui/verdict.tsx';
import { newsWords } from '@/components/vocabulary/since-looked.tsx';
import { sinceColumn, waitingColumns } from '@/components/vocabulary/waiting-columns.tsx';
import type { WaitingView } from '@/server/application/views.ts';
import { OpenReviews } from './open-reviews.tsx';

/** What waits for approval, the oldest first, and what of it waits for whoever reads. */
type ApprovalsPageProps = { promotions: ReactNode; steps: ReactNode; redrives: ReactNode };

export function ApprovalsPage({ promotions, steps, redrives }: ApprovalsPageProps) {
  const trpc = useTRPC();
  const { data: waiting } = useSuspenseQuery(trpc.approvals.waiting.queryOptions());
  const { data: corrections } = useSuspenseQuery(trpc.promotions.waiting.queryOptions());
  const { data: asked } = useSuspenseQuery(trpc.runs.waiting.queryOptions());
  const { data: letters } = useSuspenseQuery(trpc.deadLetters.waiting.queryOptions());
  const { data: open } = useSuspenseQuery(trpc.breakGlass.reviews.queryOptions());
  const all = [...waiting, ...corrections, ...asked, ...letters];
  const mine = all.filter((each) => each.whyNot === null);
  return (
    <>
      <PageHeader
        title="Approvals"
        tone={mine.length > 0 ? 'different' : all.length > 0 ? 'accent' : 'unknown'}
        verdict={verdictOf(mine.length, all.length)}
        next={
          mine.length > 0
            ? 'Open one to read what would run or be written, then approve or reject it.'
            : open.length > 0
              ? `${counted(open.length, 'review')} of broken glass ${open.length === 1 ? 'is' : 'are'} open.`
              : null
        }
        tabTitle={mine.length > 0 ? `${formatCount(mine.length)} for you · Approvals` : 'Approvals'}
      />
      <Table
        caption="What waits for approval"
        columns={columns}
        rows={waiting}
        rowKey={(row) => row.replayId}
        density={40}
        empty={
          <EmptyState title="No replay waits for approval.">
            A replay waits here when its contract asks for approvals, or when whoever requests it does. A
            promotion always does.
          </EmptyState>
        }
      />
      {promotions}
      {steps}
      {redrives}
      <OpenReviews />
    </>
  );
}

function verdictOf(mine: number, all: number): string {
  if (mine > 0) return `${counted(mine, 'request')} ${mine === 1 ? 'waits' : 'wait'} for your decision.`;
  if (all > 0)
    return `${counted(all, 'request')} ${all === 1 ? 'waits' : 'wait'} for somebody else’s decision.`;
  return 'Nothing waits for approval.';
}

const columns: readonly Column<WaitingView>[] = [
  {
    id: 'what',
    header: 'What',
    cell: (row) => (
      <TextLink href={`/replays/${row.replayId}`}>
        Replay of {counted(BigInt(row.eventEstimate), 'event')}
      </TextLink>
    ),
  },
  ...waitingColumns<WaitingView>((row) => `/replays/${row.replayId}`),
  {
    id: 'news',
    header: 'New',
    cell: (row) =>
      row.since === null ? (
        <span className="text-muted">—</span>
      ) : row.since.lookedAt !== null && row.since.changes.length === 0 ? (
        <span className="text-muted">{newsWords(row.since)}</span>
      ) : (
        <Verdict tone="accent" look="plain">
          {newsWords(row.since)}
        </Verdict>
      ),
  },
  sinceColumn,
];
