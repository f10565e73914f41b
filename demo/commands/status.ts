/** What the demo's servers say about it now. */
import { deadLetterTopicOf, type ProjectorName, projectorNames } from '../layout.ts';
import type { DemoFile } from '../setup/demo-file.ts';
import { withClient } from '../setup/roles.ts';
import { countRecords, withAdmin } from '../setup/topics.ts';
import type { ShopAddress } from './addresses.ts';
import { shopOf } from './addresses.ts';

type ProjectorStatus = {
  readonly name: ProjectorName;
  readonly behind: number;
  readonly deadLetters: number;
  readonly stalled: boolean;
  readonly keys: number;
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
  readonly bank: {
    readonly events: number;
    readonly accounts: number;
    readonly forgotten: number;
    readonly behind: number;
    readonly stalled: boolean;
  };
};

export async function readStatus(demo: DemoFile): Promise<DemoStatus> {
  const [shop, bank] = await Promise.all([
    demo.shopUrl === null ? null : readShop(shopOf(demo)),
    readBank(demo.bankUrl),
  ]);
  return { seed: demo.seed, shop, bank };
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
       group by p.projector`,
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
  const { shop, bank } = status;
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
  const events = `${bank.events} events, ${bank.accounts} accounts, ${bank.forgotten} holders forgotten`;
  lines.push(`Bank      ${events}, ${bank.behind} events behind${bank.stalled ? ', stalled' : ''}`);
  return lines;
}
