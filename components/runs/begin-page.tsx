'use client';

import { useSuspenseQuery } from '@tanstack/react-query';
import { useTRPC } from '@/app/_trpc/client.tsx';
import { PageHeader } from '@/components/ui/page-header.tsx';
import { BeginRun } from './begin-run.tsx';

/** Begins a run of one runbook, of an incident or for itself. */
export function BeginPage({ runbookId, incidentId }: { runbookId: string; incidentId: string | null }) {
  const trpc = useTRPC();
  const { data } = useSuspenseQuery(trpc.runs.propose.queryOptions({ runbookId, incidentId }));
  const [proposed] = data;
  return (
    <>
      <PageHeader
        title={`Begin ${proposed?.title ?? runbookId}`}
        trail={[
          { label: 'Runbooks', href: '/runbooks' },
          { label: 'Runs', href: '/runbooks/runs' },
        ]}
        tone="accent"
        verdict="A run is pinned to the file as it stands now."
        next="Look at the values, change what is wrong, and begin."
        tabTitle={`Begin ${proposed?.title ?? runbookId}`}
      />
      {proposed === undefined ? null : (
        <div className="max-w-prose">
          <BeginRun proposed={proposed} incidentId={incidentId} />
        </div>
      )}
    </>
  );
}
