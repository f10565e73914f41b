import { openDerivedStates } from '../adapters/derived-state/postgres-state-reader.ts';
import { openEventTableLag } from '../adapters/event-table/unapplied.ts';
import { openLagProbe } from '../adapters/kafka/index.ts';
import { lagStore } from '../adapters/lag/lag-store.ts';
import { leases } from '../adapters/postgres/leases.ts';
import { createLagSampler, keepUpLag } from '../application/lag/lag-sampler.ts';
import type { DerivedState } from '../domain/contract/index.ts';
import { RepriseError } from '../domain/shared/errors.ts';
import type { Settings } from '../env.ts';
import { type Composed, kafkaSettings } from './compose.ts';
import { budgetMeter } from './meter.ts';

/** A read model that takes longer makes a gap. */
const STATEMENT_MS = 3_000;

/** What a worker measures of lag, and how long that is kept. */
export function composeLag(settings: Settings, composed: Composed, holder: string) {
  const { replayDeps, connect, log } = composed;
  const probe = settings.kafka === null ? null : openLagProbe(kafkaSettings(settings, settings.kafka));
  const limits = { statementTimeoutMs: STATEMENT_MS, idleTimeoutMs: 10_000, batchRows: 1 };
  const tables = openDerivedStates(connect, limits);
  const { clock, unitOfWork } = replayDeps;
  const deps = { ...replayDeps, store: lagStore, leases, holder };
  const sampler = createLagSampler({
    ...deps,
    log,
    probe,
    derivedStates: {
      positionOf: async (state: DerivedState<unknown>) => {
        if (state.kind === 'postgres') return tables.positionOf(state);
        throw new RepriseError('internal', 'A state in a topic has the position of its group.');
      },
    },
    eventTable: (history) => openEventTableLag(history, connect),
    meter: budgetMeter,
    signals: replayDeps.signals,
    everyMs: settings.lag.everyMs,
    stuckAfterMs: settings.lag.stuckMs,
  });
  return {
    everyMs: settings.lag.everyMs,
    sample: () => sampler.sample(),
    keepUp: () => keepUpLag({ unitOfWork, clock, leases, store: lagStore, holder }, settings.lag.kept),
    close: async () => probe?.close(),
  };
}
