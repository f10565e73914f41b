/** Has the task of the outbox connector fail for good, as it does when its database is away for longer than it tries. */
import { waitUntil } from '../infra/processes.ts';
import { layoutOf } from '../layout.ts';
import { readControlFile } from '../setup/control-file.ts';
import { withClient } from '../setup/roles.ts';
import type { ShopAddress } from './addresses.ts';

export const connectorName = 'stock-outbox';
const withinMs = 60_000;

/**
 * Takes the connector's patience away (errors.max.retries 0), waits until its task runs so, and ends its connection to
 * PostgreSQL. Nothing is lost: its replication slot keeps what it has not read.
 * @returns the class of the exception that the task failed with
 */
export async function failConnector(stateDir: string, shop: ShopAddress): Promise<string> {
  const connect = await openConnect(stateDir);
  const config = await connect('GET', 'config');
  if (typeof config !== 'object' || config === null) throw new Error('Kafka Connect does not answer');
  await connect('PUT', 'config', { ...config, 'errors.max.retries': '0' });
  if (!(await waitUntil(async () => (await taskOf(connect)).state === 'RUNNING', withinMs, 500)))
    throw new Error(`the task of ${connectorName} does not run`);
  await waitUntil(() => endStreaming(shop.url), withinMs, 500);
  if (!(await waitUntil(async () => (await taskOf(connect)).state === 'FAILED', withinMs, 500)))
    throw new Error(`the task of ${connectorName} did not fail within ${withinMs / 1_000} s`);
  return (await taskOf(connect)).problem;
}

type Connect = (method: 'GET' | 'PUT', rest: string, body?: unknown) => Promise<unknown>;

async function openConnect(stateDir: string): Promise<Connect> {
  const { connectUrl, token } = await readControlFile(stateDir);
  return async (method, rest, body) => {
    const response = await fetch(`${connectUrl}/connectors/${connectorName}/${rest}`, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      redirect: 'error',
      signal: AbortSignal.timeout(15_000),
    });
    if (!response.ok) throw new Error(`Kafka Connect answered ${response.status} for ${rest}`);
    return response.json();
  };
}

async function taskOf(connect: Connect): Promise<{ readonly state: string; readonly problem: string }> {
  const status = (await connect('GET', 'status').catch(() => null)) as {
    tasks?: { state: string; trace?: string }[];
  } | null;
  const task = status?.tasks?.[0];
  return { state: task?.state ?? 'none', problem: (task?.trace ?? '').split(/[:\n]/)[0] ?? '' };
}

async function endStreaming(url: string): Promise<boolean> {
  return withClient(url, async (client) => {
    const { rowCount } = await client.query(
      `select pg_terminate_backend(active_pid) from pg_replication_slots
       where slot_name = $1 and active_pid is not null`,
      [layoutOf().slot],
    );
    return rowCount === 1;
  });
}
