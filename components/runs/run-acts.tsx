'use client';

import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTRPC } from '@/app/_trpc/client.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Section } from '@/components/ui/section.tsx';
import { Select } from '@/components/ui/select.tsx';
import { TextArea } from '@/components/ui/text-field.tsx';
import { RefusedAct } from '@/components/vocabulary/refused-act.tsx';
import { useWhyNot } from '@/components/vocabulary/viewer.ts';
import type { RunPageView } from '@/server/application/runbook-runs/read-run.ts';

/** What can be done to the run as a whole: hand it over, end it, abandon it. */
export function RunActs({ run }: { run: RunPageView }) {
  const trpc = useTRPC();
  const [words, setWords] = useState('');
  const [to, setTo] = useState('');
  const { data: responders = [] } = useQuery(trpc.incidents.responders.queryOptions());
  const said = { onSuccess: () => setWords('') };
  const handOver = useMutation(trpc.runs.handOver.mutationOptions(said));
  const end = useMutation(trpc.runs.end.mutationOptions());
  const abandon = useMutation(trpc.runs.abandon.mutationOptions(said));
  const mayNot = useWhyNot('respond', 'Ending a run');
  if (run.status !== 'running') return null;
  const seen = { runId: run.id, version: run.version };
  const unsaid = words.trim() === '';
  const failed = [handOver, end, abandon].find((each) => each.isError);
  return (
    <Section title="The run">
      <Select
        label="Hand over to"
        value={to}
        options={[
          { value: '', label: 'Choose somebody' },
          ...responders.map(({ id, name }) => ({ value: id, label: name })),
        ]}
        onValueChange={setTo}
      />
      <TextArea
        label="Where it stands, or why it is abandoned"
        value={words}
        maxLength={2000}
        rows={2}
        onChange={(event) => setWords(event.target.value)}
      />
      <div className="flex flex-wrap gap-2">
        <Button
          disabledReason={mayNot ?? (to === '' ? 'Choose to whom.' : unsaid ? 'Say where it stands.' : null)}
          pending={handOver.isPending}
          onClick={() => handOver.mutate({ ...seen, toPerson: to, text: words })}
        >
          Hand over
        </Button>
        <Button
          variant="primary"
          disabledReason={mayNot ?? (run.current === null ? null : 'Steps are left.')}
          pending={end.isPending}
          onClick={() => end.mutate(seen)}
        >
          End the run
        </Button>
        <Button
          variant="danger"
          disabledReason={mayNot ?? (unsaid ? 'Say why.' : null)}
          pending={abandon.isPending}
          onClick={() => abandon.mutate({ ...seen, reason: words })}
        >
          Abandon
        </Button>
      </div>
      {failed?.error ? <RefusedAct title="Nothing was done." message={failed.error.message} /> : null}
    </Section>
  );
}
