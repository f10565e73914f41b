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

/** Every registered contract, and the files that could not be registered. */
export function ContractList() {
  const trpc = useTRPC();
  const { data: contracts } = useSuspenseQuery(trpc.contracts.list.queryOptions());
  const { data: overview } = useSuspenseQuery(trpc.overview.get.queryOptions());
  const present = contracts.filter(({ goneAt }) => goneAt === null);
  const unready = present.filter((each) => (each.readiness?.failed ?? 0) > 0);
  return (
    <>
      <PageHeader
        title="Contracts"
        tone={
          overview.problems.length > 0
            ? 'failed'
            : unready.length > 0
              ? 'different'
              : present.length > 0
                ? 'verified'
                : 'unknown'
        }
        verdict={sentence(present.length, unready.length, overview.problems.length)}
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

function sentence(all: number, unready: number, problems: number): string {
  if (problems > 0) return `${counted(problems, 'contract file')} could not be registered.`;
  if (all === 0) return 'No contract is registered yet.';
  if (unready > 0)
    return `${counted(unready, 'contract')} of ${all} would not replay well: a readiness check fails.`;
  return `${counted(all, 'contract')} ${all === 1 ? 'is' : 'are'} registered, and no readiness check fails.`;
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
