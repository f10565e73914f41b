/** Where to go after the door: a path of this site, whatever stands in the address. */
export function safeNext(next: string | null): string {
  if (next === null) return '/';
  const here = 'http://here.invalid';
  const url = URL.parse(next, here);
  if (url === null || url.origin !== here || !next.startsWith('/')) return '/';
  return `${url.pathname}${url.search}${url.hash}`.replace(/^\/+/, '/');
}
