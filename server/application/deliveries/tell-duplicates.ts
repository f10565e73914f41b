import type { EngineContract } from '../../domain/contract/index.ts';
import {
  type Delivery,
  type DeliveryFinding,
  type Duplicate,
  findingOf,
  stretchesOf,
} from '../../domain/deliveries/index.ts';
import type { Reading, Spend } from '../ports/budget-meter.ts';
import type { Transaction } from '../ports/unit-of-work.ts';
import type { AuditDeliveriesDeps } from './deps.ts';
import { toldPerTurn } from './read-history.ts';

const sentenceOf = ({ kind, delivery, first }: Duplicate) =>
  `Event ${delivery.eventId} was delivered at partition ${first.partition}, offset ${first.offset} and again at partition ${delivery.partition}, offset ${delivery.offset}, with ${kind === 'redelivered' ? 'the same content' : 'another content'}.`;

export function duplicateFindings(duplicates: readonly Duplicate[]): readonly DeliveryFinding[] {
  return duplicates.slice(0, toldPerTurn).map((duplicate) => {
    const { kind, delivery, first } = duplicate;
    return findingOf(kind, new Date(delivery.atMs), sentenceOf(duplicate), {
      eventId: delivery.eventId,
      partition: delivery.partition,
      offset: delivery.offset,
      first,
    });
  });
}

/** Events and duplicates by the quarter of an hour that they are of. */
export function duplicateReadings(
  contract: EngineContract,
  deliveries: readonly Delivery[],
  duplicates: readonly Duplicate[],
): readonly Reading[] {
  const duplicateOf = new Map(duplicates.map((each) => [each.delivery, each]));
  const topic = contract.history.kind === 'kafka' ? contract.history.topic : contract.history.table;
  return stretchesOf(deliveries, ({ atMs }) => atMs).map(({ from, to, items }) => {
    const bad = items.flatMap((delivery) => duplicateOf.get(delivery) ?? []);
    return {
      contractId: contract.id,
      indicator: 'duplicates',
      subject: '',
      from,
      to,
      total: items.length,
      bad: bad.length,
      unknown: 0,
      spends: spendsOf(topic, bad),
    };
  });
}

/** One spend each, and the rest of a flood as one. */
function spendsOf(topic: string, duplicates: readonly Duplicate[]): readonly Spend[] {
  const told = duplicates.slice(0, toldPerTurn);
  const rest = duplicates[toldPerTurn];
  const link = ({ partition, offset }: Delivery) =>
    ({ kind: 'record', topic, partition, offset: String(offset) }) as const;
  const spends = told.map(
    (duplicate): Spend => ({
      cause: `duplicate:${duplicate.delivery.eventId}`,
      amount: 1,
      sentence: sentenceOf(duplicate),
      link: link(duplicate.delivery),
    }),
  );
  if (rest === undefined) return spends;
  const count = duplicates.length - told.length;
  const { partition, offset } = rest.delivery;
  return [
    ...spends,
    {
      cause: `duplicates:${partition}:${offset}`,
      amount: count,
      sentence: `${count} more duplicates, from partition ${partition}, offset ${offset} on.`,
      link: link(rest.delivery),
    },
  ];
}

export async function raiseConflicts(
  deps: AuditDeliveriesDeps,
  tx: Transaction,
  contract: EngineContract,
  duplicates: readonly Duplicate[],
): Promise<void> {
  const conflicting = duplicates.filter(({ kind }) => kind === 'conflicting');
  const [first] = conflicting;
  if (first === undefined) return;
  const partitions = new Map<number, { from: number; to: number }>();
  for (const { delivery, first: earlier } of conflicting)
    for (const { partition, offset } of [delivery, earlier]) {
      const known = partitions.get(partition);
      partitions.set(partition, {
        from: Math.min(offset, known?.from ?? offset),
        to: Math.max(offset + 1, known?.to ?? 0),
      });
    }
  const isTopic = contract.history.kind === 'kafka';
  await deps.signals.raise(tx, {
    kind: 'duplicate',
    contractId: contract.id,
    cause: `conflicting:${contract.id}`,
    suggestedClass: 'P2',
    title: `${contract.title} has ${conflicting.length === 1 ? 'an event that was delivered twice with different contents' : `${conflicting.length} events that were delivered twice with different contents`}.`,
    since: new Date(Math.min(...conflicting.map(({ delivery }) => delivery.atMs))),
    facts: {
      conflicting: String(conflicting.length),
      events: idsIn(conflicting.map(({ delivery }) => delivery.eventId)),
      record: `partition ${first.delivery.partition}, offset ${first.delivery.offset}`,
    },
    href: `/losses?contract=${encodeURIComponent(contract.id)}`,
    runbook: null,
    scope: isTopic
      ? {
          partitions: [...partitions].map(([partition, { from, to }]) => ({
            partition,
            from: String(from),
            to: String(to),
          })),
        }
      : null,
  });
}

/** A few ids, and how many more. */
export function idsIn(ids: readonly string[], count = ids.length): string {
  const shown = ids.slice(0, 10);
  return count > shown.length ? `${shown.join(', ')} and ${count - shown.length} more` : shown.join(', ');
}
