import type { Site } from '../../application/ports/passkeys.ts';

/**
 * What passkeys are bound to: the address that people type, or where none is set the one of this machine that was
 * asked for. null where that is an IP address, which browsers bind no passkey to (WebAuthn, 5.1.3).
 */
export function siteOf(headers: Headers, origin: string | null): Site | null {
  const url = URL.parse(origin ?? `http://${headers.get('host') ?? ''}`);
  if (url === null || url.hostname === '' || /^\[|^[\d.]+$/.test(url.hostname)) return null;
  return { id: url.hostname, origin: url.origin };
}
