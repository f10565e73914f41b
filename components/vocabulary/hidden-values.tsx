'use client';

import { useQuery } from '@tanstack/react-query';
import { useTRPC } from '@/app/_trpc/client.tsx';
import { counted } from '@/components/ui/format-number.ts';
import { RelativeTime } from '@/components/ui/relative-time.tsx';
import { Notice } from '@/components/ui/states.tsx';
import { RevealForm, useHideAgain } from './reveal-form.tsx';

/** Says which fields of a contract are hidden, and lets whoever may reveal them to themselves, with a reason. */
export function HiddenValues({ contractId }: { contractId: string }) {
  const trpc = useTRPC();
  const hidden = trpc.states.hidden.queryOptions({ contractId });
  const { data } = useQuery({
    ...hidden,
    refetchInterval: (query) => (query.state.data?.until ? 60_000 : false),
  });
  useHideAgain(data?.until);
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
      <RevealForm contractId={contractId} />
    </Notice>
  );
}
