'use client';

import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useTRPC } from '@/app/_trpc/client.tsx';
import { Button } from '@/components/ui/button.tsx';
import type { Column } from '@/components/ui/column.ts';
import { counted } from '@/components/ui/format-number.ts';
import { notifyFailure } from '@/components/ui/notify.ts';
import { RelativeTime } from '@/components/ui/relative-time.tsx';
import { Section } from '@/components/ui/section.tsx';
import { EmptyState, Notice } from '@/components/ui/states.tsx';
import { Table } from '@/components/ui/table.tsx';
import type { Tone } from '@/components/ui/tone.ts';
import { Verdict } from '@/components/ui/verdict.tsx';
import { useWhyNot } from '@/components/vocabulary/viewer.ts';
import type { ContractDetail } from '@/server/application/views.ts';

type Check = ContractDetail['readinessChecks'][number];

const tones: Record<Check['outcome'], Tone> = {
  passed: 'verified',
  warning: 'different',
  failed: 'failed',
  'could-not-run': 'unknown',
};
const order: readonly Check['outcome'][] = ['failed', 'could-not-run', 'warning', 'passed'];

/** Named checks, run live against the history and the stores: what was found, what it means, what to do. */
export function Readiness({ contract }: { contract: ContractDetail }) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const check = useMutation(
    trpc.contracts.checkReadiness.mutationOptions({
      onSuccess: () => queries.invalidateQueries({ queryKey: trpc.contracts.pathKey() }),
      onError: (error) => notifyFailure(error.message),
    }),
  );
  const whyNot = useWhyNot('replay', 'Checking readiness');
  const rows = contract.readinessChecks.toSorted(
    (a, b) => order.indexOf(a.outcome) - order.indexOf(b.outcome),
  );
  const passed = rows.filter((row) => row.outcome === 'passed');
  return (
    <Section
      title="Readiness"
      description="Would a replay work, and would its result hold? A check that could not run has not passed."
      aside={
        <>
          {contract.readiness ? (
            <span className="text-xs text-muted">
              Checked <RelativeTime at={contract.readiness.checkedAt} />
            </span>
          ) : null}
          <Button
            size="sm"
            pending={check.isPending}
            disabledReason={whyNot ?? undefined}
            onClick={() => check.mutate({ contractId: contract.id })}
          >
            Check now
          </Button>
        </>
      }
    >
      <Table
        caption="Readiness checks"
        columns={columns}
        rows={rows.filter((row) => row.outcome !== 'passed')}
        rowKey={rowKey}
        density={40}
        empty={
          rows.length === 0 ? (
            <EmptyState title="Readiness has not been checked yet." />
          ) : (
            <Notice tone="verified" title={`All ${counted(rows.length, 'check')} passed.`} />
          )
        }
      />
      {passed.length > 0 ? (
        <details className="text-sm">
          <summary className="cursor-pointer rounded-sm text-muted hover:text-ink">
            {counted(passed.length, 'check')} passed
          </summary>
          <div className="mt-2">
            <Table caption="Checks that passed" columns={columns} rows={passed} rowKey={rowKey} />
          </div>
        </details>
      ) : null}
    </Section>
  );
}

const rowKey = (row: Check): string => `${row.name}-${row.found}`;

const columns: readonly Column<Check>[] = [
  {
    id: 'outcome',
    header: 'Outcome',
    cell: (row) => (
      <Verdict tone={tones[row.outcome]} look="plain">
        {row.outcome.replaceAll('-', ' ')}
      </Verdict>
    ),
  },
  { id: 'name', header: 'Check', cell: (row) => row.name },
  {
    id: 'found',
    header: 'Found',
    cell: (row) => (
      <span className="block py-1">
        {row.found}
        {row.consequence ? <span className="block text-muted">{row.consequence}</span> : null}
        {row.remedy ? <span className="block text-muted">To do: {row.remedy}</span> : null}
      </span>
    ),
  },
];
