import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Transaction, UnitOfWork } from '../../application/ports/unit-of-work.ts';
import { RepriseError } from '../../domain/shared/errors.ts';
import { openTracing, tracedUnitOfWork } from './tracing.ts';

type Span = {
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly status: { readonly code?: number };
  readonly attributes: readonly { readonly key: string; readonly value: { readonly stringValue?: string } }[];
};

let collector: http.Server;
let requests: { url: string | undefined; token: unknown; body: string }[];

beforeEach(async () => {
  requests = [];
  collector = http.createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    requests.push({
      url: request.url,
      token: request.headers.authorization,
      body: Buffer.concat(chunks).toString(),
    });
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
  });
  await new Promise<void>((done) => collector.listen(0, '127.0.0.1', done));
});
afterEach(() => new Promise((done) => collector.close(done)));

const open = () =>
  openTracing(
    {
      endpoint: `http://127.0.0.1:${(collector.address() as AddressInfo).port}/`,
      headers: { authorization: 'Bearer of-the-collector' },
    },
    { name: 'test', version: '1.2.3' },
  );
const sent = (): readonly Span[] =>
  requests.flatMap(({ body }) =>
    JSON.parse(body).resourceSpans.flatMap((resource: { scopeSpans: { spans: Span[] }[] }) =>
      resource.scopeSpans.flatMap(({ spans }) => spans),
    ),
  );
const named = (name: string) => {
  const found = sent().find((span) => span.name === name);
  if (found === undefined) throw new Error(`no span ${name} among ${sent().map((span) => span.name)}`);
  return found;
};

/** It answers what it was asked. */
const database: UnitOfWork = {
  run: (work) => work({ query: async () => [], copyIn: async () => 0 } satisfies Transaction),
};

describe('traces', () => {
  it('go to the collector with its headers, one below the other, and below who asked', async () => {
    const tracing = open();
    const traceId = '0af7651916cd43dd8448eb211c80319c';
    const unitOfWork = tracedUnitOfWork(database, tracing);
    await tracing.span(
      'overview.get',
      { type: 'query' },
      () => unitOfWork.run((tx) => tx.query('SELECT * FROM replay WHERE id = $1', ['secret'])),
      `00-${traceId}-b7ad6b7169203331-01`,
    );
    await tracing.close();
    expect(requests[0]).toMatchObject({ url: '/v1/traces', token: 'Bearer of-the-collector' });
    expect(sent().map((span) => span.traceId)).toEqual([traceId, traceId, traceId]);
    expect(named('overview.get').parentSpanId).toBe('b7ad6b7169203331');
    expect(named('transaction').parentSpanId).toBe(named('overview.get').spanId);
    expect(named('SELECT').parentSpanId).toBe(named('transaction').spanId);
    expect(JSON.stringify(requests.map(({ body }) => body))).not.toContain('secret');
    expect(requests[0]?.body).toContain('1.2.3');
  });

  it('say by which code something failed, and not what it said', async () => {
    const tracing = open();
    const failing = tracing.span('job', {}, async () => {
      throw new RepriseError('history-missing', 'Offset 7 of key alice@example.org is gone.');
    });
    await expect(failing).rejects.toThrow(/Offset 7/);
    await tracing.close();
    expect(named('job').status.code).toBe(2);
    expect(named('job').attributes).toContainEqual({
      key: 'error.type',
      value: { stringValue: 'history-missing' },
    });
    expect(requests.map(({ body }) => body).join()).not.toContain('alice');
  });

  it('leave a transaction out that nothing is traced around', async () => {
    const tracing = open();
    await tracedUnitOfWork(database, tracing).run((tx) => tx.query('SELECT 1'));
    await tracing.close();
    expect(requests).toEqual([]);
  });

  it('are none without a collector, and the work is done all the same', async () => {
    const tracing = openTracing(null, { name: 'test', version: '1.2.3' });
    expect(tracedUnitOfWork(database, tracing)).toBe(database);
    expect(await tracing.span('anything', {}, async () => 7)).toBe(7);
    await tracing.close();
  });

  it('do no harm where the collector is away', async () => {
    const tracing = open();
    await new Promise((done) => collector.close(done));
    expect(await tracing.span('anything', {}, async () => 7)).toBe(7);
    await tracing.close();
    collector = http.createServer().listen(0);
  });
});
