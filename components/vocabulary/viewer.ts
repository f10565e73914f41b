'use client';

import { useQuery } from '@tanstack/react-query';
import { useTRPC } from '@/app/_trpc/client.tsx';
import type { Right } from '@/server/domain/access/index.ts';

/** Who is signed in, with the rights of this moment; null where nobody is, or it is not known yet. */
export function useViewer() {
  const trpc = useTRPC();
  const { data } = useQuery(trpc.account.me.queryOptions());
  return data ?? null;
}

/** Why somebody can't do this; null where they can. The server decides: this only says so before they try. */
export function useWhyNot(right: Right, what: string): string | null {
  const viewer = useViewer();
  if (viewer === null || viewer.rights.includes(right)) return null;
  return `${what} needs the right “${right}”, which your role${viewer.roles.length === 1 ? '' : 's'} (${viewer.roles.join(', ') || 'none'}) do${viewer.roles.length === 1 ? 'es' : ''} not give.`;
}
