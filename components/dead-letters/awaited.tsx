import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useTRPC } from '@/app/_trpc/client.tsx';
import { counted, formatCount } from '@/components/ui/format-number.ts';
import { RelativeTime } from '@/components/ui/relative-time.tsx';
import { Section } from '@/components/ui/section.tsx';
import { Table } from '@/components/ui/table.tsx';
import { Person } from '@/components/vocabulary/person.tsx';
import { useWhyNot } from '@/components/vocabulary/viewer.ts';
import type { Redrive } from '@/server/application/ports/redrives.ts';
import { ReasonForm } from './reason-form.tsx';

/** Letters that were sent and never seen reprocessed: how many are waited for, and who has ended the wait for others. */
export function Awaited({ redrive }: { redrive: Redrive }) {
  const { awaited, waitEnds } = redrive;
  if (awaited === 0 && waitEnds.length === 0) return null;
  return (
    <Section
      title="Sent, never seen reprocessed"
      description={
        awaited === 0
          ? 'Nobody waits for these any more: another redrive may have taken them since.'
          : 'A letter whose consumer stood still is looked for all the same, for a week from when it was sent, and taken by no other redrive until then.'
      }
    >
      {awaited === 0 ? null : <StopWaiting redrive={redrive} />}
      {waitEnds.length === 0 ? null : (
        <Table
          caption="Waits that were ended"
          columns={[
            { id: 'at', header: 'Ended', cell: (row) => <RelativeTime at={row.endedAt} absolute /> },
            { id: 'by', header: 'By', cell: (row) => <Person id={row.personId} /> },
            { id: 'letters', header: 'Letters', align: 'end', cell: (row) => formatCount(row.letters) },
            { id: 'why', header: 'Reason', cell: (row) => row.reason },
          ]}
          rows={waitEnds}
          rowKey={(row) => `${row.endedAt} ${row.personId}`}
        />
      )}
    </Section>
  );
}

function StopWaiting({ redrive: { id: redriveId, awaited, version } }: { redrive: Redrive }) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const whyNot = useWhyNot('respond', 'Ending the wait');
  const stop = useMutation(
    trpc.deadLetters.stopWaiting.mutationOptions({ onSuccess: () => queries.invalidateQueries() }),
  );
  const one = awaited === 1;
  return (
    <>
      <p className="max-w-prose text-sm">
        {counted(awaited, 'letter')} {one ? 'is' : 'are'} waited for, as{' '}
        {version === null ? 'the contract' : `version ${version} of the contract`} says it. Where nobody comes
        past {one ? 'it' : 'them'} any more, stop waiting: {one ? 'it is' : 'they are'} looked for no longer
        then, and another redrive may send {one ? 'it' : 'them'}. Should the consumer come to what was sent
        after all, it gets {one ? 'the event' : 'the events'} twice.
      </p>
      <ReasonForm
        act="Stop waiting"
        variant="danger"
        blocked={whyNot}
        pending={stop.isPending}
        error={stop.isError ? stop.error.message : null}
        refused="It is waited for as before."
        onAct={(reason) => stop.mutate({ redriveId, reason })}
      />
    </>
  );
}
