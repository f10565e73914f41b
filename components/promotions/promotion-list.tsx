'use client';

import { useSuspenseInfiniteQuery } from '@tanstack/react-query';
import { useTRPC } from '@/app/_trpc/client.tsx';
import { counted } from '@/components/ui/format-number.ts';
import { PageHeader } from '@/components/ui/page-header.tsx';
import { Pager } from '@/components/ui/pager.tsx';
import { EmptyState } from '@/components/ui/states.tsx';
import { Table } from '@/components/ui/table.tsx';
import { promotionColumns } from './promotion-columns.tsx';
import { promotionPages } from './promotion-pages.ts';

/** Every promotion, newest first. */
export function PromotionList() {
  const trpc = useTRPC();
  const pages = useSuspenseInfiniteQuery(trpc.promotions.list.infiniteQueryOptions({}, promotionPages));
  const rows = pages.data.pages.flatMap((page) => page.rows);
  const waiting = rows.filter((row) => row.status === 'awaiting-approval').length;
  const running = rows.filter((row) => row.status === 'queued' || row.status === 'running').length;
  const verdict =
    running > 0
      ? `${counted(running, 'promotion')} ${running === 1 ? 'is' : 'are'} being written.`
      : waiting > 0
        ? `${counted(waiting, 'promotion')} ${waiting === 1 ? 'waits' : 'wait'} for approval.`
        : rows.length > 0
          ? 'No promotion is on its way.'
          : 'Nothing has been promoted yet.';
  return (
    <>
      <PageHeader
        title="Promotions"
        tone={running + waiting > 0 ? 'accent' : 'unknown'}
        verdict={verdict}
        next="A promotion makes rows of a live state what a trusted replay says; ask for one on the replay’s page."
        tabTitle={waiting > 0 ? `${waiting} waiting · Promotions` : 'Promotions'}
      />
      <Table
        caption="Promotions"
        columns={promotionColumns}
        rows={rows}
        rowKey={(row) => row.id}
        empty={
          <EmptyState title="Nothing has been promoted yet.">
            Where a replay is trusted and a live state differs from it, its page offers to make the differing
            rows what history says, once somebody else has approved it.
          </EmptyState>
        }
      />
      <Pager
        summary={counted(rows.length, 'promotion') + (pages.hasNextPage ? ', and older ones' : '')}
        onNext={pages.hasNextPage ? () => pages.fetchNextPage() : null}
        pending={pages.isFetchingNextPage}
      />
    </>
  );
}
