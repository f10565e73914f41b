'use client';

import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { useTRPC } from '@/app/_trpc/client.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Checkbox } from '@/components/ui/checkbox.tsx';
import { notify } from '@/components/ui/notify.ts';
import { Refused } from '@/components/ui/refused.tsx';
import { TextField } from '@/components/ui/text-field.tsx';
import type { SavedView } from '@/server/application/views.ts';

export type ViewFormProps = {
  /** The view that is changed; without one a new one is kept. */
  view?: SavedView;
  /** What is filtered now. */
  query: string;
  onDone: () => void;
};

/** Names a view, and says who sees it and what it filters. */
export function ViewForm({ view, query, onDone }: ViewFormProps) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const [name, setName] = useState(view?.name ?? '');
  const [shared, setShared] = useState(view?.shared ?? false);
  const [takesFilters, setTakesFilters] = useState(false);
  const done = async () => {
    await queries.invalidateQueries(trpc.views.list.queryFilter());
    void notify(view ? `The view “${name.trim()}” is changed.` : `The view “${name.trim()}” is kept.`);
    onDone();
  };
  const save = useMutation(trpc.views.save.mutationOptions({ onSuccess: done }));
  const change = useMutation(trpc.views.change.mutationOptions({ onSuccess: done }));
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (view === undefined) save.mutate({ page: 'evidence', name, query, shared });
    else change.mutate({ viewId: view.id, name, shared, ...(takesFilters ? { query } : {}) });
  };
  return (
    <form
      onSubmit={submit}
      aria-label={view ? `Change the view ${view.name}` : 'Keep a view'}
      className="flex flex-col gap-3"
    >
      <TextField
        label="Name"
        value={name}
        required
        maxLength={80}
        autoComplete="off"
        // Opened by a press of a button, this is what the press was for.
        autoFocus
        onChange={(event) => setName(event.target.value)}
      />
      <Checkbox
        label="Share it"
        hint="Everybody who may read evidence sees its name, its filters and that it is yours."
        checked={shared}
        onChange={(event) => setShared(event.target.checked)}
      />
      {view !== undefined && query !== '' && query !== view.query ? (
        <Checkbox
          label="Take the filters of now"
          hint="In place of those that it has."
          checked={takesFilters}
          onChange={(event) => setTakesFilters(event.target.checked)}
        />
      ) : null}
      <Refused error={save.error ?? change.error} />
      <div className="flex flex-wrap gap-2">
        <Button type="submit" variant="primary" pending={save.isPending || change.isPending}>
          {view ? 'Save' : 'Keep'}
        </Button>
        <Button variant="quiet" onClick={onDone}>
          Cancel
        </Button>
      </div>
    </form>
  );
}
