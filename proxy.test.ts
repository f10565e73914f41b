import { unstable_doesMiddlewareMatch as isMatched } from 'next/experimental/testing/server';
import { NextRequest } from 'next/server';
import { describe, expect, it } from 'vitest';
import { config, proxy } from './proxy.ts';

const at = (path: string) => new URL(path, 'https://reprise.example').href;
const ask = (path: string) => proxy(new NextRequest(at(path)));
const passes = (path: string) => ask(path).headers.get('x-middleware-next') === '1';

describe('an address that can’t be read', () => {
  it.each([
    '/api/log/%ff',
    '/api/log/tile/%E0%A4%A',
    '/api/log/%zz',
    '/api/evidence/%ff/bundle',
    '/api/evidence/schemas/%ff/v1',
    '/api/reviews/%ff/export',
    '/api/incidents/x/files/%c3',
    '/api/auth/%ff',
    '/.well-known/reprise/%ff',
    '/evidence/%ff',
  ])('is a mistake of whoever asks, and no error of the server’s: %s', async (path) => {
    expect(isMatched({ config, url: at(path) })).toBe(true);
    const answer = ask(path);
    expect(answer.status).toBe(400);
    expect(await answer.text()).toMatch(/^The address holds a percent sign/);
  });

  it.each(['/api/log/a%2fb', '/api/evidence/%C3%A9/bundle', '/api/log/a%25b'])(
    'is none that was escaped as it should be, and a route decides itself who may read it: %s',
    (path) => expect(passes(path)).toBe(true),
  );

  it('leaves routes without an escape and procedures alone', () => {
    for (const path of ['/api/log/checkpoint', '/api/trpc/a%2Cb', '/api/auth/sign-in/email', '/metrics'])
      expect(isMatched({ config, url: at(path) }), path).toBe(false);
  });

  it('shows the door to whoever has no cookie and asks for a page', () => {
    expect(ask('/evidence').headers.get('location')).toBe(at('/sign-in?next=%2Fevidence'));
    expect(passes('/sign-in')).toBe(true);
  });
});
