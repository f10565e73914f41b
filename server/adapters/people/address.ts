/**
 * The address that a request came from, as far as it can be believed. Every proxy adds the address it was asked
 * from at the end of `X-Forwarded-For`; with `proxies` of them, what stands before their entries is the caller's
 * own claim. Without any, the web server itself has written the one entry.
 */
export function addressOf(headers: Headers, proxies: number): string {
  const entries = (headers.get('x-forwarded-for') ?? '').split(',').map((entry) => entry.trim());
  const address = entries.at(-Math.max(1, proxies)) ?? '';
  return /^[0-9a-fA-F.:]{2,45}$/.test(address) ? address : '';
}
