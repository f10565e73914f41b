import type { SinkState } from '../ports/evidence-log.ts';
import type { DependencyProbe } from '../ports/page-reads.ts';
import { isFailing } from './keep-checkpoint.ts';

/** What is the matter with where checkpoints go, as a sentence; null: nothing. */
export function troubleOfSink(state: SinkState): string | null {
  if (!isFailing(state)) return null;
  const since =
    state.lastSuccessAt === null
      ? 'and never could be'
      : `since ${state.lastSuccessAt.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
  return `Checkpoints of the evidence log can’t be kept in ${state.name}, ${since}: ${state.lastProblem ?? 'it is not known why'}`;
}

export function checkpointsProbe(states: () => Promise<readonly SinkState[]>): DependencyProbe {
  return {
    name: 'checkpoints',
    check: async () => {
      const all = await states();
      const troubles = all.flatMap((state) => troubleOfSink(state) ?? []);
      if (troubles.length > 0) return { status: 'down', detail: troubles.join(' ') };
      if (all.length === 0)
        return { status: 'not-configured', detail: 'no worker has kept a checkpoint within the last hour' };
      const kept = all.map(({ name, lastSize, lastSuccessAt }) => {
        const at = lastSuccessAt?.toISOString().slice(0, 16).replace('T', ' ');
        return `${name}: ${lastSize} entries at ${at} UTC`;
      });
      return { status: 'up', detail: kept.join('; ') };
    },
  };
}
