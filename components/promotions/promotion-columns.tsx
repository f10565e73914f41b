import type { Column } from '@/components/ui/column.ts';
import { formatCount } from '@/components/ui/format-number.ts';
import { TextLink } from '@/components/ui/link.tsx';
import { RelativeTime } from '@/components/ui/relative-time.tsx';
import { shortenMiddle } from '@/components/ui/shorten-middle.ts';
import { Verdict } from '@/components/ui/verdict.tsx';
import { ContractLink } from '@/components/vocabulary/contract-link.tsx';
import { Person } from '@/components/vocabulary/person.tsx';
import type { PromotionSummary } from '@/server/application/promotion/views.ts';
import { promotionTone } from './promotion-sentence.ts';

/** Where a promotion is in its life; one that was undone says so. */
export function PromotionVerdict({ promotion }: { promotion: PromotionSummary }) {
  const undone = promotion.undoneBy !== null;
  return (
    <Verdict tone={undone ? 'unknown' : promotionTone[promotion.status]} look="plain">
      {promotion.status.replace('-', ' ')}
      {undone ? ', undone' : ''}
    </Verdict>
  );
}

/** The columns of a list of promotions. */
export const promotionColumns: readonly Column<PromotionSummary>[] = [
  {
    id: 'promotion',
    header: 'Promotion',
    mono: true,
    cell: (row) => (
      <TextLink
        quiet
        href={`/promotions/${row.id}`}
        className="whitespace-nowrap"
        aria-label={`Promotion ${shortenMiddle(row.id, 8, 4)}`}
      >
        {shortenMiddle(row.id, 8, 4)}
      </TextLink>
    ),
  },
  { id: 'status', header: 'Status', cell: (row) => <PromotionVerdict promotion={row} /> },
  { id: 'contract', header: 'Contract', cell: (row) => <ContractLink id={row.contractId} /> },
  {
    id: 'state',
    header: 'Derived state',
    cell: (row) => (
      <>
        {row.derivedState}
        {row.undoes === null ? null : <span className="text-muted"> (undoing)</span>}
      </>
    ),
  },
  { id: 'keys', header: 'Keys', align: 'end', cell: (row) => formatCount(row.keys) },
  {
    id: 'written',
    header: 'Written',
    align: 'end',
    cell: (row) => (row.written === null ? <span className="text-muted">—</span> : formatCount(row.written)),
  },
  { id: 'by', header: 'Requested by', wideOnly: true, cell: (row) => <Person id={row.requestedBy} /> },
  { id: 'when', header: 'When', cell: (row) => <RelativeTime at={row.requestedAt} /> },
];
