'use client';

import { useSuspenseQuery } from '@tanstack/react-query';
import { useQueryStates } from 'nuqs';
import { useTRPC } from '@/app/_trpc/client.tsx';
import { formatCount } from '@/components/ui/format-number.ts';
import { useAskEvery } from '@/components/ui/live.ts';
import { PageHeader } from '@/components/ui/page-header.tsx';
import { AsOf } from '@/components/ui/relative-time.tsx';
import { Select } from '@/components/ui/select.tsx';
import { EmptyState } from '@/components/ui/states.tsx';
import { deliverySentence, overallSentence, worstOf } from './delivery-sentence.ts';
import { lossesFilters } from './losses-filters.ts';
import { OfContract } from './of-contract.tsx';

const READ_EVERY_MS = 10_000;

/** Whether events arrive once each: duplicates, and what was sent and never came. */
export function LossesPage() {
  const trpc = useTRPC();
  const list = useSuspenseQuery({
    ...trpc.deliveries.list.queryOptions(),
    refetchInterval: useAskEvery(READ_EVERY_MS),
  });
  const [filters, setFilters] = useQueryStates(lossesFilters);
  const views = list.data;
  const chosen = views.find(({ contractId }) => contractId === filters.contract) ?? null;
  const shown = chosen ?? worstOf(views) ?? views[0] ?? null;
  const { tone, sentence, next } = chosen === null ? overallSentence(views) : deliverySentence(chosen);
  const missed = views.reduce((sum, view) => sum + view.missed.count, 0);
  return (
    <>
      <PageHeader
        title="Duplicates and losses"
        tone={tone}
        verdict={sentence}
        next={next}
        asOf={<AsOf at={list.dataUpdatedAt} />}
        tabTitle={
          missed > 0 ? `${formatCount(missed)} lost · Duplicates and losses` : 'Duplicates and losses'
        }
      />
      {shown === null ? (
        <EmptyState title="There is no contract yet.">
          Deliveries are audited by contract: its history says which events there are, and its idempotency key
          which of them are the same.
        </EmptyState>
      ) : (
        <>
          <Select
            label="Contract"
            className="max-w-sm"
            value={shown.contractId}
            onValueChange={(contract) => void setFilters({ contract, kind: null })}
            options={views.map(({ contractId, title }) => ({ value: contractId, label: title }))}
          />
          <OfContract view={shown} filters={filters} onFilters={setFilters} />
        </>
      )}
    </>
  );
}
