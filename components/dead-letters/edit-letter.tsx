'use client';

import { useMutation } from '@tanstack/react-query';
import { useRouter } from 'next/navigation';
import { useState } from 'react';
import { useTRPC } from '@/app/_trpc/client.tsx';
import { Button } from '@/components/ui/button.tsx';
import { formatCount } from '@/components/ui/format-number.ts';
import { Section } from '@/components/ui/section.tsx';
import { Notice } from '@/components/ui/states.tsx';
import { TextArea, TextField } from '@/components/ui/text-field.tsx';
import { RefusedAct } from '@/components/vocabulary/refused-act.tsx';
import { useWhyNot } from '@/components/vocabulary/viewer.ts';
import type { LetterView } from '@/server/application/dead-letters/letter-view.ts';
import type { EditPreview } from '@/server/application/dead-letters/redrive/edit.ts';
import { EditChanges } from './edit-changes.tsx';
import { ReasonForm } from './reason-form.tsx';

/** Corrects a letter's value, shows what that comes to, and asks for it to be sent as another event. */
export function EditLetter({ letter }: { letter: LetterView }) {
  const respond = useWhyNot('respond', 'Editing it');
  const values = useWhyNot('values', 'Editing it');
  const text = letter.record?.text ?? null;
  const whyNot =
    respond ??
    values ??
    (letter.revealedUntil === null
      ? 'Its values are hidden. Reveal them above to edit what you see.'
      : text === null
        ? 'Its value is no text, or is too long to be edited here. Have its service publish an event that corrects it.'
        : null);
  return (
    <Section
      title="Correct it"
      description="An edited letter goes out as another event, with an id of its own, that names this one. Somebody else approves exactly what is sent."
    >
      {whyNot !== null || text === null ? (
        <Notice tone="unknown" title="It can’t be edited by you now.">
          {whyNot}
        </Notice>
      ) : (
        <EditForm key={text} letter={letter} text={text} />
      )}
    </Section>
  );
}

function EditForm({ letter, text }: { letter: LetterView; text: string }) {
  const trpc = useTRPC();
  const router = useRouter();
  const [value, setValue] = useState(text);
  const [ticket, setTicket] = useState('');
  const preview = useMutation(trpc.deadLetters.previewEdit.mutationOptions());
  const request = useMutation(
    trpc.deadLetters.requestEdit.mutationOptions({
      onSuccess: ({ redriveId }) => router.push(`/dead-letters/redrives/${redriveId}`),
    }),
  );
  const { topic, partition, offset } = letter;
  const wanted = { topic, partition, offset, value, ticket };
  // What was looked at is shown only while it is what stands in the form.
  const looked = preview.variables;
  const shown = looked?.value === value && looked.ticket === ticket ? preview.data : undefined;
  const blocked =
    shown === undefined
      ? 'Look at what would be sent first.'
      : shown.refusal !== null
        ? 'It can’t be sent like this.'
        : shown.taken > 0
          ? 'It was reprocessed by a redrive, or waits in one.'
          : null;
  return (
    <ReasonForm
      act="Ask for it"
      blocked={blocked}
      pending={request.isPending}
      error={request.isError ? request.error.message : null}
      refused="It was not asked for."
      above={
        <TextArea
          label="Value"
          mono
          rows={Math.min(20, Math.max(4, value.split('\n').length + 1))}
          value={value}
          maxLength={262_144}
          spellCheck={false}
          onChange={(event) => setValue(event.target.value)}
          error={shown?.refusal?.sentence}
        />
      }
      after={
        <TextField
          label="Ticket"
          value={ticket}
          maxLength={200}
          onChange={(event) => setTicket(event.target.value)}
          className="w-44"
        />
      }
      shown={
        <>
          {shown === undefined ? null : <Preview shown={shown} />}
          {preview.isError ? (
            <RefusedAct title="It could not be looked at." message={preview.error.message} />
          ) : null}
        </>
      }
      first={
        <Button
          pending={preview.isPending}
          disabledReason={value === text ? 'Change the value first.' : null}
          reasonPlacement="below"
          onClick={() => preview.mutate(wanted)}
        >
          Look at it
        </Button>
      }
      onAct={(reason) => {
        if (shown !== undefined) request.mutate({ ...wanted, planHash: shown.hash, reason });
      }}
    />
  );
}

function Preview({ shown }: { shown: EditPreview }) {
  const { changes, reading } = shown;
  if (shown.refusal !== null) return null;
  return (
    <div className="flex flex-col gap-2 text-sm">
      <p>
        {reading?.outcome === 'reads'
          ? `The contract reads it as ${reading.eventType ?? 'an event'}${reading.key === null ? '' : ` of ${reading.key}`}.`
          : reading?.sentence}{' '}
        {formatCount(shown.bytes)} bytes would go to <code className="font-mono">{shown.target}</code>, with
        the headers of the letter and an id of its own; it names{' '}
        {shown.originalEventId === null ? (
          'the letter’s place'
        ) : (
          <code className="font-mono">{shown.originalEventId}</code>
        )}{' '}
        as what it corrects.
      </p>
      {shown.intoHistory ? (
        <p>That is the history itself: what it held before stays, and this is added.</p>
      ) : (
        <p>
          The history does not get this event: a replay does not know it, and finds the state different at
          this key until the correction stands in the history too.
        </p>
      )}
      {changes === null ? (
        <p>The letter’s own value is no JSON, so what differs can’t be shown member by member.</p>
      ) : (
        <EditChanges changes={changes} />
      )}
    </div>
  );
}
