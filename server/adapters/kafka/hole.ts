import type { AbsenceCause } from '../../domain/replay/index.ts';
import type { Cluster } from './cluster.ts';

/** Why an offset is in no batch. A topic whose policy is hidden is taken for one that loses nothing. */
export type Hole = Extract<AbsenceCause, 'compacted' | 'missing'>;

export const toHole = (cleanupPolicy: string | null | undefined): Hole =>
  cleanupPolicy?.includes('compact') ? 'compacted' : 'missing';

export const holeOf = async (cluster: Cluster, topic: string): Promise<Hole> =>
  toHole((await cluster.configs(topic))?.get('cleanup.policy'));
