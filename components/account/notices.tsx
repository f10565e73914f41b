'use client';

import { useMutation, useQueryClient, useSuspenseQuery } from '@tanstack/react-query';
import { useTRPC } from '@/app/_trpc/client.tsx';
import { Checkbox } from '@/components/ui/checkbox.tsx';
import { Refused } from '@/components/ui/refused.tsx';
import { Section } from '@/components/ui/section.tsx';

/** Whether somebody is told by e-mail of what concerns them. */
export function Notices({ email }: { email: string }) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const { data: byEmail } = useSuspenseQuery(trpc.account.noticesByEmail.queryOptions());
  const change = useMutation(
    trpc.account.setNoticesByEmail.mutationOptions({
      onSettled: () => queries.invalidateQueries({ queryKey: trpc.account.noticesByEmail.queryKey() }),
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
        checked={change.isPending ? change.variables.byEmail : byEmail}
        onChange={(event) => change.mutate({ byEmail: event.target.checked })}
      />
      <Refused error={change.error} />
    </Section>
  );
}
