/** Keeps `order_state`: rows, applied positions and seen ids change in one transaction. */
import type { KafkaMessage } from 'kafkajs';
import type pg from 'pg';
import { orderProjector } from '../../layout.ts';
import { dropSeen, isStalled, lockPosition, moveTo } from '../projector/applied.ts';
import type { BatchOutcome, Parked } from '../projector/apply-batch.ts';
import { type ReadEvent, Unusable } from '../projector/profiles.ts';
import { readMessage } from '../projector/read-message.ts';

const statuses: Readonly<Record<string, string>> = {
  OrderPlaced: 'placed',
  StockReserved: 'reserved',
  PaymentProcessed: 'paid',
  PaymentDeclined: 'declined',
  OrderShipped: 'shipped',
  ShipmentRefused: 'refused',
  PaymentRefunded: 'refunded',
  PaymentRefundFailed: 'refund failed',
  ReservationReleased: 'released',
  OrderCancelled: 'cancelled',
};

type Delivered = { readonly message: KafkaMessage; readonly event: ReadEvent };

/** An order that was applied, and how many of its facts. */
export type AppliedOrder = { readonly orderId: string; readonly facts: number };

export async function applyOrders(
  client: pg.ClientBase,
  batch: { readonly partition: number; readonly messages: readonly KafkaMessage[] },
  park: (parked: readonly Parked[]) => Promise<void>,
): Promise<{ readonly outcome: BatchOutcome; readonly applied: readonly AppliedOrder[] }> {
  if (await isStalled(client, orderProjector)) return { outcome: { outcome: 'stalled' }, applied: [] };
  const next = await lockPosition(client, orderProjector, batch.partition);
  const fresh = batch.messages.filter(({ offset }) => BigInt(offset) >= next);
  const last = fresh.at(-1);
  if (last === undefined)
    return { outcome: { outcome: 'applied', applied: 0, skipped: 0, parked: 0 }, applied: [] };
  const { readable, parked } = sortOut(fresh);
  const wanted = await dropSeen(client, orderProjector, readable);
  const applied: AppliedOrder[] = [];
  for (const { event } of wanted) applied.push(await applyOne(client, event));
  if (parked.length > 0) await park(parked);
  await moveTo(client, orderProjector, batch.partition, last.offset);
  const skipped = readable.length - wanted.length;
  return {
    outcome: { outcome: 'applied', applied: wanted.length, skipped, parked: parked.length },
    applied,
  };
}

function sortOut(messages: readonly KafkaMessage[]): { readable: Delivered[]; parked: Parked[] } {
  const readable: Delivered[] = [];
  const parked: Parked[] = [];
  for (const message of messages) {
    try {
      const event = readMessage(message);
      check(event);
      readable.push({ message, event });
    } catch (error) {
      if (!(error instanceof Unusable)) throw error;
      parked.push({ message, reason: error });
    }
  }
  return { readable, parked };
}

function check({ type, version, data }: ReadEvent): void {
  if (statuses[type] === undefined) throw new Unusable('unknown-type', `${type} is not known`);
  if (version !== 1) throw new Unusable('unsupported-version', `${type} version ${version} is not known`);
  if (type === 'OrderPlaced' && !Number.isInteger(data.totalCents))
    throw new Unusable('invalid-data', 'OrderPlaced.totalCents is not a whole number');
}

/** One fact more. */
async function applyOne(client: pg.ClientBase, event: ReadEvent): Promise<AppliedOrder> {
  const { rows } = await client.query<{ facts: number }>(
    `insert into order_state as o (order_id, status, total_cents, facts) values ($1, $2, coalesce($3::integer, 0), 1)
     on conflict (order_id) do update
       set status = excluded.status, total_cents = coalesce($3::integer, o.total_cents), facts = o.facts + 1
     returning facts`,
    [event.sku, statuses[event.type], event.type === 'OrderPlaced' ? event.data.totalCents : null],
  );
  return { orderId: event.sku, facts: rows[0]?.facts ?? 0 };
}
