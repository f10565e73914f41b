import { dashboard } from '@/app/_trpc/context.ts';
import { foreignHost } from '@/app/api/same-origin.ts';
import { settings } from '@/server/env.ts';

export const dynamic = 'force-dynamic';

/** The public keys that evidence is or was signed with, and what the log is called. Anybody may have them. */
export async function GET(request: Request): Promise<Response> {
  const foreign = foreignHost(request, settings().origin);
  if (foreign !== null) return Response.json({ error: foreign }, { status: 403 });
  return Response.json(await dashboard().evidenceLog.keys(), { headers: { 'cache-control': 'no-store' } });
}
