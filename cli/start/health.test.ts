import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it, test } from 'vitest';
import { refusal } from '../../app/api/same-origin.ts';
import { parseHealth, waitForHealth } from './health.ts';

test('what is down is named with its detail', () => {
  const body = JSON.stringify({
    status: 'degraded',
    dependencies: [
      { name: 'database', status: 'up', detail: 'PostgreSQL 18' },
      { name: 'workers', status: 'down', detail: 'none has reported' },
      { name: 'schema registry', status: 'not-configured', detail: '' },
    ],
  });
  expect(parseHealth(body)).toEqual({ kind: 'degraded', troubles: ['workers: none has reported'] });
});

test.each(['', '<html>', 'null', '[]', '{}', '{"status":"sideways"}'])('%j is no health', (body) => {
  expect(parseHealth(body).kind).toBe('refused');
});

describe('the health of the process that was started', () => {
  let server: Server;
  afterEach(() => void server.close());

  async function serve(answer: (request: IncomingMessage, response: ServerResponse) => void) {
    server = createServer(answer).listen(0, '127.0.0.1');
    await once(server, 'listening');
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/health`;
  }
  const patience = { boundMs: 1_000, degradedMs: 1_000, isPointless: () => false };
  const up = JSON.stringify({ status: 'up', dependencies: [] });
  const named = { 'reprise-instance': 'this' };

  it('is asked for under the name that people type', async () => {
    const origin = 'https://reprise.example';
    const url = await serve((request, response) => {
      const headers = new Headers({ host: request.headers.host ?? '' });
      const refused = refusal({ method: 'GET', headers }, origin);
      response.writeHead(refused === null ? 200 : 403, named).end(refused ?? up);
    });
    expect(await waitForHealth({ url, origin, instance: 'this' }, patience)).toMatchObject({ kind: 'up' });
    const startedAt = performance.now();
    const unnamed = await waitForHealth({ url, origin: null, instance: 'this' }, patience);
    expect(unnamed).toMatchObject({
      kind: 'refused',
      troubles: [expect.stringContaining('This address is not one')],
    });
    expect(performance.now() - startedAt).toBeLessThan(patience.boundMs);
  });

  it.each([
    ['kafka connect', 'connection bank', 'open'],
    ['kafka connect', 'contracts', 'waited for'],
  ])('with %s and %s down the page is %s', async (one, other, what) => {
    const down = [one, other].map((name) => ({ name, status: 'down', detail: '' }));
    const body = JSON.stringify({ status: 'degraded', dependencies: down });
    const url = await serve((_, response) => response.writeHead(200, named).end(body));
    const startedAt = performance.now();
    const bound = { ...patience, boundMs: 5_000 };
    expect(await waitForHealth({ url, origin: null, instance: 'this' }, bound)).toEqual({
      kind: 'degraded',
      troubles: [one, other],
    });
    expect(performance.now() - startedAt > patience.degradedMs).toBe(what === 'waited for');
  });

  it('is not that of another that answers there', async () => {
    const url = await serve((_, response) =>
      response.writeHead(200, { 'reprise-instance': 'other' }).end(up),
    );
    expect(await waitForHealth({ url, origin: null, instance: 'this' }, patience)).toMatchObject({
      kind: 'stranger',
    });
  });
});
