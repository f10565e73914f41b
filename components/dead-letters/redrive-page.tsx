'use client';

import {
  useMutation,
  useQueryClient,
  useSuspenseInfiniteQuery,
  useSuspenseQuery,
} from '@tanstack/react-query';
import { useTRPC } from '@/app/_trpc/client.tsx';
import { Button } from '@/components/ui/button.tsx';
import type { Column } from '@/components/ui/column.ts';
import { counted, formatCount } from '@/components/ui/format-number.ts';
import { KeyValueList } from '@/components/ui/key-value.tsx';
import { TextLink } from '@/components/ui/link.tsx';
import { PageHeader } from '@/components/ui/page-header.tsx';
import { Pager } from '@/components/ui/pager.tsx';
import { RelativeTime } from '@/components/ui/relative-time.tsx';
import { Section } from '@/components/ui/section.tsx';
import { ShortId } from '@/components/ui/short-id.tsx';
import { Table } from '@/components/ui/table.tsx';
import { Verdict } from '@/components/ui/verdict.tsx';
import { DecideForm } from '@/components/vocabulary/decide-form.tsx';
import { Person } from '@/components/vocabulary/person.tsx';
import { RefusedAct } from '@/components/vocabulary/refused-act.tsx';
import { useViewer, useWhyNot } from '@/components/vocabulary/viewer.ts';
import type { Redrive, RedrivenLetter } from '@/server/application/ports/redrives.ts';
import { Awaited } from './awaited.tsx';
import { Edited } from './edited.tsx';
import { letterPages } from './letter-filters.ts';
import { letterHref } from './letter-words.ts';
import { outcomeTone, outcomeWords, redriveAnswer, redriveWords, toneOf } from './redrive-words.ts';

/** A redrive: what is sent, who has approved it, and what became of each letter. */
export function RedrivePage({ redriveId }: { redriveId: string }) {
  const trpc = useTRPC();
  const { data: redrive } = useSuspenseQuery(trpc.deadLetters.redrive.queryOptions({ redriveId }));
  const answer = redriveAnswer(redrive);
  return (
    <>
      <PageHeader
        title="Redrive"
        trail={[{ label: 'Dead letters', href: '/dead-letters' }]}
        tone={answer.tone}
        verdict={answer.verdict}
        next={answer.next}
        tabTitle={`${redriveWords[redrive.status]} · Redrive`}
        actions={<Steer redrive={redrive} />}
      />
      <Facts redrive={redrive} />
      <Edited redrive={redrive} />
      {redrive.status === 'awaiting-approval' ? <Decide redrive={redrive} /> : null}
      <Awaited redrive={redrive} />
      <Letters redrive={redrive} />
    </>
  );
}

function Letters({ redrive }: { redrive: Redrive }) {
  const trpc = useTRPC();
  const pages = useSuspenseInfiniteQuery(
    trpc.deadLetters.lettersOf.infiniteQueryOptions({ redriveId: redrive.id }, letterPages),
  );
  const rows = pages.data.pages.flatMap((page) => page.rows);
  return (
    <Section title="Letters" description="In the order in which they are sent.">
      <Table
        caption="Letters of this redrive"
        columns={columnsOf(redrive)}
        rows={rows}
        rowKey={(row) => String(row.number)}
      />
      <Pager
        summary={`${formatCount(rows.length)} of ${counted(redrive.letters, 'letter')}`}
        onNext={pages.hasNextPage ? () => pages.fetchNextPage() : null}
        pending={pages.isFetchingNextPage}
      />
    </Section>
  );
}

function Facts({ redrive }: { redrive: Redrive }) {
  const decision = redrive.decisions.at(-1);
  return (
    <Section title="What is sent">
      <KeyValueList
        items={[
          {
            label: 'State',
            value: (
              <Verdict tone={toneOf(redrive)} look="plain">
                {redriveWords[redrive.status]}
              </Verdict>
            ),
          },
          { label: 'From', value: <code className="font-mono">{redrive.topic}</code> },
          { label: 'To', value: <code className="font-mono">{redrive.target}</code> },
          { label: 'At most', value: `${redrive.perSecond} a second` },
          { label: 'Hash of the set', value: <ShortId id={redrive.hash} what="hash" /> },
          {
            label: 'Asked for',
            value: (
              <>
                <RelativeTime at={redrive.requestedAt} absolute /> by <Person id={redrive.requestedBy} />
              </>
            ),
            hint: redrive.reason,
          },
          {
            label: 'Approval',
            value:
              redrive.attemptId !== null ? (
                'that of the runbook’s step which asked for it'
              ) : decision === undefined ? (
                'none yet'
              ) : (
                <>
                  {decision.verdict} <RelativeTime at={decision.decidedAt} absolute /> by{' '}
                  <Person id={decision.personId} />
                  {decision.voidedAt === null ? null : (
                    <>
                      ; it counts no more since <RelativeTime at={decision.voidedAt} absolute />:{' '}
                      {decision.voidReason}
                    </>
                  )}
                </>
              ),
            hint: decision?.reason,
          },
        ]}
      />
    </Section>
  );
}

function Decide({ redrive }: { redrive: Redrive }) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const viewer = useViewer();
  const whyNot = useWhyNot('approve', 'Deciding');
  const decide = useMutation(
    trpc.deadLetters.decideRedrive.mutationOptions({ onSuccess: () => queries.invalidateQueries() }),
  );
  const own = viewer?.id === redrive.requestedBy ? 'You have asked for it: somebody else decides.' : null;
  return (
    <DecideForm
      title="Decide about exactly this set"
      approve="Approve this set"
      hint="Approver and reason stay on record."
      whyNot={whyNot ?? own}
      pending={decide.isPending ? (decide.variables?.verdict ?? null) : null}
      error={decide.isError ? decide.error.message : null}
      onDecide={(verdict, reason) =>
        decide.mutate({ redriveId: redrive.id, planHash: redrive.hash, verdict, reason })
      }
    />
  );
}

function Steer({ redrive }: { redrive: Redrive }) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const whyNot = useWhyNot('respond', 'Steering it');
  const again = { onSuccess: () => queries.invalidateQueries() };
  const pause = useMutation(trpc.deadLetters.pauseRedrive.mutationOptions(again));
  const resume = useMutation(trpc.deadLetters.resumeRedrive.mutationOptions(again));
  const cancel = useMutation(trpc.deadLetters.cancelRedrive.mutationOptions(again));
  const { id: redriveId, status, endedAt } = redrive;
  if (endedAt !== null) return null;
  const failed = [pause, resume, cancel].find(({ isError }) => isError)?.error ?? null;
  return (
    <>
      {status === 'running' || status === 'queued' ? (
        <Button pending={pause.isPending} disabledReason={whyNot} onClick={() => pause.mutate({ redriveId })}>
          Pause
        </Button>
      ) : null}
      {status === 'paused' ? (
        <Button
          pending={resume.isPending}
          disabledReason={whyNot}
          onClick={() => resume.mutate({ redriveId })}
        >
          Go on
        </Button>
      ) : null}
      <Button
        variant="danger"
        pending={cancel.isPending}
        disabledReason={whyNot}
        onClick={() => cancel.mutate({ redriveId })}
      >
        Call it off
      </Button>
      {failed === null ? null : <RefusedAct title="Nothing changed." message={failed.message} />}
    </>
  );
}

const columnsOf = ({ topic }: Redrive): readonly Column<RedrivenLetter>[] => [
  {
    id: 'place',
    header: 'Partition/offset',
    mono: true,
    cell: (row) => (
      <TextLink quiet href={letterHref({ topic, partition: row.partition, offset: row.offset })}>
        {row.partition}/{row.offset}
      </TextLink>
    ),
  },
  { id: 'event', header: 'Event', mono: true, cell: (row) => row.eventId ?? 'no id' },
  {
    id: 'status',
    header: 'What became of it',
    cell: (row) => (
      <Verdict tone={outcomeTone[row.status]} look="plain">
        {outcomeWords[row.status]}
        {row.isAwaited ? ', still waited for' : ''}
      </Verdict>
    ),
  },
  { id: 'why', header: 'Why', cell: (row) => <span className="block min-w-48">{row.cause}</span> },
  {
    id: 'sent',
    header: 'Sent as',
    mono: true,
    cell: (row) => (row.sentOffset === null ? '' : `${row.sentPartition}/${row.sentOffset}`),
  },
  {
    id: 'at',
    header: 'Sent',
    cell: (row) => (row.sentAt === null ? '' : <RelativeTime at={row.sentAt} />),
  },
];
