'use client';

import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useTRPC } from '@/app/_trpc/client.tsx';
import { Button } from '@/components/ui/button.tsx';
import { counted } from '@/components/ui/format-number.ts';
import { notify } from '@/components/ui/notify.ts';
import { Refused } from '@/components/ui/refused.tsx';
import { RelativeTime } from '@/components/ui/relative-time.tsx';
import { SkeletonRows } from '@/components/ui/skeleton.tsx';
import { browserWords } from '@/components/vocabulary/browser-words.ts';
import type { Person } from '@/server/application/ports/people.ts';

/** Where somebody is signed in now, and the way to end all of it. */
export function PersonSessions({ person }: { person: Person }) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const sessions = useQuery(trpc.people.sessions.queryOptions({ personId: person.id }));
  const end = useMutation(
    trpc.people.endSessions.mutationOptions({
      onSuccess: (ended) => notify(`${counted(ended, 'session')} of ${person.name} ended`),
      onSettled: () => queries.invalidateQueries({ queryKey: trpc.people.pathKey() }),
    }),
  );
  return (
    <section aria-label="Sessions" className="flex flex-col gap-3 border-t border-line pt-4">
      <h2 className="text-sm font-medium">Sessions</h2>
      {sessions.isPending ? (
        <SkeletonRows rows={2} />
      ) : sessions.isError ? (
        <Refused error={sessions.error} />
      ) : sessions.data.length === 0 ? (
        <p className="text-sm text-muted">{person.name} is signed in nowhere.</p>
      ) : (
        <ul className="divide-y divide-line border-y border-line text-sm">
          {sessions.data.map((session) => (
            <li key={session.id} className="flex flex-wrap justify-between gap-x-4 py-1.5">
              <span>
                {browserWords(session.userAgent)}{' '}
                <span className="font-mono text-muted">{session.address ?? 'address not known'}</span>
              </span>
              <RelativeTime at={session.startedAt} />
            </li>
          ))}
        </ul>
      )}
      <Refused error={end.error} />
      <Button
        pending={end.isPending}
        disabledReason={sessions.data?.length === 0 ? 'There is none to end.' : null}
        onClick={() => end.mutate({ personId: person.id })}
      >
        End all sessions
      </Button>
    </section>
  );
}
