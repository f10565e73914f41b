'use client';

import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { useTRPC } from '@/app/_trpc/client.tsx';
import { Button } from '@/components/ui/button.tsx';
import { counted } from '@/components/ui/format-number.ts';
import { RelativeTime } from '@/components/ui/relative-time.tsx';
import { Notice } from '@/components/ui/states.tsx';
import { TextField } from '@/components/ui/text-field.tsx';
import { RefusedAct } from './refused-act.tsx';
import { useWhyNot } from './viewer.ts';

/**
 * Asks for everything anew once what was revealed is hidden again: at the time that was said, by this machine's clock,
 * and when the server says so, whose clock counts. What a page that was left open shows goes with it.
 */
function useHideAgain(until: string | null | undefined): void {
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

/** Says which fields of a contract are hidden, and lets whoever may reveal them to themselves, with a reason. */
export function HiddenValues({ contractId }: { contractId: string }) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const [reason, setReason] = useState('');
  const hidden = trpc.states.hidden.queryOptions({ contractId });
  const { data } = useQuery({
    ...hidden,
    refetchInterval: (query) => (query.state.data?.until ? 60_000 : false),
  });
  useHideAgain(data?.until);
  const whyNot = useWhyNot('values', 'Revealing them');
  const reveal = useMutation(
    trpc.states.reveal.mutationOptions({
      onSuccess: async () => {
        setReason('');
        await queries.invalidateQueries();
      },
    }),
  );
  if (data === undefined || data.hidden.length === 0) return null;
  const fields = data.hidden.join(', ');
  if (data.until !== null)
    return (
      <Notice tone="different" title="You see values that the contract hides.">
        {fields}; until <RelativeTime at={data.until} absolute />. It is on record that you wanted to.
      </Notice>
    );
  return (
    <Notice tone="unknown" title={`The values of ${counted(data.hidden.length, 'field')} are hidden.`}>
      <p>{fields}</p>
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
    </Notice>
  );
}
