/**
 * A worker that carries one promotion out and does something to itself at a named point of it: it is killed, or stands
 * still. Usage: node promotion-worker.ts <promotion> <point> <SIGKILL|SIGSTOP> <how long it may hold a projector, ms>
 */
import { randomUUID } from 'node:crypto';
import { composeRunner } from '../../server/composition/runner.ts';
import { settings } from '../../server/env.ts';
import { ThreadMark } from '../../server/workers/thread-mark.ts';

const [promotionId = '', point, signal, holdMs] = process.argv.slice(2);
const { runner, close } = composeRunner(settings(), {
  name: 'promotion-worker',
  progress: new ThreadMark(),
  longestHoldMs: Number(holdMs),
  at: async (reached) => {
    process.stdout.write(`${reached}\n`);
    if (reached === point) process.kill(process.pid, signal === 'SIGSTOP' ? 'SIGSTOP' : 'SIGKILL');
  },
});
await runner.run(
  { kind: 'promote', promotionId },
  `promotion-worker/${randomUUID()}`,
  new AbortController().signal,
);
await close();
process.stdout.write('done\n');
process.exit(0);
