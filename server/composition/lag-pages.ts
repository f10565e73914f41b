import { lagReads } from '../adapters/lag/lag-reads.ts';
import { createLagQueries, type LagQueries } from '../application/lag/read-lag.ts';
import type { Settings } from '../env.ts';
import type { Composed } from './compose.ts';

/** What pages and /metrics show of lag. */
export function lagQueries(settings: Settings, { pool, replayDeps }: Composed): LagQueries {
  return createLagQueries({ reads: lagReads(pool), clock: replayDeps.clock, kept: settings.lag.kept });
}
