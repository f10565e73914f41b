'use client';

import { useMutation } from '@tanstack/react-query';
import { useRouter } from 'next/navigation';
import { type FormEvent, useState } from 'react';
import { useTRPC } from '@/app/_trpc/client.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Refused } from '@/components/ui/refused.tsx';
import { Select } from '@/components/ui/select.tsx';
import { TextField } from '@/components/ui/text-field.tsx';
import { classWords, incidentClasses } from './incident-words.ts';

type Class = (typeof incidentClasses)[number];

/** What somebody has seen that no signal tells of. */
export function OpenIncident({ contracts, onDone }: { contracts: readonly string[]; onDone: () => void }) {
  const trpc = useTRPC();
  const router = useRouter();
  const [title, setTitle] = useState('');
  const [incidentClass, setClass] = useState<Class>('P2');
  const [contractId, setContract] = useState('');
  const open = useMutation(
    trpc.incidents.openByHand.mutationOptions({
      onSuccess: ({ incidentId }) => router.push(`/incidents/${incidentId}`),
    }),
  );
  const submit = (event: FormEvent) => {
    event.preventDefault();
    open.mutate({ title, class: incidentClass, contractId: contractId || null, beganAt: null });
  };
  return (
    <form
      onSubmit={submit}
      aria-label="Open an incident"
      className="flex max-w-3xl flex-col gap-3 rounded-lg border border-line bg-surface p-4"
    >
      <TextField
        label="What is wrong, in one sentence"
        value={title}
        required
        maxLength={300}
        autoFocus
        onChange={(event) => setTitle(event.target.value)}
      />
      <div className="flex flex-wrap gap-3">
        <Select
          label="Class"
          value={incidentClass}
          options={incidentClasses.map((each) => ({ value: each, label: classWords[each] }))}
          onValueChange={(value) => setClass(incidentClasses.find((each) => each === value) ?? 'P2')}
        />
        <Select
          label="Contract"
          value={contractId}
          options={[
            { value: '', label: 'None: Reprise itself' },
            ...contracts.map((each) => ({ value: each, label: each })),
          ]}
          onValueChange={setContract}
        />
      </div>
      <Refused error={open.error} />
      <div className="flex flex-wrap gap-2">
        <Button type="submit" variant="primary" pending={open.isPending}>
          Open it
        </Button>
        <Button variant="quiet" onClick={onDone}>
          Cancel
        </Button>
      </div>
    </form>
  );
}
