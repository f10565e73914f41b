'use client';

import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { useTRPC } from '@/app/_trpc/client.tsx';
import { Button } from '@/components/ui/button.tsx';
import { TextField } from '@/components/ui/text-field.tsx';
import { RefusedAct } from './refused-act.tsx';
import { useWhyNot } from './viewer.ts';

/**
 * Asks for everything anew once what was revealed is hidden again: at the time that was said, by this machine's clock,
 * and when the server says so, whose clock counts. What a page that was left open shows goes with it.
 */
export function useHideAgain(until: string | null | undefined): void {
  const queries = useQueryClient();
  const before = useRef(until);
  useEffect(() => {
    const was = before.current;
    before.current = until;
    if (was && until === null) void queries.invalidateQueries();
    if (!until) return;
    const again = () => void queries.invalidateQueries();
    // A moment later, so that the server has come to the same end.
    const timer = setTimeout(again, Math.max(0, Date.parse(until) - Date.now()) + 1_000);
    return () => clearTimeout(timer);
  }, [until, queries]);
}

/** Lets whoever may reveal the hidden values of a contract to themselves, with a reason. */
export function RevealForm({ contractId }: { contractId: string }) {
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
  return (
    <>
      <form
        onSubmit={(event) => event.preventDefault()}
        className="mt-2 flex max-w-xl flex-wrap items-end gap-2 text-ink"
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
    </>
  );
}
