import { fetchRequestHandler } from '@trpc/server/adapters/fetch';
import { contextOf } from '@/app/_trpc/context.ts';
import { appRouter } from '@/server/api/root.ts';
import { whoAsksUnknown } from '@/server/api/who-asks.ts';
import { settings } from '@/server/env.ts';
import { CALLS, excess } from '../../excess.ts';
import { refusal } from '../../same-origin.ts';

export const dynamic = 'force-dynamic';

function handle(request: Request): Response | Promise<Response> {
  const refused = refusal(request, settings().origin);
  if (refused !== null) return Response.json({ error: refused }, { status: 403 });
  const tooMuch = excess(request);
  if (tooMuch !== null) return Response.json({ error: tooMuch }, { status: 413 });
  return fetchRequestHandler({
    endpoint: '/api/trpc',
    req: request,
    router: appRouter,
    // Counted once more where the address is taken apart.
    maxBatchSize: CALLS,
    // A question that is too long for an address comes as a POST. It stays a question, and an act never comes as a GET.
    allowMethodOverride: true,
    createContext: () =>
      contextOf(request.headers).catch((error: unknown) => {
        throw whoAsksUnknown(error);
      }),
    responseMeta: () => ({ headers: new Headers({ 'cache-control': 'no-store' }) }),
  });
}

export { handle as GET, handle as POST };
