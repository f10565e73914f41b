/**
 * What the toaster (sonner 2.0.8) puts into a style element of its own: first empty, then its sheet. It knows no
 * nonce, so exactly these two contents are let in by digest; a test recomputes them from the installed package.
 */
export const toasterStyleDigests = [
  'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=',
  'sha256-StEaX+se6YS7pqjzrzMIA0KaX9zF/8zAhvQXZAe5epY=',
] as const;

/**
 * The policy of one response. Scripts run only with this response's nonce, or when such a script loads them;
 * style attributes are open because server-rendered ones need it, style elements are not (CSP 3, §6.7.3).
 * React's development build evaluates strings and Next's injects styles, so `development` allows both; production
 * never does.
 */
export function contentSecurityPolicy(nonce: string, development: boolean): string {
  const styles = development
    ? `'unsafe-inline'`
    : [`'nonce-${nonce}'`, ...quoted(toasterStyleDigests)].join(' ');
  return [
    `default-src 'self'`,
    `script-src 'nonce-${nonce}' 'strict-dynamic'${development ? ` 'unsafe-eval'` : ''}`,
    `style-src-elem 'self' ${styles}`,
    `style-src-attr 'unsafe-inline'`,
    `img-src 'self' data:`,
    `font-src 'self'`,
    `connect-src 'self'${development ? ' ws:' : ''}`,
    `object-src 'none'`,
    `base-uri 'none'`,
    `form-action 'self'`,
    `frame-ancestors 'none'`,
  ].join('; ');
}

function quoted(digests: readonly string[]): string[] {
  return digests.map((digest) => `'${digest}'`);
}
