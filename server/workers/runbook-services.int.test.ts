import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { superviseChild } from '../../cli/start/children.ts';
import { type Control, type Controlled, serveControl } from '../../cli/start/control.ts';
import { identify } from '../../demo/infra/process-identity.ts';
import { actionContext } from '../../demo/testing/action-context.ts';
import { systemClock } from '../adapters/clock/system-clock.ts';
import { connectRest } from '../adapters/connect/connect-rest.ts';
import { rolloutControl } from '../adapters/kubernetes/rollout-control.ts';
import { controlWebhook } from '../adapters/webhook/control-webhook.ts';
import type { ConsumerControl } from '../application/ports/consumer-control.ts';
import { checkConnector, restartConnector } from '../application/runbook/actions/connectors.ts';
import { controlConsumer } from '../application/runbook/actions/control-consumer.ts';

type Seen = { readonly method: string; readonly path: string; readonly body: unknown; readonly auth: string };
type Answer = { readonly status: number; readonly body?: unknown; readonly headers?: Record<string, string> };

let folder = '';
const closing: (() => Promise<unknown>)[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'reprise-services-'));
});
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
  await rm(folder, { recursive: true, force: true });
});

const signal = () => AbortSignal.timeout(20_000);
const context = (attemptId = 'attempt-1', aborted = signal()) =>
  actionContext({ attemptId, signal: aborted });

async function listen(answer: (seen: Seen) => Answer): Promise<{ url: string; seen: Seen[] }> {
  const seen: Seen[] = [];
  const server: Server = createServer((request: IncomingMessage, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const text = Buffer.concat(chunks).toString();
      const one: Seen = {
        method: request.method ?? '',
        path: request.url ?? '',
        body: text === '' ? null : JSON.parse(text),
        auth: request.headers.authorization ?? '',
      };
      seen.push(one);
      const { status, body, headers } = answer(one);
      response.writeHead(status, { 'content-type': 'application/json', ...headers });
      response.end(body === undefined ? undefined : JSON.stringify(body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => new Promise((resolve) => server.close(resolve)));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen };
}

const toConsumers = (url: string, token: string | null = 'secret') =>
  controlWebhook({ url, token, allowPrivate: true });

describe('a consumer that is controlled by the launcher of the demo', () => {
  let control: Control;
  let service: Controlled;
  let paused = false;

  beforeEach(async () => {
    paused = false;
    const child = await superviseChild(
      {
        name: 'consumer',
        args: ['-e', 'setInterval(() => undefined, 1000)'],
        env: process.env,
        graceMs: 2_000,
      },
      { root: process.cwd(), stateDir: folder, logsDir: join(folder, 'logs'), log: () => undefined },
    );
    closing.push(() => child.stop());
    service = {
      child,
      pausing: {
        isPaused: async () => paused,
        set: async (to) => {
          paused = to;
        },
      },
    };
    const services = new Map<string, Controlled>([
      ['inventory-projector', service],
      ['order-service', { child, pausing: null }],
    ]);
    control = await serveControl({ services: () => services, connectUrl: () => null });
    closing.push(control.close);
  });

  const action = () =>
    controlConsumer({ control: toConsumers(control.url, control.token), clock: systemClock });
  const order = async (what: 'pause' | 'resume' | 'stop' | 'start' | 'restart', attemptId?: string) => {
    const params = { service: 'inventory-projector', do: what };
    const { frozen } = await action().preview(params, context());
    return action().perform(params, frozen, context(attemptId ?? `attempt-${what}`));
  };

  it('is really stopped, stays so, and is started as a new process', async () => {
    const first = service.child.pid() ?? 0;
    expect((await order('stop')).outputs).toEqual({ before: 'running', state: 'stopped' });
    expect(identify(first)).toBeNull();
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    expect(service.child.pid()).toBeNull();
    expect((await order('start')).outputs).toEqual({ before: 'stopped', state: 'running' });
    expect(identify(service.child.pid() ?? 0)).not.toBeNull();
  });

  it('is restarted once by an attempt, however often it is asked for', async () => {
    const first = service.child.pid();
    await order('restart', 'one');
    const second = service.child.pid();
    expect(second).not.toBe(first);
    await order('restart', 'one');
    expect(service.child.pid()).toBe(second);
    await order('restart', 'two');
    expect(service.child.pid()).not.toBe(second);
  });

  it('is paused and goes on without its process being another one', async () => {
    const pid = service.child.pid();
    expect((await order('pause')).outputs).toEqual({ before: 'running', state: 'paused' });
    expect((await order('resume')).outputs).toEqual({ before: 'paused', state: 'running' });
    expect(service.child.pid()).toBe(pid);
  });

  it('hands on what is asked of a connector and whether it is there, and nothing else of Kafka Connect', async () => {
    const { url, seen } = await listen(() => ({ status: 200, body: {} }));
    const proxy = await serveControl({ services: () => new Map(), connectUrl: () => url });
    closing.push(proxy.close);
    const at = new URL(proxy.url).origin;
    const ask = async (method: string, path: string) =>
      (
        await fetch(`${at}/connect${path}`, {
          method,
          headers: { authorization: `Bearer ${proxy.token}` },
          ...(method === 'GET' ? {} : { body: '{}' }),
        })
      ).status;
    expect(await ask('GET', '/connectors/stock-outbox/status')).toBe(200);
    expect(await ask('POST', '/connectors/stock-outbox/restart?includeTasks=true&onlyFailed=true')).toBe(200);
    expect(await ask('GET', '/')).toBe(200);
    for (const [method, path] of [
      ['POST', '/'],
      ['GET', '/connectors'],
      ['POST', '/connectors'],
      ['PUT', '/connectors/stock-outbox/status'],
      ['DELETE', '/connectors/stock-outbox'],
      ['GET', '/connectors/%2e%2e/status'],
      ['GET', '/admin/loggers'],
    ] as const)
      expect([method, path, await ask(method, path)]).toEqual([method, path, 404]);
    expect(seen.map(({ path }) => path)).toEqual([
      '/connectors/stock-outbox/status',
      '/connectors/stock-outbox/restart?includeTasks=true&onlyFailed=true',
      '/',
    ]);
  });

  it('is not known by another name, can not be paused where it has no row, and takes no other token', async () => {
    const asked = toConsumers(control.url, control.token);
    await expect(asked.state('nobody', signal())).rejects.toMatchObject({
      code: 'runbook-refused',
      message: expect.stringMatching(/404.*there are inventory-projector, order-service/),
    });
    await expect(
      asked.act({ service: 'order-service', do: 'pause', attemptId: 'a' }, signal()),
    ).rejects.toMatchObject({ code: 'runbook-refused', message: expect.stringMatching(/can not be paused/) });
    const stranger = toConsumers(control.url, 'another');
    await expect(stranger.state('order-service', signal())).rejects.toMatchObject({
      code: 'runbook-refused',
    });
    const page = await fetch(`${control.url}?service=order-service`, {
      headers: { origin: 'https://evil.example', authorization: `Bearer ${control.token}` },
    });
    expect(page.status).toBe(403);
  });
});

describe('a webhook that controls consumers', () => {
  it('is not followed where it redirects, and not asked in a private network without leave', async () => {
    const { url, seen } = await listen(() => ({ status: 302, headers: { location: 'http://127.0.0.1/' } }));
    await expect(toConsumers(url).state('a', signal())).rejects.toMatchObject({
      code: 'runbook-refused',
      message: expect.stringMatching(/redirects are not followed/),
    });
    expect(seen).toMatchObject([{ method: 'GET', path: '/?service=a', auth: 'Bearer secret' }]);
    const strict = controlWebhook({ url, token: null, allowPrivate: false });
    await expect(strict.state('a', signal())).rejects.toMatchObject({
      code: 'runbook-refused',
      message: expect.stringMatching(/private network/),
    });
    expect(seen).toHaveLength(1);
  });

  it('leaves it open what it did where it fails or answers something else, and shows no token', async () => {
    for (const answer of [
      { status: 500, body: { problem: 'broken' } },
      { status: 408, body: { problem: 'too slow' } },
      { status: 200, body: { state: 'fine' } },
    ]) {
      const { url } = await listen(() => answer);
      const error: unknown = await toConsumers(url)
        .act({ service: 'a', do: 'stop', attemptId: 'x' }, signal())
        .catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(Error);
      expect(error).not.toMatchObject({ code: 'runbook-refused' });
      expect(String(error)).not.toContain('secret');
    }
  });

  it('ends as a failure, and not as done, where the service does not come to the state in time', async () => {
    const { url } = await listen(() => ({ status: 200, body: { state: 'changing' } }));
    const action = controlConsumer({ control: toConsumers(url), clock: systemClock });
    await expect(
      action.perform(
        { service: 'a', do: 'stop' },
        { before: 'running' },
        context('x', AbortSignal.timeout(2_500)),
      ),
    ).rejects.toThrow(/is changing and not stopped/);
  });
});

describe('Deployments, by a server that speaks that part of the Kubernetes API', () => {
  let live: {
    metadata: { generation: number; annotations: Record<string, string> };
    spec: { replicas: number; template: { metadata: { annotations: Record<string, string> } } };
  };
  let control: ConsumerControl;
  let seen: Seen[];
  let ending: number;

  beforeEach(async () => {
    ending = 0;
    live = {
      metadata: { generation: 1, annotations: {} },
      spec: { replicas: 3, template: { metadata: { annotations: {} } } },
    };
    const server = await listen(({ method, path, body }) => {
      if (path !== '/apis/apps/v1/namespaces/shop/deployments/inventory') return { status: 404, body: {} };
      if (method === 'PATCH') {
        const patch = body as {
          metadata?: { annotations: Record<string, string> };
          spec: { replicas?: number; template?: (typeof live)['spec']['template'] };
        };
        Object.assign(live.metadata.annotations, patch.metadata?.annotations);
        live.spec.replicas = patch.spec.replicas ?? live.spec.replicas;
        Object.assign(live.spec.template.metadata.annotations, patch.spec.template?.metadata.annotations);
        live.metadata.generation += 1;
      }
      const { replicas } = live.spec;
      const status = {
        observedGeneration: live.metadata.generation,
        replicas,
        readyReplicas: replicas,
        updatedReplicas: replicas,
      };
      return {
        status: 200,
        body: {
          ...live,
          status:
            replicas === 0
              ? { observedGeneration: status.observedGeneration, terminatingReplicas: ending }
              : status,
        },
      };
    });
    seen = server.seen;
    const tokenFile = join(folder, 'token');
    await writeFile(tokenFile, 'first\n');
    control = rolloutControl({ url: server.url, namespace: 'shop', tokenFile, caFile: null });
  });

  const act = (what: 'pause' | 'stop' | 'start' | 'restart', attemptId = 'a') =>
    control.act({ service: 'inventory', do: what, attemptId }, signal());

  it('are scaled to nothing and back to as many as there were', async () => {
    expect(await control.state('inventory', signal())).toBe('running');
    expect(await act('stop')).toBe('stopped');
    expect(live.spec.replicas).toBe(0);
    expect(await act('stop')).toBe('stopped');
    expect(await act('start')).toBe('running');
    expect(live.spec.replicas).toBe(3);
  });

  it('are not stopped while pods that were told to end go on', async () => {
    ending = 1;
    expect(await act('stop')).toBe('changing');
    ending = 0;
    expect(await control.state('inventory', signal())).toBe('stopped');
  });

  it('are rolled out once by an attempt, and a pause is refused', async () => {
    await act('restart', 'one');
    await act('restart', 'one');
    expect(live.metadata.generation).toBe(2);
    await act('restart', 'two');
    expect(live.metadata.generation).toBe(3);
    await expect(act('pause')).rejects.toMatchObject({ code: 'runbook-refused' });
    await expect(control.state('nobody', signal())).rejects.toMatchObject({ code: 'runbook-refused' });
  });

  it('are asked about with the token that stands in the file now', async () => {
    await control.state('inventory', signal());
    await writeFile(join(folder, 'token'), 'second\n');
    await control.state('inventory', signal());
    expect(seen.map(({ auth }) => auth)).toEqual(['Bearer first', 'Bearer second']);
  });
});

describe('a connector, by a server that speaks that part of the interface of Kafka Connect', () => {
  it('is told with its failed tasks, restarted where they failed, and waited for', async () => {
    let looks = 0;
    let restarted = false;
    const { url, seen } = await listen(({ method, path }) => {
      if (!path.startsWith('/connectors/stock-outbox/')) return { status: 404, body: {} };
      if (method === 'POST') {
        restarted = true;
        return { status: 202, body: {} };
      }
      looks += restarted ? 1 : 0;
      const state = restarted && looks > 1 ? 'RUNNING' : 'FAILED';
      const trace = 'org.apache.kafka.connect.errors.ConnectException: row {"holder":"hunter2"}\n\tat …';
      return {
        status: 200,
        body: {
          connector: { state: 'RUNNING' },
          tasks: [{ id: 0, state, ...(state === 'FAILED' ? { trace } : {}) }],
        },
      };
    });
    const connectors = connectRest(url.replace('http://', 'http://reprise:pass%20word@'));
    const deps = { connectors, clock: systemClock };
    const params = { connector: 'stock-outbox' };
    const checked = await checkConnector(deps).perform(params, {}, context());
    expect(checked.outputs).toEqual({ state: 'RUNNING', tasks: 1, failedTasks: 1 });
    expect(checked.sentence).toMatch(/is RUNNING, but 1 of 1 task failed: .* stands still/);
    expect(JSON.stringify(checked)).toContain('ConnectException');
    expect(JSON.stringify(checked)).not.toContain('hunter2');
    expect((await restartConnector(deps).perform(params, {}, context())).outputs).toEqual({
      state: 'RUNNING',
      failedTasks: 0,
    });
    const posts = seen.filter(({ method }) => method === 'POST');
    expect(posts).toMatchObject([
      {
        path: '/connectors/stock-outbox/restart?includeTasks=true&onlyFailed=true',
        auth: `Basic ${Buffer.from('reprise:pass word').toString('base64')}`,
      },
    ]);
    // What is well is left alone.
    await restartConnector(deps).perform(params, {}, context());
    expect(seen.filter(({ method }) => method === 'POST')).toHaveLength(1);
    await expect(checkConnector(deps).perform({ connector: 'nobody' }, {}, context())).rejects.toMatchObject({
      code: 'runbook-refused',
    });
  });

  it('is told where many of its tasks failed, with long traces', async () => {
    const trace = `org.apache.kafka.connect.errors.ConnectException: row\n${'\tat somewhere\n'.repeat(1_000)}`;
    const tasks = Array.from({ length: 200 }, (_, id) => ({ id, state: 'FAILED', trace }));
    const { url } = await listen(() => ({ status: 200, body: { connector: { state: 'RUNNING' }, tasks } }));
    const deps = { connectors: connectRest(url), clock: systemClock };
    const checked = await checkConnector(deps).perform({ connector: 'stock-outbox' }, {}, context());
    expect(checked.outputs).toMatchObject({ tasks: 200, failedTasks: 200 });
  });

  it('that never ends its answer is not read on, and it is said why', async () => {
    const server = createServer((_, response) => {
      const more = () => {
        while (!response.destroyed && response.write('x'.repeat(1 << 20)));
        if (!response.destroyed) response.once('drain', more);
      };
      more();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    closing.push(() => new Promise((resolve) => server.close(resolve)));
    const connectors = connectRest(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    await expect(connectors.status('stock-outbox', signal())).rejects.toThrow(
      /could not be asked: its answer is longer than 64 MiB\./,
    );
  });

  it.each(['PAUSED', 'STOPPED'])(
    'is not restarted while it is %s, and it is said what to do instead',
    async (state) => {
      const tasks = state === 'PAUSED' ? [{ id: 0, state }] : [];
      const { url, seen } = await listen(() => ({
        status: 200,
        body: { connector: { state }, tasks, type: 'source' },
      }));
      const deps = { connectors: connectRest(url), clock: systemClock };
      const params = { connector: 'stock-outbox' };
      const why = `is ${state}: resume it`;
      await expect(restartConnector(deps).preview(params, context())).rejects.toMatchObject({
        code: 'runbook-refused',
        message: expect.stringContaining(why),
      });
      await expect(restartConnector(deps).perform(params, {}, context())).rejects.toMatchObject({
        code: 'runbook-overtaken',
        message: expect.stringContaining(why),
      });
      expect(seen.filter(({ method }) => method === 'POST')).toEqual([]);
    },
  );
});
