/** A small HTTP server of a demo service: on this machine alone, in JSON. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type pg from 'pg';
import type { Logger } from './lifetime.ts';

export type Asked = {
  readonly method: string;
  readonly url: URL;
  readonly body: unknown;
  readonly authorization?: string | undefined;
};
export type Answer = {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: unknown;
};

const largestBody = 10_000;

export class Unacceptable extends Error {
  override readonly name = 'Unacceptable';
}

/** Answers until it is closed; where it does so stands in `service_addresses`. */
export async function serve(options: {
  service: string;
  pool: pg.Pool;
  log: Logger;
  answer: (asked: Asked) => Promise<Answer>;
  /** Left out: one that is free. */
  port?: number;
}): Promise<{ readonly url: string; close: () => Promise<void> }> {
  const { service, pool, log, answer, port = 0 } = options;
  const server = createServer((request, response) => {
    void respond(request, response, answer).catch((error: unknown) => {
      log.warn({ reason: error instanceof Error ? error.message : '' }, 'a request failed');
      if (!response.headersSent) send(response, { status: 500, body: { problem: 'it failed: see the log' } });
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  await pool.query(
    `insert into service_addresses (service, url) values ($1, $2)
     on conflict (service) do update set url = excluded.url, since = now()`,
    [service, url],
  );
  log.info({ url }, `${service} answers at ${url}`);
  return {
    url,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function respond(
  request: IncomingMessage,
  response: ServerResponse,
  answer: (asked: Asked) => Promise<Answer>,
): Promise<void> {
  // A page of the web that is open on this machine could ask as well.
  if (request.headers.origin !== undefined || !/^127\.0\.0\.1(:|$)/.test(request.headers.host ?? '')) {
    send(response, { status: 403, body: { problem: 'no browser is answered' } });
    return;
  }
  try {
    const url = new URL(request.url ?? '/', 'http://127.0.0.1');
    const { authorization } = request.headers;
    const method = request.method ?? 'GET';
    send(response, await answer({ method, url, authorization, body: await readBody(request) }));
  } catch (error) {
    if (!(error instanceof Unacceptable)) throw error;
    send(response, { status: 400, body: { problem: error.message } });
  }
}

async function readBody(request: IncomingMessage): Promise<unknown> {
  let text = '';
  for await (const chunk of request) {
    text += String(chunk);
    if (text.length > largestBody) throw new Unacceptable(`the body is longer than ${largestBody} letters`);
  }
  if (text === '') return null;
  try {
    return JSON.parse(text);
  } catch {
    throw new Unacceptable('the body is not JSON');
  }
}

function send(response: ServerResponse, { status, headers, body }: Answer): void {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store', ...headers });
  response.end(`${JSON.stringify(body)}\n`);
}
