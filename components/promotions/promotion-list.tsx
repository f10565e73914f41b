'use client';

import { useSuspenseInfiniteQuery, useSuspenseQuery } from '@tanstack/react-query';
import { useTRPC } from '@/app/_trpc/client.tsx';
import { counted } from '@/components/ui/format-number.ts';
import { PageHeader } from '@/components/ui/page-header.tsx';
import { Pager } from '@/components/ui/pager.tsx';
import { EmptyState } from '@/components/ui/states.tsx';
import { Table } from '@/components/ui/table.tsx';
import { listAnswer } from './list-answer.ts';
import { promotionColumns } from './promotion-columns.tsx';
import { promotionPages } from './promotion-pages.ts';

/** Every promotion, newest first. */
export function PromotionList() {
  const trpc = useTRPC();
  const pages = useSuspenseInfiniteQuery(trpc.promotions.list.infiniteQueryOptions({}, promotionPages));
  const rows = pages.data.pages.flatMap((page) => page.rows);
  const { data: open } = useSuspenseQuery(trpc.promotions.open.queryOptions());
  const { waiting, queued, running } = open;
  return (
    <>
      <PageHeader
        title="Promotions"
        tone={running + queued + waiting > 0 ? 'accent' : 'unknown'}
        verdict={listAnswer(open, rows.length > 0)}
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
