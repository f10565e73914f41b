import { contextOf, dashboard } from '@/app/_trpc/context.ts';
import { settings } from '@/server/env.ts';
import { refusal } from '../same-origin.ts';

export const dynamic = 'force-dynamic';

/** Which process answers: where two start at once, one might be asked for the other. */
const INSTANCE = 'reprise-instance';

/**
 * Every dependency's state; what is the matter with it is told to those who have signed in. 503 where Reprise can't
 * do its work at all; a degraded one still answers 200.
 */
export async function GET(request: Request): Promise<Response> {
  const { origin, instance } = settings();
  const headers = { 'cache-control': 'no-store', ...(instance === null ? {} : { [INSTANCE]: instance }) };
  const refused = refusal(request, origin);
  if (refused !== null) return Response.json({ error: refused }, { status: 403, headers });
  const health = await dashboard().queries.health();
  const tellAll = await isSignedIn(request);
  const dependencies = tellAll
    ? health.dependencies
    : health.dependencies.map((each) => ({ ...each, detail: '' }));
  return Response.json(
    { ...health, dependencies },
    {
      status: health.status === 'down' ? 503 : 200,
      headers,
    },
  );
}

/** With the database away nobody can be known. */
async function isSignedIn(request: Request): Promise<boolean> {
  try {
    return (await contextOf(request.headers)).actor?.rights.includes('read') === true;
  } catch {
    return false;
  }
}
