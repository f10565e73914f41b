'use client';

import { useMutation, useQueryClient, useSuspenseQuery } from '@tanstack/react-query';
import { Bookmark } from 'lucide-react';
import { useState } from 'react';
import { useTRPC } from '@/app/_trpc/client.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Dialog } from '@/components/ui/dialog.tsx';
import { TextLink } from '@/components/ui/link.tsx';
import { notify } from '@/components/ui/notify.ts';
import { Refused } from '@/components/ui/refused.tsx';
import { Badge } from '@/components/ui/verdict.tsx';
import { Person } from '@/components/vocabulary/person.tsx';
import type { SavedView } from '@/server/application/views.ts';
import { type EvidenceFilter, viewQuery } from './evidence-filters.ts';
import { ViewForm } from './view-form.tsx';

/** The views of this list: one's own and what others share, and a way to keep what is filtered now. */
export function SavedViews({ filter }: { filter: EvidenceFilter }) {
  const trpc = useTRPC();
  const { data: views } = useSuspenseQuery(trpc.views.list.queryOptions({ page: 'evidence' }));
  const [open, setOpen] = useState<'views' | 'new' | null>(null);
  const query = viewQuery(filter);
  const current = views.find((view) => sameFilters(view.query, query));
  return (
    <div className="flex flex-wrap items-center gap-2 text-sm">
      <Bookmark aria-hidden="true" className="size-4 text-muted" />
      {views.slice(0, 6).map((view) => (
        <ViewLink key={view.id} view={view} current={view === current} />
      ))}
      {views.length === 0 ? <span className="text-muted">No view is kept yet.</span> : null}
      <Button
        size="sm"
        variant="quiet"
        disabledReason={
          query === ''
            ? 'Filter something, then keep it as a view.'
            : current?.isOwn
              ? `This is your view “${current.name}”.`
              : undefined
        }
        onClick={() => setOpen('new')}
      >
        Keep as a view
      </Button>
      {views.length > 0 ? (
        <Button size="sm" variant="quiet" onClick={() => setOpen('views')}>
          All views ({views.length})
        </Button>
      ) : null}
      <Dialog
        open={open === 'new'}
        onOpenChange={(is) => setOpen(is ? 'new' : null)}
        title="Keep these filters as a view"
        description="Its filters stand in its address, so it can be opened from anywhere."
        width="sm"
      >
        <ViewForm query={query} onDone={() => setOpen(null)} />
      </Dialog>
      <Dialog
        open={open === 'views'}
        onOpenChange={(is) => setOpen(is ? 'views' : null)}
        title="Views of the evidence"
        width="md"
      >
        <ul className="divide-y divide-line">
          {views.map((view) => (
            <ViewRow key={view.id} view={view} query={query} onOpen={() => setOpen(null)} />
          ))}
        </ul>
      </Dialog>
    </div>
  );
}

function ViewLink({ view, current }: { view: SavedView; current: boolean }) {
  return (
    <TextLink
      quiet
      href={`/evidence?${view.query}`}
      aria-current={current ? 'page' : undefined}
      className={current ? 'font-semibold' : ''}
    >
      {view.name}
    </TextLink>
  );
}

function ViewRow({ view, query, onOpen }: { view: SavedView; query: string; onOpen: () => void }) {
  const [editing, setEditing] = useState(false);
  return (
    <li className="flex flex-col gap-2 py-2">
      <div className="flex flex-wrap items-center gap-2">
        <TextLink href={`/evidence?${view.query}`} onClick={onOpen} className="font-medium">
          {view.name}
        </TextLink>
        {view.isOwn ? (
          <>
            {view.shared ? <Badge>shared with all</Badge> : null}
            <span className="ml-auto flex gap-2">
              <Button size="sm" variant="quiet" onClick={() => setEditing(!editing)} aria-expanded={editing}>
                Change
              </Button>
              <RemoveView view={view} />
            </span>
          </>
        ) : (
          <span className="text-sm text-muted">
            shared by <Person id={view.personId} />
          </span>
        )}
      </div>
      {editing ? <ViewForm view={view} query={query} onDone={() => setEditing(false)} /> : null}
    </li>
  );
}

function RemoveView({ view }: { view: SavedView }) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const remove = useMutation(
    trpc.views.remove.mutationOptions({
      onSuccess: async () => {
        await queries.invalidateQueries(trpc.views.list.queryFilter());
        void notify(`The view “${view.name}” is deleted.`);
      },
    }),
  );
  return (
    <>
      <Button
        size="sm"
        variant="quiet"
        pending={remove.isPending}
        onClick={() => remove.mutate({ viewId: view.id })}
        aria-label={`Delete the view ${view.name}`}
      >
        Delete
      </Button>
      <Refused error={remove.error} />
    </>
  );
}

/** Filters are the same in whichever order they stand. */
function sameFilters(one: string, other: string): boolean {
  const sorted = (query: string) => {
    const params = new URLSearchParams(query);
    params.sort();
    return params.toString();
  };
  return sorted(one) === sorted(other);
}
