import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import contract from '../../../contracts/inventory.ts';
import type { EngineContract } from '../../../server/domain/contract/define.ts';
import { storyDefaults, writeStockStory } from '../../story/stock-story.ts';
import { foldByContract, type StoredEvent } from '../../testing/fold-by-contract.ts';
import { eventually, openReplayWorld, type ReplayWorld } from '../../testing/replay-world.ts';
import { openShop, type RunningShop } from '../../testing/running-shop.ts';
import { openScratch } from '../../testing/scratch.ts';
import { inTransaction } from '../process/database.ts';
import { feedStory } from './feed-story.ts';
import { publishAgain, recordFacts } from './record-facts.ts';

const dates = { startsAt: new Date('2026-03-02T06:00:00Z'), endsAt: new Date('2026-03-23T18:00:00Z') };
const inventory = contract as unknown as EngineContract;

type Scratch = Awaited<ReturnType<typeof openScratch>>;

async function readOutbox({ pool }: Scratch): Promise<StoredEvent[]> {
  const { rows } = await pool.query<StoredEvent>(
    `select event_id as id, event_type as type, event_version as version, aggregateid as key, payload as data
     from outbox order by publication`,
  );
  return rows;
}

/** Plain SQL over what the service booked; no event is looked at. */
async function readBusinessTables({ pool }: Pick<Scratch, 'pool'>): Promise<Map<string, unknown>> {
  const { rows } = await pool.query<{ sku: string; onHand: number; reserved: number }>(
    `select sku, sum(on_hand_change)::integer as "onHand", sum(reserved_change)::integer as reserved
     from stock_movements group by sku`,
  );
  return new Map(rows.map(({ sku, onHand, reserved }) => [sku, { onHand, reserved }]));
}

describe.each(['reprise', '1', '2', '7', '20260323'])(
  'a history of seed %s, fed through the service',
  (seed) => {
    let scratch: Scratch;
    const story = writeStockStory({ ...storyDefaults, ...dates, seed });

    beforeAll(async () => {
      scratch = await openScratch(inject('databaseUrl'), 'shop');
      await feedStory(scratch.pool, story.parts.before);
      await feedStory(scratch.pool, story.parts.after);
    });
    afterAll(async () => scratch.close());

    it('has the same stock in SQL over the business tables as in the events folded by the contract', async () => {
      const { states, duplicates } = foldByContract(inventory, await readOutbox(scratch));
      expect(states.size).toBe(storyDefaults.skus);
      expect(duplicates).toBe(storyDefaults.redeliveries);
      expect(states).toEqual(await readBusinessTables(scratch));
    });

    it('breaks no invariant of the contract', async () => {
      const { states } = foldByContract(inventory, await readOutbox(scratch));
      for (const [name, invariant] of Object.entries(inventory.invariants)) {
        if (invariant.over === 'key') {
          for (const [key, state] of states)
            expect([name, key, invariant.holds(state, key)]).toEqual([name, key, true]);
        }
        if (invariant.over === 'sql') expect((await scratch.pool.query(invariant.query)).rows).toEqual([]);
      }
    });

    it('publishes each record of the story once, in its order', async () => {
      const { rows } = await scratch.pool.query<{ event_id: string }>(
        'select event_id from outbox order by publication',
      );
      const told = [...story.parts.before, ...story.parts.after].map((step) =>
        step.step === 'record' ? step.fact.eventId : step.eventId,
      );
      expect(rows.map((row) => row.event_id)).toEqual(told);
    });
  },
);

const brokers = inject('kafkaBrokers');

describe.runIf(brokers !== '').each(['3', '11'])(
  'a history of seed %s, on a topic and replayed by a worker',
  (seed) => {
    let world: ReplayWorld;
    let shop: RunningShop;
    const story = writeStockStory({ ...storyDefaults, ...dates, seed });

    beforeAll(async () => {
      world = await openReplayWorld({ databaseUrl: inject('databaseUrl'), kafkaBrokers: brokers });
      shop = await openShop(world, brokers);
      await world.contractFile('contracts/inventory.ts', (source) =>
        source
          .replaceAll('inventory.events', shop.topic)
          .replace('-projector`', `-projector${shop.groupSuffix}\``),
      );
      world.startWorker(1);
      for (const part of [story.parts.before, story.parts.after]) await feedStory(world.pool, part);
      await eventually('the outbox to be on the topic', 60_000, async () => {
        const ends = await world.admin.fetchTopicOffsets(shop.topic);
        const carried = ends.reduce((sum, { high }) => sum + Number(high), 0);
        return { done: carried === storyDefaults.events, value: carried, seen: carried };
      });
    });
    afterAll(async () => {
      await shop.close();
      await world.close();
    });

    it('has the same stock in SQL over the business tables as in the replayed state, for every SKU', async () => {
      const { replayId } = await world.launch('inventory');
      const row = await world.ended(replayId);
      expect(row).toMatchObject({ status: 'finished', confidence: 'trusted' });
      expect(row.counters).toMatchObject({
        applied: storyDefaults.events - storyDefaults.redeliveries,
        duplicates: storyDefaults.redeliveries,
        quarantined: 0,
      });
      const { rows } = await world.pool.query<{ key: string; state: unknown }>(
        'SELECT key, state FROM shadow_state WHERE replay_id = $1',
        [replayId],
      );
      const replayed = new Map(rows.map(({ key, state }) => [key, state]));
      expect(replayed.size).toBe(storyDefaults.skus);
      expect(replayed).toEqual(await readBusinessTables(world));
    });
  },
);

describe('recording facts', () => {
  let scratch: Scratch;
  beforeAll(async () => {
    scratch = await openScratch(inject('databaseUrl'), 'shop');
  });
  afterAll(async () => scratch.close());

  const received = {
    type: 'StockReceived',
    version: 1,
    data: { quantity: 5 },
    sku: 'TEA-1',
    eventId: '00000000-0000-4000-8000-000000000001',
    occurredAt: '2026-03-02T06:00:00.000Z',
  } as const;

  it('writes business row and outbox row together or not at all', async () => {
    const shipped = {
      type: 'StockShipped',
      version: 2,
      data: { order: 'ORD-1', quantity: 9, fromReservation: 0 },
      sku: 'TEA-1',
      eventId: '00000000-0000-4000-8000-000000000002',
      occurredAt: '2026-03-02T07:00:00.000Z',
    } as const;
    const both = inTransaction(scratch.pool, (client) => recordFacts(client, [received, shipped]));
    await expect(both).rejects.toThrow(/TEA-1/);
    const counts = await scratch.pool.query(
      'select (select count(*) from stock) as stock, (select count(*) from outbox) as outbox',
    );
    expect(counts.rows).toEqual([{ stock: '0', outbox: '0' }]);
  });

  it('publishes an event again under its id, without booking it again', async () => {
    await inTransaction(scratch.pool, (client) => recordFacts(client, [received]));
    await inTransaction(scratch.pool, (client) => publishAgain(client, [received.eventId]));
    const { rows } = await scratch.pool.query(
      `select (select on_hand from stock) as on_hand, count(*)::integer as published,
              count(distinct event_id)::integer as ids, count(distinct payload)::integer as payloads from outbox`,
    );
    expect(rows).toEqual([{ on_hand: 5, published: 2, ids: 1, payloads: 1 }]);
  });
});
