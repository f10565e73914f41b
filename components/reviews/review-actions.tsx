'use client';

import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { useTRPC } from '@/app/_trpc/client.tsx';
import { Button } from '@/components/ui/button.tsx';
import { counted } from '@/components/ui/format-number.ts';
import { TextLink } from '@/components/ui/link.tsx';
import { Refused } from '@/components/ui/refused.tsx';
import { Section } from '@/components/ui/section.tsx';
import { Select } from '@/components/ui/select.tsx';
import { TextField } from '@/components/ui/text-field.tsx';
import { Person, usePersonOptions } from '@/components/vocabulary/person.tsx';
import { useWhyNot } from '@/components/vocabulary/viewer.ts';
import type { ReviewView } from '@/server/application/review/desk.ts';

type Action = ReviewView['actions'][number];

/** What is done about it, by whom and until when; ticks are made beside what was signed. */
export function ReviewActions({ review }: { review: ReviewView }) {
  const mayNot = useWhyNot('respond', 'Ticking an action');
  const open = review.status !== 'signed';
  return (
    <Section title="What is done about it">
      <ul className="flex flex-col gap-2 text-sm">
        {review.actions.map((each) => (
          <ActionLine key={each.id} review={review} action={each} mayNot={mayNot} />
        ))}
      </ul>
      {open && mayNot === null ? <ActionForm review={review} action={null} onDone={() => undefined} /> : null}
    </Section>
  );
}

function ActionLine({
  review,
  action,
  mayNot,
}: {
  review: ReviewView;
  action: Action;
  mayNot: string | null;
}) {
  const trpc = useTRPC();
  const mark = useMutation(trpc.reviews.mark.mutationOptions());
  const save = useMutation(trpc.reviews.saveAction.mutationOptions());
  const [editing, setEditing] = useState(false);
  const done = action.mark?.done === true;
  const reviewId = review.id;
  const open = review.status !== 'signed';
  if (editing && open)
    return (
      <li>
        <ActionForm review={review} action={action} onDone={() => setEditing(false)} />
      </li>
    );
  return (
    <li className="flex flex-wrap items-center gap-x-3 gap-y-1">
      <span className={done ? 'line-through' : ''}>{action.title}</span>
      <span className="text-muted">
        {action.owner === null ? 'nobody' : <Person id={action.owner} />}, due {action.dueOn ?? 'never said'}
        {action.daysLate === null ? '' : `, ${counted(action.daysLate, 'day')} late`}
        {action.doneWhen === '' ? '' : `; done when ${action.doneWhen}`}
        {action.mark === null || action.mark.note === '' ? '' : `; ${action.mark.note}`}
      </span>
      {action.link === null ? null : <TextLink href={action.link}>where it is tracked</TextLink>}
      <Button
        size="sm"
        disabledReason={mayNot}
        pending={mark.isPending}
        onClick={() => mark.mutate({ reviewId, actionId: action.id, done: !done, note: '' })}
      >
        {done ? 'Not done after all' : 'Done'}
      </Button>
      {open ? (
        <>
          <Button
            size="sm"
            variant="quiet"
            disabledReason={mayNot}
            aria-label={`Change it: ${action.title}`}
            onClick={() => setEditing(true)}
          >
            Change it
          </Button>
          <Button
            size="sm"
            variant="quiet"
            disabledReason={mayNot}
            pending={save.isPending}
            onClick={() => save.mutate({ ...sentOf(reviewId, action), dropped: true })}
          >
            Drop it
          </Button>
        </>
      ) : null}
      <Refused error={mark.error ?? save.error} />
    </li>
  );
}

/** An action as it is, to be sent back with what is otherwise. */
const sentOf = (reviewId: string, { id, version, title, owner, dueOn, link, doneWhen }: Action) => ({
  ...{ reviewId, actionId: id, baseVersion: version },
  ...{ title, owner, dueOn, actionLink: link, doneWhen },
});

/** A new action, or one that is changed: from the version that was there when its form was opened. */
function ActionForm({
  review,
  action,
  onDone,
}: {
  review: ReviewView;
  action: Action | null;
  onDone: () => void;
}) {
  const trpc = useTRPC();
  const [from] = useState(action);
  const [title, setTitle] = useState(from?.title ?? '');
  const [owner, setOwner] = useState(from?.owner ?? '');
  const [dueOn, setDueOn] = useState((from === null ? review.proposedDueOn : from.dueOn) ?? '');
  const [link, setLink] = useState(from?.link ?? '');
  const [doneWhen, setDoneWhen] = useState(from?.doneWhen ?? '');
  const people = usePersonOptions(owner);
  const save = useMutation(
    trpc.reviews.saveAction.mutationOptions({
      onSuccess: () => {
        for (const empty of [setTitle, setLink, setDoneWhen]) empty('');
        onDone();
      },
    }),
  );
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate({
      ...{ reviewId: review.id, actionId: from?.id ?? null, baseVersion: from?.version ?? 0 },
      ...{ title, doneWhen },
      owner: owner === '' ? null : owner,
      dueOn: dueOn === '' ? null : dueOn,
      actionLink: link.trim() === '' ? null : link.trim(),
    });
  };
  return (
    <form
      data-no-print=""
      onSubmit={submit}
      aria-label={from === null ? 'Add an action' : `Change “${from.title}”`}
      className="flex flex-wrap items-end gap-3"
    >
      <TextField
        label="To be done"
        required
        value={title}
        onChange={(event) => setTitle(event.target.value)}
      />
      <Select
        label="By"
        value={owner}
        options={[{ value: '', label: 'nobody yet' }, ...people]}
        onValueChange={setOwner}
      />
      <TextField label="Due" type="date" value={dueOn} onChange={(event) => setDueOn(event.target.value)} />
      <TextField label="Done when" value={doneWhen} onChange={(event) => setDoneWhen(event.target.value)} />
      <TextField label="Link" type="url" value={link} onChange={(event) => setLink(event.target.value)} />
      <Button type="submit" pending={save.isPending}>
        {from === null ? 'Add it' : 'Save it'}
      </Button>
      {from === null ? null : (
        <Button variant="quiet" onClick={onDone}>
          Leave it as it was
        </Button>
      )}
      <Refused error={save.error} />
    </form>
  );
}
