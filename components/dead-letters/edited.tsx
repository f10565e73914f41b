'use client';

import { useSuspenseQuery } from '@tanstack/react-query';
import { useTRPC } from '@/app/_trpc/client.tsx';
import { CodeBlock } from '@/components/ui/code-block.tsx';
import { KeyValueList } from '@/components/ui/key-value.tsx';
import { Section } from '@/components/ui/section.tsx';
import { Notice } from '@/components/ui/states.tsx';
import { Person } from '@/components/vocabulary/person.tsx';
import type { Redrive } from '@/server/application/ports/redrives.ts';
import { EditChanges } from './edit-changes.tsx';
import { RevealRecord } from './reveal-record.tsx';

/** What a redrive sends instead of its letter's own value; nothing where it sends letters as they are. */
export function Edited({ redrive }: { redrive: Redrive }) {
  const trpc = useTRPC();
  const { data: edit } = useSuspenseQuery(trpc.deadLetters.edit.queryOptions({ redriveId: redrive.id }));
  if (edit === null) return null;
  return (
    <Section
      title="The correction"
      description="It goes out as another event that names the letter’s: what the hash stands for is exactly this."
    >
      <KeyValueList
        items={[
          { label: 'New event', value: <code className="font-mono">{edit.eventId}</code> },
          {
            label: 'Corrects',
            value: <code className="font-mono">{edit.originalEventId ?? 'a letter without an id'}</code>,
          },
          { label: 'Corrected by', value: <Person id={redrive.requestedBy} />, hint: redrive.reason },
          { label: 'Ticket', value: edit.ticket || 'none' },
        ]}
      />
      {edit.isErased ? (
        <Notice tone="unknown" title="Its value was erased.">
          Nothing of it is sent any more.
        </Notice>
      ) : null}
      {edit.problem === null ? null : (
        <Notice tone="unknown" title="The letter’s own value can’t be shown.">
          {edit.problem}
        </Notice>
      )}
      {edit.changes === null ? null : <EditChanges changes={edit.changes} />}
      <RevealRecord contractId={redrive.contractId} until={edit.revealedUntil} />
      {edit.before === null ? null : <CodeBlock label="In the letter" text={edit.before} maxHeight="md" />}
      {edit.after === null ? null : <CodeBlock label="In the new event" text={edit.after} maxHeight="md" />}
    </Section>
  );
}
