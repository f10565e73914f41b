import type { Saga } from '../../domain/contract/index.ts';
import { type Attempt, countAttempts, evolve, type SagaRun } from '../../domain/saga/index.ts';
import type { Reading } from '../ports/budget-meter.ts';
import type { FollowedStretch, KeptEvent, KeptRun } from '../ports/sagas.ts';
import type { Transaction } from '../ports/unit-of-work.ts';
import type { SagaDeps } from './deps.ts';
import type { FoundEvent } from './read-events.ts';

export type Stretch = Omit<FollowedStretch, 'events' | 'runs'> & { readonly found: readonly FoundEvent[] };

/** Keeps what a stretch of a history told of sagas, and counts the compensations in it, in one transaction. */
export async function keepStretch(
  { sagas, meter, live }: Pick<SagaDeps, 'sagas' | 'meter' | 'live'>,
  tx: Transaction,
  saga: Saga,
  { found, ...stretch }: Stretch,
): Promise<void> {
  const { contractId, identity, partition } = stretch;
  // An event table is read again from its last bound after an interruption, by transactions and not by offsets; a topic
  // from its start, where its end was before the cursor.
  const kept = await sagas.keptAt(
    tx,
    contractId,
    identity,
    partition,
    found.map(({ offset }) => offset),
  );
  // Where a log was cut and written on, another event may stand at an offset that was followed before.
  const news = found.filter(({ offset, id }) => kept.get(offset) !== id);
  const before = await sagas.runs(
    tx,
    contractId,
    [...new Set(news.map(({ key }) => key))],
    news.map(({ id }) => id),
  );
  const { runs, events, attempts } = evolveAll(saga, before, news);
  await sagas.keep(tx, { ...stretch, runs, events });
  if (attempts.length > 0) await meter.count(tx, readingsOf(contractId, attempts));
  if (news.length > 0) await live.notify(tx, `sagas:${contractId}`);
}

function evolveAll(saga: Saga, before: ReadonlyMap<string, SagaRun>, found: readonly FoundEvent[]) {
  const runs = new Map<string, KeptRun>();
  const events: KeptEvent[] = [];
  const attempts: Attempt[] = [];
  for (const event of found) {
    const { key, id: eventId, type, offset, atMs } = event;
    const evolved = evolve(saga, runs.get(key)?.run ?? before.get(key) ?? null, event);
    runs.set(key, { run: evolved.run, lastType: type, lastOffset: offset });
    events.push({ key, eventId, type, offset, atMs, roles: evolved.roles, oddities: evolved.oddities });
    const failed = new Set(evolved.failed);
    for (const step of evolved.attempted) attempts.push({ key, step, atMs, failed: failed.has(step) });
  }
  return { runs: [...runs.values()], events, attempts };
}

function readingsOf(contractId: string, attempts: readonly Attempt[]): readonly Reading[] {
  return countAttempts(attempts).map(({ fromMs, toMs, total, failed }) => ({
    contractId,
    indicator: 'compensations',
    subject: '',
    from: new Date(fromMs),
    to: new Date(toMs),
    total,
    bad: failed.length,
    unknown: 0,
    spends: failed.map(({ key, step }) => ({
      cause: `compensation:${key}:${step}`,
      amount: 1,
      sentence: `Undoing the step ${step} of ${key} failed.`,
      link: { kind: 'saga', key },
    })),
  }));
}
