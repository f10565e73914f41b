'use client';

import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { useTRPC } from '@/app/_trpc/client.tsx';
import { Button } from '@/components/ui/button.tsx';
import { notify } from '@/components/ui/notify.ts';
import { Select } from '@/components/ui/select.tsx';
import { TextArea, TextField } from '@/components/ui/text-field.tsx';
import { RefusedAct } from '@/components/vocabulary/refused-act.tsx';
import { useWhyNot } from '@/components/vocabulary/viewer.ts';
import type { BudgetDetail } from '@/server/application/budget/views.ts';
import { instantOf } from './instant-of.ts';

/** Leaves a span of time out: by minutes of UTC, which is what everybody else reads on the page. */
export function ExcludeForm({ budget }: { budget: BudgetDetail }) {
  const trpc = useTRPC();
  const [from, setFrom] = useState('');
  const [to, setTo] = useState('');
  const [reason, setReason] = useState('');
  const [of, setOf] = useState('budget');
  const whyNot = useWhyNot('respond', 'Leaving time out');
  const act = useMutation(
    trpc.budgets.exclude.mutationOptions({
      onSuccess: () => {
        setReason('');
        void notify('The time is left out.');
      },
    }),
  );
  const [begins, ends] = [instantOf(from), instantOf(to)];
  const missing =
    whyNot ??
    (begins === null || ends === null
      ? 'Say from when to when.'
      : ends <= begins
        ? 'It ends before it begins.'
        : reason.trim() === ''
          ? 'Give a reason first.'
          : null);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (missing !== null || begins === null || ends === null) return;
    act.mutate({
      contractId: budget.contractId,
      indicator: of === 'budget' ? budget.indicator : null,
      subject: of === 'budget' ? budget.subject : null,
      from: begins,
      to: ends,
      reason,
    });
  };
  return (
    <details className="max-w-2xl text-sm">
      <summary className="cursor-pointer rounded-sm text-muted hover:text-ink">Leave time out</summary>
      <form
        onSubmit={submit}
        className="mt-2 flex flex-col gap-3 rounded-lg border border-line bg-surface p-4"
      >
        <div className="grid gap-3 sm:grid-cols-2">
          <TextField
            label="From (UTC)"
            type="datetime-local"
            value={from}
            onChange={(event) => setFrom(event.target.value)}
          />
          <TextField
            label="To (UTC)"
            type="datetime-local"
            value={to}
            onChange={(event) => setTo(event.target.value)}
          />
        </div>
        <Select
          label="Of"
          value={of}
          onValueChange={setOf}
          options={[
            { value: 'budget', label: 'this budget' },
            { value: 'contract', label: 'all budgets of the contract' },
          ]}
        />
        <TextArea
          label="Reason"
          rows={2}
          maxLength={2000}
          value={reason}
          onChange={(event) => setReason(event.target.value)}
        />
        <Button type="submit" disabledReason={missing} pending={act.isPending} reasonPlacement="below">
          Leave it out
        </Button>
        {act.error === null ? null : (
          <RefusedAct title="The time was not left out." message={act.error.message} />
        )}
      </form>
    </details>
  );
}
