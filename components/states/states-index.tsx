'use client';

import { useSuspenseQuery } from '@tanstack/react-query';
import { useTRPC } from '@/app/_trpc/client.tsx';
import type { Column } from '@/components/ui/column.ts';
import { formatCount } from '@/components/ui/format-number.ts';
import { TextLink } from '@/components/ui/link.tsx';
import { PageHeader } from '@/components/ui/page-header.tsx';
import { EmptyState } from '@/components/ui/states.tsx';
import { Table } from '@/components/ui/table.tsx';
import { Verdict } from '@/components/ui/verdict.tsx';
import { ProofAge } from '@/components/vocabulary/proof-age.tsx';
import { AgreementVerdict, ConfidenceVerdict } from '@/components/vocabulary/verdicts.tsx';
import type { ContractSummary } from '@/server/application/views.ts';
import { indexAnswer } from './index-sentence.ts';

/** Which contracts have states to look at, and what the last proof says of them. */
export function StatesIndex() {
  const trpc = useTRPC();
  const { data: contracts } = useSuspenseQuery(trpc.contracts.list.queryOptions());
  const answer = indexAnswer(contracts);
  return (
    <>
      <PageHeader title="States" tone={answer.tone} verdict={answer.verdict} tabTitle={answer.tab} />
      <Table
        caption="Contracts and their states"
        columns={columns}
        rows={contracts}
        rowKey={(row) => row.id}
        empty={<EmptyState title="No contract is registered." />}
      />
    </>
  );
}

const columns: readonly Column<ContractSummary>[] = [
  {
    id: 'contract',
    header: 'Contract',
    cell: (row) => (
      <>
        <TextLink quiet href={`/states/${encodeURIComponent(row.id)}`}>
          {row.title}
        </TextLink>
        {row.goneAt === null ? null : (
          <span className="block">
            <Verdict tone="different" look="plain">
              its file is no longer there
            </Verdict>
          </span>
        )}
      </>
    ),
  },
  { id: 'states', header: 'Derived states', cell: (row) => row.derivedStates.join(', ') },
  {
    id: 'agreement',
    header: 'Agreement',
    cell: (row) => <AgreementVerdict status={row.lastProof?.agreement ?? null} look="plain" />,
  },
  {
    id: 'discrepancies',
    header: 'Differing keys',
    align: 'end',
    cell: (row) =>
      row.lastProof?.discrepancies == null ? (
        <span className="text-muted">—</span>
      ) : (
        formatCount(row.lastProof.discrepancies)
      ),
  },
  {
    id: 'confidence',
    header: 'Confidence',
    cell: (row) => <ConfidenceVerdict status={row.lastProof?.confidence ?? null} look="plain" />,
  },
  {
    id: 'when',
    header: 'Proven',
    cell: (row) => <ProofAge proof={row.lastProof} />,
  },
];
