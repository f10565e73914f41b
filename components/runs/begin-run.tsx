'use client';

import { useMutation } from '@tanstack/react-query';
import { useRouter } from 'next/navigation';
import { type FormEvent, useState } from 'react';
import { useTRPC } from '@/app/_trpc/client.tsx';
import { Button } from '@/components/ui/button.tsx';
import { TextField } from '@/components/ui/text-field.tsx';
import { RefusedAct } from '@/components/vocabulary/refused-act.tsx';
import { useWhyNot } from '@/components/vocabulary/viewer.ts';
import type { ProposedRun } from '@/server/application/runbook-runs/start-run.ts';

/** The values that a run is given: as they are proposed, each with where it comes from, until somebody changes one. */
export function BeginRun({ proposed, incidentId }: { proposed: ProposedRun; incidentId: string | null }) {
  const trpc = useTRPC();
  const router = useRouter();
  const mayNot = useWhyNot('respond', 'Beginning a runbook');
  const [given, setGiven] = useState<Readonly<Record<string, string>>>(() =>
    Object.fromEntries(
      proposed.parameters.map(({ name, value }) => [name, value === null ? '' : String(value)]),
    ),
  );
  const start = useMutation(
    trpc.runs.start.mutationOptions({ onSuccess: ({ runId }) => router.push(`/runbooks/runs/${runId}`) }),
  );
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const { runbookId, digest } = proposed;
    start.mutate({ runbookId, digest, incidentId, parameters: { ...given } });
  };
  return (
    <form onSubmit={submit} aria-label={`Begin ${proposed.title}`} className="flex flex-col gap-3">
      {proposed.parameters.map(({ name, title, required, value, from }) => (
        <TextField
          key={name}
          label={title}
          mono
          required={required}
          value={given[name] ?? ''}
          hint={
            from === null
              ? required
                ? 'Nothing proposes it: say it.'
                : 'May be left out.'
              : given[name] === String(value)
                ? `from ${from}`
                : `changed by you; ${String(value)} came from ${from}`
          }
          maxLength={2000}
          onChange={(event) => setGiven({ ...given, [name]: event.target.value })}
        />
      ))}
      {start.error ? <RefusedAct title="The run did not begin." message={start.error.message} /> : null}
      <div>
        <Button type="submit" variant="primary" disabledReason={mayNot} pending={start.isPending}>
          Begin the run
        </Button>
      </div>
    </form>
  );
}
