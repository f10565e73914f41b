import { isLoopback } from '@/server/env.ts';

/**
 * Why a request is refused before it is looked at; null where it is not. Two attacks are meant: a page of elsewhere
 * that makes the browser send a request here (its Origin is foreign, or "null" from a sandbox), and DNS rebinding,
 * where a foreign name points at this machine (its Host is foreign).
 */
export function refusal(request: { readonly method: string; readonly headers: Headers }): string | null {
  const host = request.headers.get('host') ?? '';
  const name = hostName(host);
  if (name === null || !isLoopback(name)) return 'This address is not one that Reprise listens on.';
  const origin = request.headers.get('origin');
  if (origin !== null && !sameOrigin(origin, host)) return 'Requests from other pages are refused.';
  const site = request.headers.get('sec-fetch-site');
  if (site !== null && site !== 'same-origin' && site !== 'none')
    return 'Requests from other pages are refused.';
  if (request.method === 'POST' && !isJson(request.headers.get('content-type'))) return 'Only JSON is read.';
  return null;
}

function hostName(host: string): string | null {
  return URL.parse(`http://${host}`)?.hostname ?? null;
}

function sameOrigin(origin: string, host: string): boolean {
  return URL.parse(origin)?.host === host;
}

function isJson(type: string | null): boolean {
  return type?.split(';')[0]?.trim().toLowerCase() === 'application/json';
}
