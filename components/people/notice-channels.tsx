'use client';

import { useMutation, useQueryClient, useSuspenseQuery } from '@tanstack/react-query';
import { useTRPC } from '@/app/_trpc/client.tsx';
import { Button } from '@/components/ui/button.tsx';
import type { Column } from '@/components/ui/column.ts';
import { formatCount } from '@/components/ui/format-number.ts';
import { notify } from '@/components/ui/notify.ts';
import { Refused } from '@/components/ui/refused.tsx';
import { RelativeTime } from '@/components/ui/relative-time.tsx';
import { Section } from '@/components/ui/section.tsx';
import { Table } from '@/components/ui/table.tsx';
import { Verdict } from '@/components/ui/verdict.tsx';
import { useViewer } from '@/components/vocabulary/viewer.ts';
import type { ChannelState } from '@/server/application/ports/notices.ts';
import { channelStanding, channelWords } from './channel-state.ts';

/** By what people are told outside the pages, and whether that works. */
export function NoticeChannels() {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const viewer = useViewer();
  const { data: channels } = useSuspenseQuery(trpc.notices.channels.queryOptions());
  const test = useMutation(
    trpc.notices.sendTest.mutationOptions({
      onSuccess: (_answer, { channel }) =>
        notify(
          'A test is on its way',
          channel === 'email' ? `To ${viewer?.email ?? 'you'}.` : 'To the webhook’s receiver.',
        ),
      onSettled: () => queries.invalidateQueries({ queryKey: trpc.notices.pathKey() }),
    }),
  );
  const pending = test.isPending ? test.variables.channel : null;
  return (
    <Section
      title="Notices"
      description="By what people are told, outside these pages, of what waits for them and how it ended."
    >
      <Refused error={test.error} />
      <Table
        caption="Channels of notices"
        columns={columnsWith((channel) => test.mutate({ channel }), pending)}
        rows={channels}
        rowKey={(row) => row.channel}
        density={40}
      />
    </Section>
  );
}

function columnsWith(
  onTest: (channel: ChannelState['channel']) => void,
  pending: ChannelState['channel'] | null,
): readonly Column<ChannelState>[] {
  return [
    {
      id: 'channel',
      header: 'Channel',
      cell: (row) => (
        <>
          <span className="block">{channelWords[row.channel].name}</span>
          <span className="block text-xs text-muted wrap-anywhere">{row.target}</span>
        </>
      ),
    },
    {
      id: 'state',
      header: 'State',
      cell: (row) => {
        const { tone, word, sentence } = channelStanding(row);
        return (
          <span className="block max-w-md whitespace-normal py-1">
            <Verdict tone={tone} look="plain">
              {word}
            </Verdict>
            <span className="block text-xs text-muted">{sentence}</span>
          </span>
        );
      },
    },
    { id: 'success', header: 'Last success', cell: (row) => <When at={row.lastSuccessAt} /> },
    {
      id: 'problem',
      header: 'Last error',
      cell: (row) =>
        row.lastProblemAt === null ? (
          <span className="text-muted">none</span>
        ) : (
          <span className="block max-w-xs whitespace-normal py-1">
            <RelativeTime at={row.lastProblemAt} />
            <span className="block text-xs text-muted wrap-anywhere">{row.lastProblem}</span>
          </span>
        ),
    },
    { id: 'waiting', header: 'Waiting', align: 'end', cell: (row) => formatCount(row.waiting) },
    { id: 'given-up', header: 'Given up', align: 'end', cell: (row) => formatCount(row.givenUp) },
    {
      id: 'test',
      header: <span className="sr-only">Send a test</span>,
      align: 'end',
      cell: (row) => (
        <Button
          size="sm"
          pending={pending === row.channel}
          disabledReason={row.configured === true ? null : 'It is not configured.'}
          aria-label={`Send a test by ${channelWords[row.channel].name}`}
          onClick={() => onTest(row.channel)}
        >
          Send a test
        </Button>
      ),
    },
  ];
}

function When({ at }: { at: string | null }) {
  return at === null ? <span className="text-muted">never</span> : <RelativeTime at={at} />;
}
