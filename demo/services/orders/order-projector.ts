import { orderProjector } from '../../layout.ts';
import type { Projector } from '../projector/consume.ts';
import { type AppliedOrder, applyOrders } from './apply-orders.ts';
import type { ReadWaits } from './read-waits.ts';

/** What `order_state` has come to is told to those who wait for it once it is committed, and not before. */
export function projectorOfOrders(waits: ReadWaits, now: () => number): Projector {
  let applied: readonly AppliedOrder[] = [];
  return {
    name: orderProjector,
    apply: async (client, batch, _position, park) => {
      const done = await applyOrders(client, batch, park);
      applied = done.applied;
      return done.outcome;
    },
    committed: () => {
      for (const { orderId, facts } of applied) waits.applied(orderId, BigInt(facts), now());
      applied = [];
    },
  };
}
