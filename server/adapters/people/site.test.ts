import { expect, it } from 'vitest';
import { siteOf } from './site.ts';

it.each([
  [
    'reprise.example',
    'https://reprise.example',
    { id: 'reprise.example', origin: 'https://reprise.example' },
  ],
  // Whatever name the request came under: the origin is what is set.
  ['elsewhere.example', 'https://a.example:8443', { id: 'a.example', origin: 'https://a.example:8443' }],
  ['localhost:3000', null, { id: 'localhost', origin: 'http://localhost:3000' }],
  ['127.0.0.1:3000', null, null],
  ['[::1]:3000', null, null],
  ['x', 'http://127.0.0.1:3000', null],
  ['', null, null],
])('passkeys asked for at %s, where people type %s, are bound to %j', (host, origin, site) => {
  expect(siteOf(new Headers({ host }), origin)).toEqual(site);
});
