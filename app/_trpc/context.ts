import { headers } from 'next/headers';
import { cache } from 'react';
import { type Actor, actorOf, type Context } from '@/server/api/context.ts';
import { composeDashboard } from '@/server/composition/dashboard.ts';
import { settings } from '@/server/env.ts';

/** One set of adapters for the whole process: development reloads modules, and a pool a reload would pile up. */
const kept = globalThis as typeof globalThis & { repriseDashboard?: ReturnType<typeof composeDashboard> };

export function dashboard(): ReturnType<typeof composeDashboard> {
  kept.repriseDashboard ??= composeDashboard(settings(), 'web');
  return kept.repriseDashboard;
}

/** Who asks: a token in the request's head, else the session of its cookie. Both are looked up anew each time. */
async function actorOfRequest(head: Headers): Promise<Actor | null> {
  const { signIn, desk, addressOf } = dashboard();
  const [, token] = /^Bearer (rpr_\S{20,200})$/.exec(head.get('authorization') ?? '') ?? [];
  const bearer =
    token === undefined
      ? await signIn().bearerOf(head)
      : await desk(addressOf(head)).people.bearerOfToken(token);
  return bearer === null ? null : actorOf(bearer);
}

/** What a request may do. */
export async function contextOf(head: Headers): Promise<Context> {
  const { queries, desk, lag, live, demo, issuerName, rates, log, tracing, addressOf, siteOf } = dashboard();
  const address = addressOf(head);
  return {
    actor: await actorOfRequest(head),
    queries,
    ...desk(address),
    lag,
    live,
    demo,
    issuerName,
    rates,
    address,
    site: siteOf(head),
    stillHolds: async (right) => (await actorOfRequest(head))?.rights.includes(right) === true,
    trace: (path, type, work) =>
      tracing.span(path, { 'rpc.system': 'trpc', 'rpc.method': path, type }, work, head.get('traceparent')),
    reportFailure: (error, path) => log.error({ error, path }, 'a procedure failed'),
  };
}

/** The same for a page: once for all that it prefetches. */
export const pageContext = cache(async (): Promise<Context> => contextOf(await headers()));
