'use client';

import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { useTRPC } from '@/app/_trpc/client.tsx';
import { Button } from '@/components/ui/button.tsx';
import { RelativeTime } from '@/components/ui/relative-time.tsx';
import { Notice } from '@/components/ui/states.tsx';
import { TextField } from '@/components/ui/text-field.tsx';
import { RefusedAct } from '@/components/vocabulary/refused-act.tsx';
import { useWhyNot } from '@/components/vocabulary/viewer.ts';

/** Says that a record's values are hidden, and lets whoever may reveal them to themselves, with a reason. */
export function RevealRecord({ contractId, until }: { contractId: string; until: string | null }) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const [reason, setReason] = useState('');
  const whyNot = useWhyNot('values', 'Revealing them');
  const reveal = useMutation(
    trpc.states.reveal.mutationOptions({
      onSuccess: async () => {
        setReason('');
        await queries.invalidateQueries();
      },
    }),
  );
  useEffect(() => {
    if (until === null) return;
    // A moment later, so that the server has come to the same end.
    const timer = setTimeout(
      () => void queries.invalidateQueries(),
      Math.max(0, Date.parse(until) - Date.now()) + 1_000,
    );
    return () => clearTimeout(timer);
  }, [until, queries]);
  if (until !== null)
    return (
      <Notice tone="different" title="You see values that are hidden from others.">
        Until <RelativeTime at={until} absolute />. It is on record that you wanted to.
      </Notice>
    );
  return (
    <Notice tone="unknown" title="Its values are hidden.">
      <form
        onSubmit={(event) => event.preventDefault()}
        className="flex max-w-xl flex-wrap items-end gap-2 text-ink"
      >
        {whyNot === null ? (
          <TextField
            label="Why you need to see them"
            value={reason}
            maxLength={2000}
            onChange={(event) => setReason(event.target.value)}
            className="min-w-60 flex-1"
          />
        ) : null}
        <Button
          pending={reveal.isPending}
          disabledReason={whyNot ?? (reason.trim() === '' ? 'Give a reason first.' : null)}
          reasonPlacement="below"
          onClick={() => reveal.mutate({ contractId, reason })}
        >
          Reveal for 30 minutes
        </Button>
      </form>
      {reveal.isError ? <RefusedAct title="They stay hidden." message={reveal.error.message} /> : null}
    </Notice>
  );
}
