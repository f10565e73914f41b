import { contextOf, dashboard } from '@/app/_trpc/context.ts';
import { metricsText } from '@/server/api/metrics.ts';
import { settings } from '@/server/env.ts';
import { tooMany } from '../limits.ts';
import { refusal } from '../same-origin.ts';

export const dynamic = 'force-dynamic';

/** Figures for Prometheus, as `/metrics`: to a token or session with the right to read; to everybody where a setting says so. */
export async function GET(request: Request): Promise<Response> {
  const refused = refusal(request, settings().origin);
  if (refused !== null) return text(403, refused);
  const limited = await tooMany(request, 'metrics', null);
  if (limited !== null) return limited;
  if (!settings().lag.isOpen) {
    const { actor } = await contextOf(request.headers);
    if (actor === null)
      return text(
        401,
        'Send a token with the right to read, or set REPRISE_METRICS_OPEN (docs/settings.md).',
      );
    if (!actor.rights.includes('read'))
      return text(403, 'This needs the right "read", which you don\'t hold.');
  }
  const { lag, queries } = dashboard();
  const figures = metricsText(await lag.list(), await queries.deliveries());
  return text(200, figures, 'text/plain; version=0.0.4; charset=utf-8');
}

const text = (status: number, body: string, type = 'text/plain; charset=utf-8') =>
  new Response(body.endsWith('\n') ? body : `${body}\n`, {
    status,
    headers: { 'content-type': type, 'cache-control': 'no-store' },
  });
