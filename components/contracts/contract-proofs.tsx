'use client';

import { useInfiniteQuery } from '@tanstack/react-query';
import { useTRPC } from '@/app/_trpc/client.tsx';
import { TextLink } from '@/components/ui/link.tsx';
import { useAskEvery } from '@/components/ui/live.ts';
import { Section } from '@/components/ui/section.tsx';
import { SkeletonRows } from '@/components/ui/skeleton.tsx';
import { EmptyState, ErrorState } from '@/components/ui/states.tsx';
import { Table } from '@/components/ui/table.tsx';
import { isAtWork } from '@/components/vocabulary/at-work.ts';
import { replayColumns } from '@/components/vocabulary/replay-columns.tsx';

/** How far a replay is, is told to its own page with each checkpoint, and to no list. */
const askEveryMs = 10_000;

/** What was replayed with this contract, newest first. */
export function ContractProofs({ contractId }: { contractId: string }) {
  const trpc = useTRPC();
  const askEvery = useAskEvery(askEveryMs);
  const replays = useInfiniteQuery({
    ...trpc.replays.list.infiniteQueryOptions(
      { contractId, limit: 10 },
      { getNextPageParam: (page) => page.next ?? undefined },
    ),
    refetchInterval: ({ state }) =>
      state.data?.pages.some((page) => page.rows.some(isAtWork)) ? askEvery : false,
  });
  const rows = replays.data?.pages.flatMap((page) => page.rows) ?? [];
  return (
    <Section
      title="Past evidence"
      aside={
        <TextLink href={`/evidence?contract=${encodeURIComponent(contractId)}`} className="text-sm">
          All evidence of this contract
        </TextLink>
      }
    >
      {replays.isPending ? (
        <SkeletonRows rows={3} />
      ) : replays.isLoadingError ? (
        <ErrorState
          title="Its replays could not be read."
          whatToDo="The rest of the page stands. Try again, or look at the log."
          detail={replays.error.message}
          onRetry={() => replays.refetch()}
        />
      ) : (
        <Table
          caption="Replays of this contract"
          columns={replayColumns.filter((column) => column.id !== 'contract')}
          rows={rows}
          rowKey={(row) => row.id}
          empty={<EmptyState title="No replay has run with this contract." />}
        />
      )}
    </Section>
  );
}
