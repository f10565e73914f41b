import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** Where the running demo says how to reach it. */
export function stateFolder(): string {
  return process.env.REPRISE_STATE_DIR ?? join(root, '.reprise', 'e2e');
}

/** Live orders, receipts and shipments, at 60 a second, until they are stopped. */
export function startTraffic(): { stop(): Promise<void> } {
  const args = [
    'cli/demo.ts',
    '--state',
    stateFolder(),
    'traffic',
    '--only',
    'stock',
    '--rate',
    '60',
    '--seconds',
    '300',
  ];
  const child = spawn(process.execPath, args, { cwd: root, stdio: 'ignore' });
  return {
    stop: async () => {
      if (child.exitCode !== null) return;
      const ended = once(child, 'exit');
      child.kill('SIGINT');
      await ended;
    },
  };
}
