'use client';

import { useSuspenseQuery } from '@tanstack/react-query';
import { useTRPC } from '@/app/_trpc/client.tsx';
import type { Column } from '@/components/ui/column.ts';
import { counted } from '@/components/ui/format-number.ts';
import { TextLink } from '@/components/ui/link.tsx';
import { PageHeader } from '@/components/ui/page-header.tsx';
import { EmptyState, Notice } from '@/components/ui/states.tsx';
import { Table } from '@/components/ui/table.tsx';
import { Verdict } from '@/components/ui/verdict.tsx';
import { ProofAge } from '@/components/vocabulary/proof-age.tsx';
import { AgreementVerdict, ConfidenceVerdict } from '@/components/vocabulary/verdicts.tsx';
import type { ContractSummary } from '@/server/application/views.ts';
import { listAnswer, unreadyOf } from './list-sentence.ts';

/** Every registered contract, and the files that could not be registered. */
export function ContractList() {
  const trpc = useTRPC();
  const { data: contracts } = useSuspenseQuery(trpc.contracts.list.queryOptions());
  const { data: overview } = useSuspenseQuery(trpc.overview.get.queryOptions());
  const present = contracts.filter(({ goneAt }) => goneAt === null);
  const unready = unreadyOf(present);
  const answer = listAnswer(present, overview.problems.length);
  return (
    <>
      <PageHeader
        title="Contracts"
        tone={answer.tone}
        verdict={answer.verdict}
        next={overview.problems[0] ? `${overview.problems[0].file}: ${overview.problems[0].sentence}` : null}
        tabTitle={
          overview.problems.length > 0
            ? `${counted(overview.problems.length, 'problem')} · Contracts`
            : unready.length > 0
              ? `${counted(unready.length, 'contract')} not ready · Contracts`
              : 'Contracts'
        }
      />
      {overview.problems.map((problem) => (
        <Notice
          key={problem.file}
          tone="failed"
          title={
            <>
              <span className="font-mono">{problem.file}</span> was not registered
            </>
          }
        >
          {problem.field ? <span className="font-mono">{problem.field}: </span> : null}
          {problem.sentence}
        </Notice>
      ))}
      <Table
        caption="Contracts"
        columns={columns}
        rows={contracts}
        rowKey={(row) => row.id}
        density={40}
        empty={
          <EmptyState title="No contract is registered.">
            Write one under contracts/; docs/contracts.md shows how.
          </EmptyState>
        }
      />
    </>
  );
}

const columns: readonly Column<ContractSummary>[] = [
  {
    id: 'contract',
    header: 'Contract',
    cell: (row) => (
      <span className="block py-1">
        <TextLink quiet href={`/contracts/${encodeURIComponent(row.id)}`}>
          {row.title}
        </TextLink>
        <span className="block font-mono text-xs text-muted">
          {row.id} v{row.version}
        </span>
      </span>
    ),
  },
  { id: 'history', header: 'History', mono: true, cell: (row) => row.history.name },
  { id: 'states', header: 'Derived states', wideOnly: true, cell: (row) => row.derivedStates.join(', ') },
  {
    id: 'readiness',
    header: 'Readiness',
    cell: (row) =>
      row.goneAt === null ? (
        <ReadinessWords readiness={row.readiness} />
      ) : (
        <Verdict tone="different" look="plain">
          its file is no longer there
        </Verdict>
      ),
  },
  {
    id: 'confidence',
    header: 'Confidence',
    cell: (row) => <ConfidenceVerdict status={row.lastProof?.confidence ?? null} look="plain" />,
  },
  {
    id: 'agreement',
    header: 'Agreement',
    cell: (row) => <AgreementVerdict status={row.lastProof?.agreement ?? null} look="plain" />,
  },
  {
    id: 'proof',
    header: 'Last proof',
    cell: (row) => <ProofAge proof={row.lastProof} />,
  },
];

function ReadinessWords({ readiness }: { readiness: ContractSummary['readiness'] }) {
  if (readiness === null) {
    return (
      <Verdict tone="unknown" look="plain">
        not checked
      </Verdict>
    );
  }
  if (readiness.failed > 0) {
    return (
      <Verdict tone="failed" look="plain">
        {readiness.failed} failed
      </Verdict>
    );
  }
  if (readiness.couldNotRun > 0) {
    return (
      <Verdict tone="unknown" look="plain">
        {readiness.couldNotRun} could not run
      </Verdict>
    );
  }
  if (readiness.warnings > 0) {
    return (
      <Verdict tone="different" look="plain">
        {counted(readiness.warnings, 'warning')}
      </Verdict>
    );
  }
  return (
    <Verdict tone="verified" look="plain">
      {readiness.passed} passed
    </Verdict>
  );
}
