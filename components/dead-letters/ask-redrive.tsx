'use client';

import { useMutation, useQuery } from '@tanstack/react-query';
import { useRouter } from 'next/navigation';
import { useState } from 'react';
import { useTRPC } from '@/app/_trpc/client.tsx';
import { counted } from '@/components/ui/format-number.ts';
import { Section } from '@/components/ui/section.tsx';
import { Notice } from '@/components/ui/states.tsx';
import { Table } from '@/components/ui/table.tsx';
import { TextField } from '@/components/ui/text-field.tsx';
import { useWhyNot } from '@/components/vocabulary/viewer.ts';
import type { LetterPlace } from '@/server/application/ports/dead-letters.ts';
import { ReasonForm } from './reason-form.tsx';

type AskProps = {
  contractId: string;
  derivedState: string;
  /** A group; left out with `letters`. */
  groupId?: string;
  /** As they were looked at: nothing is sent that stands at the same place of another topic by now. */
  letters?: readonly (LetterPlace & { identity: string })[];
  what: string;
};

/** Shows exactly what would be sent, and asks for it. */
export function AskRedrive({ contractId, derivedState, groupId, letters, what }: AskProps) {
  const trpc = useTRPC();
  const router = useRouter();
  const whyNot = useWhyNot('respond', 'Sending letters again');
  const [rate, setRate] = useState('10');
  const perSecond = /^\d{1,4}$/.test(rate) ? Math.min(1000, Math.max(1, Number(rate))) : 10;
  const wanted = {
    contractId,
    derivedState,
    perSecond,
    ...(groupId === undefined ? {} : { groupId }),
    ...(letters === undefined ? {} : { letters: [...letters] }),
  };
  const preview = useQuery({
    ...trpc.deadLetters.previewRedrive.queryOptions(wanted),
    enabled: whyNot === null,
    retry: false,
  });
  const request = useMutation(
    trpc.deadLetters.requestRedrive.mutationOptions({
      onSuccess: ({ redriveId }) => router.push(`/dead-letters/redrives/${redriveId}`),
    }),
  );
  const shown = preview.data;
  const blocked =
    whyNot ??
    (shown === undefined
      ? preview.isError
        ? 'There is nothing to send.'
        : 'What would be sent is being looked up.'
      : shown.taken > 0
        ? 'Its event was reprocessed by another redrive since, or one holds it.'
        : null);
  return (
    <Section
      title={`Send ${what} again`}
      description="Somebody else approves exactly this set before anything is sent."
    >
      {preview.isError ? (
        <Notice tone="unknown" title="It can’t be sent.">
          {preview.error.message}
        </Notice>
      ) : null}
      {shown === undefined ? null : (
        <div className="flex flex-col gap-2 text-sm">
          <p>
            {counted(shown.letters, 'letter')} {shown.isCut ? '(the first of more) ' : ''}of {shown.topic}{' '}
            would go to <code className="font-mono">{shown.target}</code>, in batches of 1, 2, 4 …, at most{' '}
            {perSecond} a second.
          </p>
          {shown.leftOut === null ? null : <p>{shown.leftOut}</p>}
          {shown.intoHistory ? (
            <p>
              That is the history itself: each stands in it once more then, as a second delivery of the same
              event.
            </p>
          ) : null}
          <p>
            {shown.refused.length === 0
              ? `The contract reads all ${shown.looked} that were looked at.`
              : `${shown.refused.length} of the ${shown.looked} that were looked at would fail again by the contract’s own reading.`}
          </p>
          {shown.refused.length === 0 ? null : (
            <Table
              caption="Would fail again"
              columns={[
                { id: 'place', header: 'Partition/offset', mono: true, cell: (row) => row.place },
                { id: 'why', header: 'Why', cell: (row) => row.sentence },
              ]}
              rows={shown.refused.slice(0, 20)}
              rowKey={(row) => row.place}
            />
          )}
        </div>
      )}
      <ReasonForm
        act="Ask for it"
        blocked={blocked}
        pending={request.isPending}
        error={request.isError ? request.error.message : null}
        refused="It was not asked for."
        before={
          <TextField
            label="Letters a second, at most"
            value={rate}
            inputMode="numeric"
            maxLength={4}
            onChange={(event) => setRate(event.target.value)}
            className="w-44"
          />
        }
        onAct={(reason) => {
          if (shown !== undefined) request.mutate({ ...wanted, planHash: shown.hash, reason });
        }}
      />
    </Section>
  );
}
