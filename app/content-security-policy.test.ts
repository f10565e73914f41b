import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';
import { contentSecurityPolicy, toasterStyleDigests } from './content-security-policy.ts';

const digestOf = (text: string) => `sha256-${createHash('sha256').update(text).digest('base64')}`;

describe('the content security policy', () => {
  it('runs no script without the nonce, and evaluates nothing, in production', () => {
    const policy = contentSecurityPolicy('abc', false);
    expect(policy).toContain(`script-src 'nonce-abc' 'strict-dynamic';`);
    expect(policy).not.toContain('unsafe-eval');
    expect(policy).toContain(`object-src 'none'; base-uri 'none'`);
  });

  it('lets no inline style element in by keyword in production', () => {
    const styles = contentSecurityPolicy('abc', false)
      .split('; ')
      .find((part) => part.startsWith('style-src-elem'));
    expect(styles).toContain(`'nonce-abc'`);
    expect(styles).not.toContain('unsafe-inline');
  });

  it('lets in exactly the sheet that the installed toaster inserts', () => {
    const entry = createRequire(import.meta.url)
      .resolve('sonner')
      .replace(/index\.js$/, 'index.mjs');
    const literal = /__insertCSS\(("(?:[^"\\]|\\.)*")\)/.exec(readFileSync(entry, 'utf8'))?.[1];
    expect(literal).toBeDefined();
    expect(toasterStyleDigests).toEqual([digestOf(''), digestOf(JSON.parse(literal ?? '""'))]);
  });
});
