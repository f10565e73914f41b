/** What the door reads from requests, and how it answers. */

export function jsonIn(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return null;
  }
}

/** A text of the body by its name; null where there is none, or it is too long to be one. */
export function textIn(body: unknown, name: string, longest: number): string | null {
  if (typeof body !== 'object' || body === null || !Object.hasOwn(body, name)) return null;
  const value: unknown = Reflect.get(body, name);
  return typeof value === 'string' && value.length <= longest ? value : null;
}

/** A path of this site, whatever was asked for: nobody is sent elsewhere after the door. */
export function localPath(next: string | null): string {
  const here = 'http://here.invalid';
  const url = next?.startsWith('/') === true ? URL.parse(next, here) : null;
  if (url === null || url.origin !== here) return '/';
  return `${url.pathname}${url.search}${url.hash}`.replace(/^\/+/, '/');
}

export function refusal(status: number, message: string): Response {
  return answer(status, { message });
}

export function answer(
  status: number,
  body: Readonly<Record<string, unknown>>,
  cookies: readonly string[] = [],
): Response {
  return new Response(JSON.stringify(body), { status, headers: withCookies(cookies, 'application/json') });
}

/** 303: whatever the request was, the next one is a GET (RFC 9110, 15.4.4). */
export function redirection(location: string, cookies: readonly string[] = []): Response {
  const headers = withCookies(cookies, 'text/plain');
  headers.set('location', location);
  return new Response(null, { status: 303, headers });
}

function withCookies(cookies: readonly string[], type: string): Headers {
  const headers = new Headers({ 'content-type': type, 'cache-control': 'no-store' });
  for (const each of cookies) headers.append('set-cookie', each);
  return headers;
}
