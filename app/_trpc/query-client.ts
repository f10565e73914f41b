import { defaultShouldDehydrateQuery, QueryClient } from '@tanstack/react-query';
import { TRPCClientError } from '@trpc/client';
import superjson from 'superjson';

/**
 * One cache. Figures count as fresh for half a minute, because the live feed says when they are not; a refusal
 * (4xx) is an answer and is not asked for again, an outage is, twice.
 */
export function createQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 30_000,
        retry: (failures, error) => failures < 2 && !isRefusal(error),
        refetchOnWindowFocus: true,
      },
      mutations: { retry: false },
      dehydrate: {
        serializeData: superjson.serialize,
        // A query that is still running is sent along: the page streams, and nothing is asked twice.
        shouldDehydrateQuery: (query) =>
          defaultShouldDehydrateQuery(query) || query.state.status === 'pending',
        // Errors keep their sentence; Next would put a digest in their place.
        shouldRedactErrors: () => false,
      },
      hydrate: { deserializeData: superjson.deserialize },
    },
  });
}

/** Whether the server understood and said no, so that asking again changes nothing. */
function isRefusal(error: unknown): boolean {
  if (!(error instanceof TRPCClientError)) return false;
  const status: unknown = error.data?.httpStatus;
  return typeof status === 'number' && status >= 400 && status < 500;
}
