'use client';

import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { useTRPC } from '@/app/_trpc/client.tsx';
import type { Option } from '@/components/ui/options.ts';

type Named = { readonly id: string; readonly name: string; readonly disabled: boolean };

/** Everybody by their id. The frame of the pages brings it along; whoever may read nothing gets an empty one. */
function usePeople(): ReadonlyMap<string, Named> {
  const trpc = useTRPC();
  const { data } = useQuery({
    ...trpc.people.names.queryOptions(),
    retry: false,
    // A name that is forgotten between two pages would be an id for a moment.
    gcTime: Number.POSITIVE_INFINITY,
  });
  return useMemo(() => new Map(data?.map((each) => [each.id, each])), [data]);
}

/** What Reprise does by itself stands under its own name. */
const own = (id: string) => (id === 'reprise' ? 'Reprise' : id);

/** The name behind an id. A process that acts by itself, and who acted before people signed in, keep their own. */
export function useNameOf(): (id: string) => string {
  const people = usePeople();
  return useMemo(() => (id: string) => people.get(id)?.name ?? own(id), [people]);
}

/** Everybody as the choices of a filter, with what is chosen already even where it is nobody's id. */
export function usePersonOptions(chosen: string): readonly Option[] {
  const people = usePeople();
  return useMemo(() => {
    const known = [...people.values()]
      .toSorted((a, b) => a.name.localeCompare(b.name))
      .map((each) => ({
        value: each.id,
        label: each.name,
        ...(each.disabled ? { hint: 'disabled' } : {}),
      }));
    return chosen === '' || people.has(chosen) ? known : [...known, { value: chosen, label: chosen }];
  }, [people, chosen]);
}

/** A person by name; what is no person's id stands as it is. */
export function Person({ id }: { id: string }) {
  const person = usePeople().get(id);
  if (person === undefined) return <span className="wrap-anywhere">{own(id)}</span>;
  return (
    <span className="whitespace-nowrap">
      {person.name}
      {person.disabled ? <span className="text-muted"> (disabled)</span> : null}
    </span>
  );
}
