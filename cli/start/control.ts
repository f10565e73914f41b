/**
 * The demo's consumer control (docs/consumer-control.md): on this machine, with a token, the launcher stops and starts
 * the processes that it supervises, and hands on what is asked of Kafka Connect.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { z } from 'zod';
import type { Supervised } from './supervise.ts';

/** One that can be controlled: how, and whether it is paused. */
export type Controlled = {
  readonly child: Supervised;
  /** null: it can't be paused. */
  readonly pausing: {
    readonly isPaused: () => Promise<boolean>;
    readonly set: (paused: boolean) => Promise<void>;
  } | null;
};

const orders = ['pause', 'resume', 'stop', 'start', 'restart'] as const;
const asked = z.object({
  service: z.string().min(1).max(200),
  do: z.enum(orders),
  attemptId: z.string().min(1).max(200),
});
type Asked = z.output<typeof asked>;
type Answer = { readonly status: number; readonly body: unknown };

const largestBody = 10_000;
const rememberedAttempts = 200;

export type Control = {
  readonly url: string;
  readonly token: string;
  /** Where Kafka Connect is asked through it, with the token as a password. */
  readonly connectUrl: string;
  readonly close: () => Promise<void>;
};

/** `connectUrl` answers where Kafka Connect is now; null: it does not run. */
export async function serveControl(options: {
  readonly services: () => ReadonlyMap<string, Controlled>;
  readonly connectUrl: () => string | null;
}): Promise<Control> {
  const token = randomBytes(24).toString('base64url');
  const control = new ConsumerControl(options.services);
  const server = createServer((request, response) => {
    void answer(request, token, control, options.connectUrl)
      .catch(
        (error: unknown): Answer => ({
          status: 500,
          body: { problem: error instanceof Error ? error.message : 'it failed' },
        }),
      )
      .then((found) => send(response, found));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  server.unref();
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/consumers`,
    token,
    connectUrl: `http://reprise:${token}@127.0.0.1:${port}/connect`,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** What steps of runbooks and the demo's faults ask of a connector, and whether Kafka Connect is there; nothing else. */
const connectorPath = /^\/connect\/connectors\/[A-Za-z0-9][A-Za-z0-9._-]*\/([a-z]+)$/;
const handedOn: ReadonlySet<string> = new Set(['GET status', 'GET config', 'PUT config', 'POST restart']);

async function answer(
  request: IncomingMessage,
  token: string,
  control: ConsumerControl,
  connectUrl: () => string | null,
): Promise<Answer> {
  // A page of the web that is open on this machine could ask as well.
  if (request.headers.origin !== undefined || !/^127\.0\.0\.1(:|$)/.test(request.headers.host ?? ''))
    return { status: 403, body: { problem: 'no browser is answered' } };
  if (!isLetIn(request.headers.authorization ?? '', token))
    return { status: 401, body: { problem: 'the token is missing or another one' } };
  const url = new URL(request.url ?? '/', 'http://127.0.0.1');
  if (url.pathname.startsWith('/connect/')) {
    const method = request.method ?? 'GET';
    const isAboutItself = method === 'GET' && url.pathname === '/connect/';
    if (!isAboutItself && !handedOn.has(`${method} ${connectorPath.exec(url.pathname)?.[1] ?? ''}`))
      return {
        status: 404,
        body: { message: 'only status, config and restart of a connector, and the root, are handed on' },
      };
    return handOn(method, url, connectUrl(), method === 'PUT' ? await readJson(request) : undefined);
  }
  if (url.pathname !== '/consumers') return { status: 404, body: { problem: 'there is no such page' } };
  if (request.method === 'GET') return control.state(url.searchParams.get('service') ?? '');
  if (request.method !== 'POST') return { status: 405, body: { problem: 'GET and POST are answered' } };
  const parsed = asked.safeParse(await readJson(request));
  if (!parsed.success)
    return { status: 400, body: { problem: `service, do (${orders.join(', ')}) and attemptId are needed` } };
  return control.act(parsed.data);
}

function isLetIn(authorization: string, token: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  const basic = `Basic ${Buffer.from(`reprise:${token}`).toString('base64')}`;
  return [`Bearer ${token}`, basic].some((each) => timingSafeEqual(digest(each), digest(authorization)));
}

/** Does what is asked, one order of a service after the other, and each attempt once. */
class ConsumerControl {
  private readonly services: () => ReadonlyMap<string, Controlled>;
  private readonly attempts = new Set<string>();
  private readonly turns = new Map<string, Promise<unknown>>();

  constructor(services: () => ReadonlyMap<string, Controlled>) {
    this.services = services;
  }

  async state(service: string): Promise<Answer> {
    const found = this.services().get(service);
    return found === undefined ? this.unknown(service) : { status: 200, body: await stateOf(found) };
  }

  async act(order: Asked): Promise<Answer> {
    const { service } = order;
    const found = this.services().get(service);
    if (found === undefined) return this.unknown(service);
    const turn = (this.turns.get(service) ?? Promise.resolve()).then(() => this.inTurn(order, found));
    this.turns.set(
      service,
      turn.catch(() => undefined),
    );
    return turn;
  }

  private async inTurn({ service, do: order, attemptId }: Asked, found: Controlled): Promise<Answer> {
    const attempt = `${attemptId} ${service} ${order}`;
    if (!this.attempts.has(attempt)) {
      const problem = await perform(order, found);
      if (problem !== null) return { status: 409, body: { problem: `${service}: ${problem}` } };
      this.attempts.add(attempt);
      const [oldest] = this.attempts;
      if (this.attempts.size > rememberedAttempts && oldest !== undefined) this.attempts.delete(oldest);
    }
    return { status: 200, body: await stateOf(found) };
  }

  private unknown(service: string): Answer {
    const known = [...this.services().keys()].join(', ');
    return { status: 404, body: { problem: `there is no service ${service}: there are ${known}` } };
  }
}

async function perform(order: Asked['do'], { child, pausing }: Controlled): Promise<string | null> {
  switch (order) {
    case 'pause':
    case 'resume':
      if (pausing === null) return 'it can not be paused; stop it, or start it';
      if (child.isHeld()) return 'it is stopped; start it first';
      await pausing.set(order === 'pause');
      return null;
    case 'stop':
      await child.hold();
      return null;
    case 'start':
      await child.release();
      return null;
    case 'restart':
      if (child.isHeld()) return 'it is stopped; start it';
      await child.hold();
      await child.release();
      return null;
  }
}

async function stateOf({ child, pausing }: Controlled): Promise<{ readonly state: string }> {
  if (child.pid() === null) return { state: child.isHeld() ? 'stopped' : 'changing' };
  if (child.isHeld()) return { state: 'changing' };
  return { state: pausing !== null && (await pausing.isPaused()) ? 'paused' : 'running' };
}

/** Reprise is given one address of Kafka Connect, whose own port may be another after it was started again. */
async function handOn(method: string, url: URL, connectUrl: string | null, body: unknown): Promise<Answer> {
  const unavailable = { status: 503, body: { message: 'Kafka Connect does not run' } };
  if (connectUrl === null) return unavailable;
  const target = new URL(`${url.pathname.replace(/^\/connect/, '')}${url.search}`, connectUrl);
  const response = await fetch(target, {
    method,
    ...(body === undefined
      ? {}
      : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    redirect: 'error',
    signal: AbortSignal.timeout(9_000),
  }).catch(() => null);
  if (response === null) return unavailable;
  return { status: response.status, body: await response.json().catch(() => null) };
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  let text = '';
  for await (const chunk of request) {
    text += String(chunk);
    if (text.length > largestBody) return null;
  }
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function send(response: ServerResponse, { status, body }: Answer): void {
  // An answer without a body, such as that of a restart.
  const isEmpty = status === 204;
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
  response.end(isEmpty ? undefined : `${JSON.stringify(body)}\n`);
}
