import type { EngineContract } from '../../domain/contract/index.ts';
import { type Matched, stretchesOf, type TakenBack } from '../../domain/deliveries/index.ts';
import type { Reading, Spend } from '../ports/budget-meter.ts';
import type { SuggestedScope } from '../ports/incident-signals.ts';
import type { Transaction } from '../ports/unit-of-work.ts';
import type { AuditDeliveriesDeps } from './deps.ts';
import type { Lost } from './keep-sent.ts';
import type { ReadDeliveries } from './read-history.ts';
import { idsIn } from './tell-duplicates.ts';

const IDS_SHOWN = 10;

const causeOf = (eventId: string) => `lost:${eventId}`;

/** What was sent and has a fate, by the quarter of an hour in which it was sent. */
export function lossReadings(
  contract: EngineContract,
  matched: readonly Matched[],
  lost: readonly Lost[],
): readonly Reading[] {
  const table = contract.sent?.table ?? '';
  const all = [
    ...matched.map(({ atMs }) => ({ atMs, lost: null })),
    ...lost.map((each) => ({ atMs: each.atMs, lost: each })),
  ];
  return stretchesOf(all, ({ atMs }) => atMs).map(({ from, to, items }) => {
    const bad = items.flatMap((item) => item.lost ?? []);
    const count = bad.reduce((sum, each) => sum + each.count, 0);
    return {
      contractId: contract.id,
      indicator: 'losses',
      subject: '',
      from,
      to,
      total: items.length - bad.length + count,
      bad: count,
      unknown: 0,
      spends: bad.map(
        ({ awaited, count: amount }): Spend => ({
          cause: causeOf(awaited.eventId),
          amount,
          sentence: `Event ${awaited.eventId} was sent and has not arrived.`,
          link: {
            kind: 'sent',
            table,
            position: String(awaited.position ?? ''),
            eventId: awaited.eventId,
          },
        }),
      ),
    };
  });
}

type Told = {
  readonly contract: EngineContract;
  readonly number: number;
  readonly read: ReadDeliveries;
  readonly now: Date;
  readonly scope: SuggestedScope | null;
};

/** Raises what is lost, takes back what arrived after all, and clears when nothing is missed any more. */
export async function tellLosses(
  deps: AuditDeliveriesDeps,
  tx: Transaction,
  { contract, number, read, now, scope }: Told,
  found: { readonly lost: readonly Lost[]; readonly takenBack: readonly TakenBack[] },
): Promise<void> {
  const { lost, takenBack } = found;
  if (lost.length === 0 && takenBack.length === 0) return;
  for (const { awaited, arrival, count, all } of takenBack) {
    read.counts.add(awaited.atMs, 'lost', -count);
    read.counts.add(awaited.atMs, 'late', count);
    if (all)
      await deps.meter.takeBack(tx, {
        contractId: contract.id,
        indicator: 'losses',
        subject: '',
        cause: causeOf(awaited.eventId),
        sentence: `Event ${awaited.eventId} arrived after all, at partition ${arrival.partition}, offset ${arrival.offset}.`,
      });
  }
  const arrived = takenBack
    .filter(({ all }) => all)
    .map(({ awaited }) => ({ eventId: awaited.eventId, at: now }));
  await deps.deliveries.keepArrived(tx, contract.id, arrived);
  await deps.live.notify(tx, `deliveries:${contract.id}`);
  const missed = await deps.deliveries.lost(tx, number, IDS_SHOWN);
  const cause = `lost:${contract.id}`;
  if (missed.count === 0) {
    await deps.signals.clear(tx, {
      cause,
      at: now,
      sentence: 'Every event that was missed has arrived.',
      facts: { arrived: idsIn(takenBack.map(({ awaited }) => awaited.eventId)) },
    });
    return;
  }
  const { incident, runbook } = contract.budgets.losses?.onBreach ?? { incident: null, runbook: null };
  if (lost.length === 0 || incident === null) return;
  await deps.signals.raise(tx, {
    kind: 'lost-event',
    contractId: contract.id,
    cause,
    suggestedClass: incident,
    title:
      missed.count === 1
        ? `${contract.title}: an event was sent and has not arrived.`
        : `${contract.title}: ${missed.count} events were sent and have not arrived.`,
    since: missed.since ?? now,
    facts: {
      lost: String(missed.count),
      events: idsIn(missed.eventIds, missed.count),
      outbox: `${contract.sent?.connection}: ${contract.sent?.table}`,
    },
    href: `/losses?contract=${encodeURIComponent(contract.id)}`,
    runbook,
    scope,
  });
}
