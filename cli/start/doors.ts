import { freePort } from '../../demo/infra/ports.ts';
import { writeFileAtomically } from '../../demo/infra/processes.ts';
import { superviseChild } from './children.ts';
import type { LaunchContext } from './context.ts';
import { waitForHealth } from './health.ts';
import { addressFile } from './instance.ts';

const HEALTH_BOUND_MS = 90_000;

/** Starts web and worker with the same settings and answers the page's address once it is healthy. */
export function openDoors(
  context: LaunchContext,
  wantedPort: number,
  settings: Record<string, string>,
): Promise<string> {
  return context.steps.step('Web and worker', async () => {
    const port = await freePort(wantedPort);
    if (port !== wantedPort) context.steps.note(`port ${wantedPort} is taken; the page uses ${port}`);
    const address = `http://127.0.0.1:${port}`;
    const env = {
      ...process.env,
      ...settings,
      NODE_ENV: 'production' as const,
      NEXT_TELEMETRY_DISABLED: '1',
      REPRISE_STATE_DIR: context.stateDir,
      PORT: String(port),
    };
    await writeFileAtomically(addressFile(context.stateDir), address);
    const next = ['node_modules/next/dist/bin/next', 'start', '-H', '127.0.0.1', '-p', String(port)];
    const children = await Promise.all([
      superviseChild({ name: 'worker', args: ['server/workers/main.ts'], env, graceMs: 10_000 }, context),
      superviseChild({ name: 'web', args: next, env, graceMs: 5_000 }, context),
    ]);
    context.running.push(...children);
    const health = await waitForHealth(`${address}/api/health`, HEALTH_BOUND_MS);
    if (health.kind === 'silent') {
      const logs = `${context.logsDir}/web.log and worker.log`;
      throw new Error(`the page did not answer within ${HEALTH_BOUND_MS / 1000} s; see ${logs}`);
    }
    if (health.kind === 'unhealthy') {
      context.steps.note(`health still answers ${health.status}: ${health.body.slice(0, 500)}`);
    }
    return {
      detail: children.map((child) => `${child.name} (pid ${child.pid()})`).join(', '),
      value: address,
    };
  });
}
