import { describe, expect, it } from 'vitest';
import { foreignHost, refusal } from './same-origin.ts';

const post = (headers: Record<string, string>, ours: string | null = null) =>
  refusal(
    {
      method: 'POST',
      headers: new Headers({ host: '127.0.0.1:3000', 'content-type': 'application/json', ...headers }),
    },
    ours,
  );

describe('who may call', () => {
  it.each<Record<string, string>>([
    {},
    { origin: 'http://127.0.0.1:3000' },
    { host: 'localhost:3000', origin: 'http://localhost:3000' },
    { host: '[::1]:3000' },
  ])('lets %j in', (headers: Record<string, string>) => expect(post(headers)).toBeNull());

  it.each<Record<string, string>>([
    { origin: 'https://elsewhere.example' },
    { origin: 'null' },
    { origin: 'http://127.0.0.1:4000' },
    { host: 'rebound.example:3000' },
    { host: '' },
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
    { 'content-type': 'text/plain' },
    { 'content-type': 'application/x-www-form-urlencoded' },
  ])('refuses %j', (headers: Record<string, string>) => expect(post(headers)).not.toBeNull());

  it('knows one address only where that is named, and no other scheme of it', () => {
    const ours = 'https://reprise.example';
    expect(post({ host: 'reprise.example', origin: ours }, ours)).toBeNull();
    expect(post({ host: 'reprise.example', origin: 'http://reprise.example' }, ours)).not.toBeNull();
    expect(post({ host: '127.0.0.1:3000' }, ours)).not.toBeNull();
  });
});

describe('where an issuer may send a browser back to', () => {
  const back = (host: string, ours: string | null) => foreignHost({ headers: new Headers({ host }) }, ours);

  it('is an address of ours, from wherever it comes, and no other', () => {
    expect(back('reprise.example', 'https://reprise.example')).toBeNull();
    expect(back('127.0.0.1:3000', null)).toBeNull();
    for (const [host, ours] of [
      ['rebound.example', 'https://reprise.example'],
      ['127.0.0.1:3000', 'https://reprise.example'],
      ['rebound.example:3000', null],
      ['', null],
    ] as const)
      expect(back(host, ours)).toMatch(/not one that Reprise listens on/);
  });
});
