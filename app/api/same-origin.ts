import { isLoopback } from '@/server/loopback.ts';

/**
 * Why a request is refused before it is looked at; null where it is not. Two attacks are meant: a page of elsewhere
 * that makes the browser send a request here (its Origin is foreign, or "null" from a sandbox), and DNS rebinding,
 * where a foreign name points at this machine (its Host is foreign).
 *
 * `ours` is the address that people type; null: any loopback address over plain HTTP.
 */
export function refusal(
  request: { readonly method: string; readonly headers: Headers },
  ours: string | null,
): string | null {
  const foreign = foreignHost(request, ours);
  if (foreign !== null) return foreign;
  const host = request.headers.get('host') ?? '';
  const origin = request.headers.get('origin');
  if (origin !== null && origin !== (ours ?? `http://${host}`))
    return 'Requests from other pages are refused.';
  const site = request.headers.get('sec-fetch-site');
  if (site !== null && site !== 'same-origin' && site !== 'none')
    return 'Requests from other pages are refused.';
  if (request.method === 'POST' && !isJson(request.headers.get('content-type'))) return 'Only JSON is read.';
  return null;
}

/** The same for DNS rebinding alone. */
export function foreignHost(request: { readonly headers: Headers }, ours: string | null): string | null {
  const host = request.headers.get('host') ?? '';
  const name = hostName(host);
  const isOurs = ours === null ? name !== null && isLoopback(name) : host === URL.parse(ours)?.host;
  return isOurs ? null : 'This address is not one that Reprise listens on.';
}

function hostName(host: string): string | null {
  return URL.parse(`http://${host}`)?.hostname ?? null;
}

function isJson(type: string | null): boolean {
  return type?.split(';')[0]?.trim().toLowerCase() === 'application/json';
}
