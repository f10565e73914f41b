import { counted } from '../../domain/shared/counted.ts';
import type { Stuck, WatchedSaga } from '../ports/sagas.ts';
import type { Transaction } from '../ports/unit-of-work.ts';
import type { SagaDeps } from './deps.ts';

/** One incident for all stuck sagas of a contract. */
export const causeOf = (contractId: string): string => `saga:${contractId}`;

/**
 * Says which sagas are stuck now: one incident for all of a contract, told when others are stuck than before, and
 * cleared when none is. Answers how many were told.
 */
export async function tellStuck(
  { sagas, signals, live }: Pick<SagaDeps, 'sagas' | 'signals' | 'live'>,
  tx: Transaction,
  watched: WatchedSaga,
  toldBefore: number,
  now: Date,
): Promise<number> {
  const { contractId, saga, title } = watched;
  const stuck = await sagas.markStuck(tx, contractId, new Date(now.getTime() - saga.limitMs));
  if (stuck.changed) await live.notify(tx, `sagas:${contractId}`);
  const cause = causeOf(contractId);
  if (stuck.oldest !== null && (stuck.changed || stuck.count !== toldBefore)) {
    await signals.raise(tx, {
      kind: 'saga',
      contractId,
      cause,
      suggestedClass: 'P2',
      title: `${counted(stuck.count, 'saga')} of ${title} ${stuck.count === 1 ? 'is' : 'are'} stuck: not ended within ${span(saga.limitMs)}.`,
      since: new Date(stuck.oldest.startedAt.getTime() + saga.limitMs),
      facts: factsOf(stuck.oldest, stuck.count, saga.limitMs),
      href: `/sagas?contract=${encodeURIComponent(contractId)}&state=stuck`,
      runbook: null,
      scope: null,
    });
  } else if (stuck.count === 0 && toldBefore > 0) {
    await signals.clear(tx, {
      cause,
      at: now,
      sentence: `No saga of ${title} is stuck any more.`,
      facts: { stuck: '0' },
    });
  }
  return stuck.count;
}

/** Without keys: what stands in an incident stays, and a key may name a person. Its page leads to them. */
function factsOf({ step, startedAt }: NonNullable<Stuck['oldest']>, count: number, limitMs: number) {
  return {
    stuck: String(count),
    'oldest began': startedAt.toISOString(),
    'last step of the oldest': step ?? 'none',
    limit: span(limitMs),
  };
}

/** 90,000 → `90 s`, 600,000 → `10 min`. */
function span(ms: number): string {
  const seconds = ms / 1_000;
  if (seconds < 120) return `${Math.round(seconds * 10) / 10} s`;
  if (seconds < 7_200) return `${Math.round(seconds / 6) / 10} min`;
  return `${Math.round(seconds / 360) / 10} h`;
}
