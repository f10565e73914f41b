import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { GET } from './[kind]/[version]/route.ts';

beforeAll(() => {
  vi.stubEnv('DATABASE_URL', 'postgresql://reprise@127.0.0.1/reprise');
  vi.stubEnv('REPRISE_ORIGIN', 'https://reprise.example');
});
afterAll(() => {
  vi.unstubAllEnvs();
});

/** Asked for without a cookie or a token. */
const ask = (kind: string, version: string, host = 'reprise.example') =>
  GET(new Request('https://reprise.example/', { headers: { host } }), {
    params: Promise.resolve({ kind, version }),
  });

describe('the schemas of evidence', () => {
  it.each(['replay', 'promotion', 'approval', 'runbook-step', 'review', 'break-glass'])(
    'of a %s is read by anybody, as it is published',
    async (kind) => {
      const response = await ask(kind, 'v1');
      expect(response.status).toBe(200);
      expect(response.headers.get('content-type')).toBe('application/schema+json');
      expect(await response.text()).toBe(await readFile(`docs/evidence/${kind}-v1.schema.json`, 'utf8'));
    },
  );

  it.each([
    ['replay', 'v2'],
    ['__proto__', 'v1'],
    ['replay/v1', ''],
  ])('%s %s is none, and the answer names those that there are', async (kind, version) => {
    const response = await ask(kind, version);
    expect(response.status).toBe(404);
    expect(await response.text()).toMatch(/replay\/v1, promotion\/v1, approval\/v1/);
  });

  it('are not served under a foreign name', async () => {
    expect((await ask('replay', 'v1', 'elsewhere.example')).status).toBe(403);
  });
});
