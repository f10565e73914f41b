import { isIP } from 'node:net';

/**
 * The address that a request came from, as far as it can be believed. Every proxy adds the address it was asked from
 * at the end of `X-Forwarded-For`; with `proxies` of them, what stands before their entries is the caller's own
 * claim. Without any the whole header is (the web server keeps what it was sent), and the caller is on this machine.
 */
export function addressOf(headers: Headers, proxies: number): string {
  if (proxies === 0) return 'this machine';
  const entries = (headers.get('x-forwarded-for') ?? '').split(',').map((entry) => entry.trim());
  const address = entries.at(-proxies) ?? '';
  return isIP(address) === 0 ? 'unknown' : address;
}
