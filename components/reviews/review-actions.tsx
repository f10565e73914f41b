'use client';

import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { useTRPC } from '@/app/_trpc/client.tsx';
import { Button } from '@/components/ui/button.tsx';
import { counted } from '@/components/ui/format-number.ts';
import { Refused } from '@/components/ui/refused.tsx';
import { Section } from '@/components/ui/section.tsx';
import { Select } from '@/components/ui/select.tsx';
import { TextField } from '@/components/ui/text-field.tsx';
import { Person, usePersonOptions } from '@/components/vocabulary/person.tsx';
import { useWhyNot } from '@/components/vocabulary/viewer.ts';
import type { ReviewView } from '@/server/application/review/desk.ts';

/** What is done about it, by whom and until when; ticks are made beside what was signed. */
export function ReviewActions({ review }: { review: ReviewView }) {
  const trpc = useTRPC();
  const mayNot = useWhyNot('respond', 'Ticking an action');
  const mark = useMutation(trpc.reviews.mark.mutationOptions());
  const save = useMutation(trpc.reviews.saveAction.mutationOptions());
  return (
    <Section title="What is done about it">
      <ul className="flex flex-col gap-2 text-sm">
        {review.actions.map((each) => (
          <li key={each.id} className="flex flex-wrap items-center gap-x-3 gap-y-1">
            <span className={each.mark?.done === true ? 'line-through' : ''}>{each.title}</span>
            <span className="text-muted">
              {each.owner === null ? 'nobody' : <Person id={each.owner} />}, due {each.dueOn ?? 'never said'}
              {each.daysLate === null ? '' : `, ${counted(each.daysLate, 'day')} late`}
              {each.doneWhen === '' ? '' : `; done when ${each.doneWhen}`}
              {each.mark === null || each.mark.note === '' ? '' : `; ${each.mark.note}`}
            </span>
            <Button
              size="sm"
              disabledReason={mayNot}
              onClick={() =>
                mark.mutate({
                  reviewId: review.id,
                  actionId: each.id,
                  done: each.mark?.done !== true,
                  note: '',
                })
              }
            >
              {each.mark?.done === true ? 'Not done after all' : 'Done'}
            </Button>
            {review.status === 'signed' ? null : (
              <Button
                size="sm"
                variant="quiet"
                disabledReason={mayNot}
                onClick={() =>
                  save.mutate({
                    reviewId: review.id,
                    actionId: each.id,
                    baseVersion: each.version,
                    title: each.title,
                    owner: each.owner,
                    dueOn: each.dueOn,
                    actionLink: each.link,
                    doneWhen: each.doneWhen,
                    dropped: true,
                  })
                }
              >
                Drop it
              </Button>
            )}
          </li>
        ))}
      </ul>
      <Refused error={mark.error ?? save.error} />
      {review.status === 'signed' || mayNot !== null ? null : <NewAction review={review} />}
    </Section>
  );
}

function NewAction({ review }: { review: ReviewView }) {
  const trpc = useTRPC();
  const [title, setTitle] = useState('');
  const [owner, setOwner] = useState('');
  const [dueOn, setDueOn] = useState(review.proposedDueOn);
  const [doneWhen, setDoneWhen] = useState('');
  const people = usePersonOptions(owner);
  const save = useMutation(
    trpc.reviews.saveAction.mutationOptions({
      onSuccess: () => {
        setTitle('');
        setDoneWhen('');
      },
    }),
  );
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate({
      reviewId: review.id,
      actionId: null,
      baseVersion: 0,
      title,
      owner: owner === '' ? null : owner,
      dueOn: dueOn === '' ? null : dueOn,
      actionLink: null,
      doneWhen,
    });
  };
  return (
    <form
      data-no-print=""
      onSubmit={submit}
      aria-label="Add an action"
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
      <Button type="submit" pending={save.isPending}>
        Add it
      </Button>
      <Refused error={save.error} />
    </form>
  );
}
