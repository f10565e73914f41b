/** What the demo's servers say about it now. */
import { deadLetterTopicOf, orderProjector, type ProjectorName, projectorNames } from '../layout.ts';
import type { DemoFile } from '../setup/demo-file.ts';
import { withClient } from '../setup/roles.ts';
import { countRecords, withAdmin } from '../setup/topics.ts';
import type { ShopAddress } from './addresses.ts';
import { shopOf } from './addresses.ts';
import { orderAddresses, readWaits, waitLine } from './orders.ts';

type ProjectorStatus = {
  readonly name: ProjectorName;
  readonly behind: number;
  readonly deadLetters: number;
  readonly stalled: boolean;
  readonly keys: number;
};

type OrderStatus = {
  readonly orders: number;
  /** Those of which something is still to come. */
  readonly open: number;
  /** Facts that the read model has not applied. */
  readonly behind: number;
  readonly stalled: boolean;
  /** Where orders are placed, and read; null: not started yet. */
  readonly writes: string | null;
  readonly reads: string | null;
  /** How long reads have waited for what was written; null: the read model does not answer. */
  readonly waits: Awaited<ReturnType<typeof readWaits>>;
};

export type DemoStatus = {
  readonly seed: string;
  readonly shop: {
    readonly topic: string;
    readonly records: number;
    /** Outbox rows beyond the first of their event. */
    readonly redeliveries: number;
    readonly projectors: readonly ProjectorStatus[];
  } | null;
  readonly orders: OrderStatus | null;
  readonly bank: {
    readonly events: number;
    readonly accounts: number;
    readonly forgotten: number;
    readonly behind: number;
    readonly stalled: boolean;
  };
};

export async function readStatus(demo: DemoFile): Promise<DemoStatus> {
  const [shop, orders, bank] = await Promise.all([
    demo.shopUrl === null ? null : readShop(shopOf(demo)),
    demo.shopUrl === null ? null : readOrders(shopOf(demo)),
    readBank(demo.bankUrl),
  ]);
  return { seed: demo.seed, shop, orders, bank };
}

async function readShop(shop: ShopAddress): Promise<NonNullable<DemoStatus['shop']>> {
  const ends = await withAdmin(shop.kafkaBrokers, (admin) => admin.fetchTopicOffsets(shop.topic));
  const records = ends.reduce((sum, end) => sum + Number(end.high), 0);
  const { applied, redeliveries } = await readShopRows(shop.url);
  const projectors = await Promise.all(
    projectorNames.map(async (name): Promise<ProjectorStatus> => {
      const found = applied.get(name);
      return {
        name,
        behind: records - (found?.next ?? 0),
        deadLetters: (await countRecords(shop.kafkaBrokers, deadLetterTopicOf(shop.topic, name))) ?? 0,
        stalled: found?.stalled ?? false,
        keys: found?.keys ?? 0,
      };
    }),
  );
  return { topic: shop.topic, records, redeliveries, projectors };
}

type Applied = { next: number; stalled: boolean; keys: number };

async function readShopRows(url: string): Promise<{ applied: Map<string, Applied>; redeliveries: number }> {
  return withClient(url, async (client) => {
    const { rows } = await client.query<Applied & { projector: string }>(
      `select p.projector, sum(p.next_offset)::integer as next, coalesce(bool_or(c.stalled), false) as stalled,
              case p.projector
                when 'inventory' then (select count(*) from inventory_state)
                when 'selling' then (select count(*) from selling_state)
                else (select count(*) from warehouse_state) end::integer as keys
       from applied_positions as p left join projector_control as c using (projector)
       where p.projector <> $1 group by p.projector`,
      [orderProjector],
    );
    const outbox = await client.query<{ again: number }>(
      'select (count(*) - count(distinct event_id))::integer as again from outbox',
    );
    return {
      applied: new Map(rows.map((row) => [row.projector, row])),
      redeliveries: outbox.rows[0]?.again ?? 0,
    };
  });
}

async function readOrders(shop: ShopAddress): Promise<OrderStatus> {
  const { writes, reads } = await orderAddresses(shop);
  const [counted, waits] = await Promise.all([countOrders(shop.url), readWaits(reads)]);
  return { ...counted, writes, reads, waits };
}

async function countOrders(
  url: string,
): Promise<Pick<OrderStatus, 'orders' | 'open' | 'behind' | 'stalled'>> {
  return withClient(url, async (client) => {
    const { rows } = await client.query<Pick<OrderStatus, 'orders' | 'open' | 'behind' | 'stalled'>>(
      `select count(*)::integer as orders, count(*) filter (where due_at is not null)::integer as open,
         ((select count(*) from order_outbox)
           - (select coalesce(sum(next_offset), 0) from applied_positions where projector = $1))::integer as behind,
         exists (select from projector_control where projector = $1 and stalled) as stalled
       from orders`,
      [orderProjector],
    );
    const [row] = rows;
    if (row === undefined) throw new Error('the shop gave no answer about its orders');
    return row;
  });
}

async function readBank(url: string): Promise<DemoStatus['bank']> {
  return withClient(url, async (client) => {
    const { rows } = await client.query<DemoStatus['bank']>(
      `select
         (select count(*) from account_events)::integer as events,
         (select count(*) from account_balances)::integer as accounts,
         (select count(distinct e.subject) from account_events as e
            where e.subject is not null
              and not exists (select from subject_keys as k where k.subject = e.subject))::integer as forgotten,
         (select count(*) from account_events as e
            where not exists (select from applied_cursor as c
              where c.projector = 'balances'
                and (e.transaction_id, e.position) <= (c.transaction_id, c.position)))::integer as behind,
         exists (select from projector_control where stalled) as stalled`,
    );
    const [row] = rows;
    if (row === undefined) throw new Error('the bank gave no answer');
    return row;
  });
}

/** The status as lines for a person. */
export function toLines(status: DemoStatus): string[] {
  const { shop, orders, bank } = status;
  const lines = [`Demo of seed ${status.seed}`];
  if (shop === null) lines.push('Shop      not there: no broker was available');
  else {
    lines.push(`Topic     ${shop.topic}: ${shop.records} records, ${shop.redeliveries} of them redeliveries`);
    for (const p of shop.projectors) {
      const dead = p.deadLetters === 1 ? '1 dead letter' : `${p.deadLetters} dead letters`;
      lines.push(
        `${p.name.padEnd(10)}${p.keys} SKUs, ${p.behind} records behind, ${dead}${p.stalled ? ', stalled' : ''}`,
      );
    }
  }
  if (orders !== null) {
    const { open, behind, stalled, writes, reads, waits } = orders;
    lines.push(
      `Orders    ${orders.orders} orders, ${open} of them on their way, ${behind} facts behind${stalled ? ', stalled' : ''}`,
      `          placed at ${writes ?? 'nowhere yet'}/orders, read at ${reads ?? 'nowhere yet'}/orders/<id>?after=<position>`,
    );
    if (waits !== null) lines.push(`          ${waitLine(waits)}`);
  }
  const events = `${bank.events} events, ${bank.accounts} accounts, ${bank.forgotten} holders forgotten`;
  lines.push(`Bank      ${events}, ${bank.behind} events behind${bank.stalled ? ', stalled' : ''}`);
  return lines;
}
