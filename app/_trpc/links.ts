import {
  type HTTPBatchLinkOptions,
  httpBatchLink,
  httpLink,
  httpSubscriptionLink,
  type Operation,
  splitLink,
  type TRPCLink,
} from '@trpc/client';
import superjson from 'superjson';
import type { AppRouter } from '@/server/api/root.ts';

const url = '/api/trpc';
const transformer = superjson;

/** As an address carries it. Proxies and servers take some 8,000 characters, of which a batch may use all. */
const MOST_IN_AN_ADDRESS = 4_000;

function isLong({ type, input }: Pick<Operation, 'type' | 'input'>): boolean {
  if (type !== 'query' || input === undefined) return false;
  return encodeURIComponent(JSON.stringify(superjson.serialize(input))).length > MOST_IN_AN_ADDRESS;
}

/**
 * The ways to the procedures: subscriptions as a stream, a question that is too long for an address (a scope of many
 * keys) in the body of a request of its own, everything else in batches.
 */
export function httpLinks(fetch?: HTTPBatchLinkOptions<AppRouter['_def']['_config']['$types']>['fetch']) {
  const own = fetch === undefined ? {} : { fetch };
  const links: TRPCLink<AppRouter>[] = [
    splitLink({
      condition: (op) => op.type === 'subscription',
      true: httpSubscriptionLink({ url, transformer }),
      false: splitLink({
        condition: isLong,
        true: httpLink({ url, transformer, methodOverride: 'POST', ...own }),
        false: httpBatchLink({ url, transformer, maxURLLength: 8_000, ...own }),
      }),
    }),
  ];
  return links;
}
