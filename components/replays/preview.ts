'use client';

import { keepPreviousData, useQuery } from '@tanstack/react-query';
import type { inferInput } from '@trpc/tanstack-react-query';
import { useMemo } from 'react';
import { useTRPC } from '@/app/_trpc/client.tsx';
import { useSettled } from '@/components/ui/settled.ts';

type Asked = inferInput<ReturnType<typeof useTRPC>['replays']['preview']>;

/** Each plan is made against the broker, so none is made while somebody types. */
const settledAfterMs = 400;

/**
 * The plan of what the form holds. Until there is one, whatever is shown is of before, and `isFetching` says so:
 * nothing may be launched with the hash of it.
 */
export function usePreview(wanted: Asked, isWanted: boolean) {
  const trpc = useTRPC();
  const now = JSON.stringify(wanted);
  const asked = useSettled(now, settledAfterMs);
  const isCurrent = asked === now;
  const preview = useQuery({
    ...trpc.replays.preview.queryOptions(useMemo((): Asked => JSON.parse(asked), [asked])),
    enabled: isWanted && isCurrent,
    placeholderData: keepPreviousData,
    staleTime: 0,
  });
  return {
    data: preview.data,
    error: isCurrent ? preview.error : null,
    isFetching: isWanted && (!isCurrent || preview.isFetching || preview.isPlaceholderData),
    refetch: preview.refetch,
  };
}
