'use client';

import { useMutation, useQueryClient, useSuspenseQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTRPC } from '@/app/_trpc/client.tsx';
import { Checkbox } from '@/components/ui/checkbox.tsx';
import { Refused } from '@/components/ui/refused.tsx';
import { Section } from '@/components/ui/section.tsx';

/** Whether somebody is told by e-mail of what concerns them. */
export function Notices({ email }: { email: string }) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const { data: byEmail } = useSuspenseQuery(trpc.account.noticesByEmail.queryOptions());
  // State of our own, because a mutation tells of itself a moment later, and until then React would
  // put the tick back: the box would be seen to refuse.
  const [asked, setAsked] = useState<boolean | null>(null);
  const change = useMutation(
    trpc.account.setNoticesByEmail.mutationOptions({
      onSettled: async (_saved, _refused, { byEmail: settled }) => {
        await queries.invalidateQueries({ queryKey: trpc.account.noticesByEmail.queryKey() });
        setAsked((now) => (now === settled ? null : now));
      },
    }),
  );
  return (
    <Section
      title="Notices"
      description="What you requested and how it went; and, if you approve, what waits for your decision."
    >
      <Checkbox
        label="Tell me by e-mail"
        hint={`To ${email}, where whoever runs Reprise here has set a mail server. The pages say the same.`}
        checked={asked ?? byEmail}
        onChange={(event) => {
          setAsked(event.target.checked);
          change.mutate({ byEmail: event.target.checked });
        }}
      />
      <Refused error={change.error} />
    </Section>
  );
}
