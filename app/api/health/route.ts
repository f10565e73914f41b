import { dashboard } from '@/app/_trpc/context.ts';
import { refusal } from '../same-origin.ts';

export const dynamic = 'force-dynamic';

/** Every dependency's state. 503 where Reprise can't do its work at all; a degraded one still answers 200. */
export async function GET(request: Request): Promise<Response> {
  const refused = refusal(request);
  if (refused !== null) return Response.json({ error: refused }, { status: 403 });
  const health = await dashboard().queries.health();
  return Response.json(health, {
    status: health.status === 'down' ? 503 : 200,
    headers: { 'cache-control': 'no-store' },
  });
}
