import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { testSigning } from '../../demo/testing/signing.ts';
import { createMigratedDatabase, type ScratchDatabase } from '../adapters/postgres/scratch-database.ts';
import { composeDashboard } from '../composition/dashboard.ts';
import { readSettings } from '../env.ts';

let database: ScratchDatabase;
const closing: (() => Promise<unknown>)[] = [];
beforeAll(async () => {
  database = await createMigratedDatabase(inject('databaseUrl'));
});
afterAll(async () => {
  for (const close of closing.reverse()) await close();
  await database?.drop();
});

/** What health says of what `settings` names, by dependency. */
async function healthWith(settings: Readonly<Record<string, string>>) {
  const dashboard = composeDashboard(
    readSettings(
      { DATABASE_URL: database.url, LOG_LEVEL: 'silent', ...testSigning, ...settings },
      process.cwd(),
    ),
    'test',
  );
  try {
    const { dependencies } = await dashboard.queries.health();
    return new Map(dependencies.map(({ name, status, detail }) => [name, { status, detail }]));
  } finally {
    await dashboard.close();
  }
}

async function connectAnswering(status: number, body: unknown): Promise<string> {
  const server: Server = createServer((request, response) => {
    const basic = `Basic ${Buffer.from('reprise:hunter2').toString('base64')}`;
    const isAsked =
      request.method === 'GET' && request.url === '/' && request.headers.authorization === basic;
    response.writeHead(isAsked ? status : 404, { 'content-type': 'application/json' });
    response.end(JSON.stringify(body));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  closing.push(() => new Promise((resolve) => server.close(resolve)));
  return `http://reprise:hunter2@127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A server that lets everybody in and says nothing. */
async function silentServer(): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createTcpServer((socket) => {
    socket.on('error', () => undefined);
    sockets.add(socket);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  closing.push(() => {
    for (const socket of sockets) socket.destroy();
    return new Promise((resolve) => server.close(resolve));
  });
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

it('tells of each database that contracts name, and no password of it', async () => {
  const wrong = new URL(database.url);
  [wrong.username, wrong.password] = ['nobody_of_this_name', 'hunter2'];
  const found = await healthWith({
    REPRISE_CONNECTION_BANK: database.url,
    REPRISE_CONNECTION_WEB_SHOP: 'postgresql://reader:hunter2@127.0.0.1:1/shop',
    REPRISE_CONNECTION_STRANGE: wrong.href,
    REPRISE_CONNECTION_SILENT: `postgresql://reader:hunter2@${await silentServer()}/silent`,
  });
  expect(found.get('connection bank')).toEqual({
    status: 'up',
    detail: expect.stringMatching(/^PostgreSQL \d/),
  });
  expect(found.get('connection web_shop')).toEqual({
    status: 'down',
    detail: expect.stringMatching(/ECONNREFUSED.*Check that the server runs/),
  });
  expect(found.get('connection strange')).toMatchObject({ status: 'down' });
  expect(found.get('connection silent')).toEqual({
    status: 'down',
    detail: 'connection silent did not answer within 3 s',
  });
  expect(JSON.stringify([...found])).not.toContain('hunter2');
});

it.each([
  [200, { version: '3.9.0', commit: 'c', kafka_cluster_id: 'k' }, 'up', /^3\.9\.0 at 127\.0\.0\.1:\d+$/],
  [200, { hello: 'world' }, 'down', /is not Kafka Connect$/],
  [401, {}, 'down', /answers 401$/],
])('tells of a Kafka Connect that answers %i %j', async (answer, body, status, detail) => {
  const found = await healthWith({ CONNECT_URL: await connectAnswering(answer, body) });
  expect(found.get('kafka connect')).toEqual({ status, detail: expect.stringMatching(detail) });
  expect(JSON.stringify([...found])).not.toContain('hunter2');
});

it('tells of a Kafka Connect that is not there, and of nothing that no setting names', async () => {
  const gone = await healthWith({ CONNECT_URL: 'http://reprise:hunter2@127.0.0.1:1' });
  expect(gone.get('kafka connect')).toEqual({ status: 'down', detail: '127.0.0.1:1: ECONNREFUSED' });
  const names = [...(await healthWith({})).keys()];
  expect(names.filter((name) => /^connection |kafka connect/.test(name))).toEqual([]);
});
