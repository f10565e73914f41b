import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { WebhookSettings } from './pinned-post.ts';
import { isPublic } from './public-address.ts';
import { openWebhook } from './webhook-sender.ts';

const message = { subject: 'S', lines: ['S.'], link: 'http://127.0.0.1:3000/replays/1' };
const delivery = { id: 'd-1', to: null, message };

const open: http.Server[] = [];
afterEach(async () => {
  for (const server of open.splice(0)) {
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
  }
});

/** A receiver on this machine; answers its port and what it was sent. */
async function receiver(answer: (request: http.IncomingMessage, response: http.ServerResponse) => void) {
  const received: { headers: http.IncomingHttpHeaders; body: unknown; path: string | undefined }[] = [];
  const server = http.createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    received.push({
      headers: request.headers,
      path: request.url,
      body: JSON.parse(Buffer.concat(chunks).toString() || 'null'),
    });
    answer(request, response);
  });
  open.push(server);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return { port: (server.address() as AddressInfo).port, received };
}

function sender(url: string, change: Partial<WebhookSettings> = {}, options = {}) {
  return openWebhook({ url, hosts: [new URL(url).hostname], allowPrivate: true, ...change }, options);
}

describe('the webhook', () => {
  it('posts text and blocks, with the id of the delivery as key', async () => {
    const { port, received } = await receiver((_, response) => response.end('ok'));
    expect(await sender(`http://127.0.0.1:${port}/hook/secret`).send(delivery)).toEqual({ outcome: 'sent' });
    expect(received).toHaveLength(1);
    expect(received[0]).toMatchObject({
      path: '/hook/secret',
      headers: { 'idempotency-key': 'd-1', 'content-type': 'application/json; charset=utf-8' },
      body: { text: 'S', blocks: [{ type: 'section' }, { type: 'actions' }] },
    });
  });

  it('follows no redirect', async () => {
    const elsewhere = await receiver((_, response) => response.end('ok'));
    const { port } = await receiver((_, response) => {
      response.writeHead(307, { location: `http://127.0.0.1:${elsewhere.port}/` });
      response.end();
    });
    expect(await sender(`http://127.0.0.1:${port}/`).send(delivery)).toMatchObject({
      outcome: 'failed',
      problem: expect.stringContaining('redirects are not followed'),
      lasting: true,
    });
    expect(elsewhere.received).toHaveLength(0);
  });

  it('connects to the address that it looked at, however the name answers afterwards', async () => {
    const { port, received } = await receiver((_, response) => response.end('ok'));
    let asked = 0;
    const resolve = async () => {
      asked += 1;
      return [{ address: asked === 1 ? '127.0.0.1' : '203.0.113.9', family: 4 }];
    };
    const hook = sender(`http://hooks.example.test:${port}/`, {}, { resolve });
    expect(await hook.send(delivery)).toEqual({ outcome: 'sent' });
    expect(asked).toBe(1);
    expect(received[0]?.headers.host).toBe(`hooks.example.test:${port}`);
  });

  it.each([
    ['a name that leads to this machine', 'http://hooks.example.test:9/', [['127.0.0.1', 4]]],
    [
      'a name one of whose addresses is private',
      'http://hooks.example.test:9/',
      [
        ['1.1.1.1', 4],
        ['10.1.2.3', 4],
      ],
    ],
    ['an address of this machine', 'http://127.0.0.1:9/', []],
    ['the same written otherwise', 'http://2130706433:9/', []],
    ['the same as IPv6', 'http://[::ffff:127.0.0.1]:9/', []],
    ['the metadata of a cloud', 'http://169.254.169.254/', []],
  ])('refuses %s', async (_name, url, addresses) => {
    const resolve = async () => addresses.map(([address, family]) => ({ address, family }));
    expect(await sender(url, { allowPrivate: false }, { resolve }).send(delivery)).toMatchObject({
      outcome: 'failed',
      problem: expect.stringMatching(/private network, which is not allowed/),
      lasting: true,
    });
  });

  it('goes to no host that is not allowed', async () => {
    const hook = sender('http://127.0.0.1:9/', { hosts: ['hooks.example.test'] });
    expect(await hook.send(delivery)).toMatchObject({ problem: expect.stringContaining('allowed hosts') });
  });

  it('waits for no answer that does not come, and never says its address', async () => {
    const { port } = await receiver(() => undefined);
    const hook = sender(`http://127.0.0.1:${port}/hook/secret`, {}, { boundMs: 200 });
    const sent = await hook.send(delivery);
    expect(sent).toEqual({
      outcome: 'failed',
      problem: `127.0.0.1:${port} did not answer within 0.2 s`,
      lasting: false,
    });
    expect(hook.target).not.toContain('secret');
  });

  it('hangs up on an answer without end', async () => {
    const hungUp = new Promise<void>((done) => {
      void receiver((_, response) => {
        response.on('close', done);
        const more = () => {
          while (!response.destroyed && response.write('x'.repeat(65_536)));
          if (!response.destroyed) response.once('drain', more);
        };
        more();
      }).then(async ({ port }) => {
        expect(await sender(`http://127.0.0.1:${port}/`).send(delivery)).toEqual({ outcome: 'sent' });
      });
    });
    await hungUp;
  });

  it.each([
    [500, false],
    [429, false],
    [404, true],
    [410, true],
  ])('%i: lasting %s', async (status, lasting) => {
    const { port } = await receiver((_, response) => {
      response.statusCode = status;
      response.end();
    });
    expect(await sender(`http://127.0.0.1:${port}/`).send(delivery)).toMatchObject({
      outcome: 'failed',
      lasting,
    });
  });
});

describe('an address that anybody on the Internet may have', () => {
  it.each(['1.1.1.1', '93.184.216.34', '2606:4700:4700::1111'])('is %s', (address) => {
    expect(isPublic(address)).toBe(true);
  });
  it.each([
    '0.0.0.0',
    '10.0.0.1',
    '100.64.0.1',
    '127.0.0.2',
    '169.254.169.254',
    '172.31.255.255',
    '192.168.1.1',
    '198.18.0.1',
    '224.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    '::ffff:10.0.0.1',
    'fc00::1',
    'fd12::1',
    'fe80::1',
    'ff02::1',
    '64:ff9b::7f00:1',
    '2002:7f00:1::',
    '2001::1',
    '2001:db8::1',
    'nonsense',
    '',
  ])('is not %s', (address) => {
    expect(isPublic(address)).toBe(false);
  });
});
