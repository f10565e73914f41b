import { counted } from '../../domain/shared/counted.ts';
import type { Clock } from '../ports/clock.ts';
import type { DependencyProbe, Health, PageReads } from '../ports/page-reads.ts';
import { within } from './time-out.ts';

type Dependency = Health['dependencies'][number];

const PROBE_MS = 3_000;
/** Without these nothing can be done at all; without any other, something can. */
const vital = ['database', 'workers'];

/** For so long an answer is given again. Anybody may ask, signed in or not, and each asking goes to every dependency. */
const KEPT_MS = 3_000;

/** Asks once for all who want to know at about the same time. */
export function rememberHealth(clock: Clock, read: () => Promise<Health>): () => Promise<Health> {
  let kept: { readonly answer: Promise<Health>; readonly atMs: number } | null = null;
  return () => {
    const nowMs = clock.now().getTime();
    // A clock that is set back does not keep an answer for longer.
    if (kept === null || nowMs < kept.atMs || nowMs - kept.atMs >= KEPT_MS) {
      const asked = { answer: read(), atMs: nowMs };
      kept = asked;
      asked.answer.catch(() => {
        if (kept === asked) kept = null;
      });
    }
    return kept.answer;
  };
}

/** Each dependency's state, asked for at the same time and each with its own time-out. */
export async function readHealth(
  clock: Clock,
  reads: Pick<PageReads, 'workers' | 'problems'>,
  probes: readonly DependencyProbe[],
): Promise<Health> {
  const dependencies = await Promise.all(
    [...probes, workersProbe(reads), contractsProbe(reads)].map((probe) => ask(clock, probe)),
  );
  const down = dependencies.filter((each) => each.status === 'down');
  const status = down.some((each) => vital.includes(each.name))
    ? 'down'
    : down.length > 0
      ? 'degraded'
      : 'up';
  return { status, asOf: clock.now().toISOString(), dependencies };
}

async function ask(clock: Clock, probe: DependencyProbe): Promise<Dependency> {
  const startedAt = clock.now().getTime();
  try {
    const { status, detail } = await within(clock, PROBE_MS, probe.name, probe.check());
    const latencyMs = status === 'up' ? clock.now().getTime() - startedAt : null;
    return { name: probe.name, status, detail, latencyMs };
  } catch (error) {
    const detail = lastLine(error instanceof Error ? error.message : String(error));
    return { name: probe.name, status: 'down', detail, latencyMs: null };
  }
}

function workersProbe(reads: Pick<PageReads, 'workers'>): DependencyProbe {
  return {
    name: 'workers',
    check: async () => {
      const { alive, threads } = await reads.workers();
      if (alive === 0) return { status: 'down', detail: 'no worker is alive, so no replay makes progress' };
      return { status: 'up', detail: `${counted(alive, 'worker')} with ${counted(threads, 'thread')}` };
    },
  };
}

function contractsProbe(reads: Pick<PageReads, 'problems'>): DependencyProbe {
  return {
    name: 'contracts',
    check: async () => {
      const problems = await reads.problems();
      if (problems.length === 0) return { status: 'up', detail: 'every file is registered' };
      const files = problems.map((problem) => problem.file).join(', ');
      return { status: 'down', detail: `${counted(problems.length, 'file')} can't be registered: ${files}` };
    },
  };
}

/** Some drivers quote the call before they come to what happened. */
function lastLine(text: string): string {
  return text.trim().split('\n').at(-1)?.trim() ?? text;
}
