import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import contract from '../../../contracts/inventory.ts';
import type { EngineContract } from '../../../server/domain/contract/define.ts';
import { storyDefaults, writeStockStory } from '../../story/stock-story.ts';
import { foldByContract, type StoredEvent } from '../../testing/fold-by-contract.ts';
import { openScratch, silent } from '../../testing/scratch.ts';
import { serve } from '../process/serve.ts';
import { answerCorrection } from './answer-corrections.ts';
import { feedStory } from './feed-story.ts';

const inventory = contract as unknown as EngineContract;
let scratch: Awaited<ReturnType<typeof openScratch>>;
let server: Awaited<ReturnType<typeof serve>>;
let original: { id: string; sku: string };

beforeAll(async () => {
  scratch = await openScratch(inject('databaseUrl'), 'shop');
  const { pool } = scratch;
  const dates = { startsAt: new Date('2026-03-02T06:00:00Z'), endsAt: new Date('2026-03-23T18:00:00Z') };
  await feedStory(pool, writeStockStory({ ...storyDefaults, ...dates, seed: '1' }).parts.before);
  const answer = (asked: Parameters<typeof answerCorrection>[2]) =>
    answerCorrection(pool, 'the-token', asked);
  server = await serve({ service: 'stock', pool, log: silent, answer });
  const { rows } = await pool.query<{ id: string; sku: string }>(
    `select event_id as id, sku from stock_movements where fact = 'StockReceived' order by movement limit 1`,
  );
  const [row] = rows;
  if (row === undefined) throw new Error('the story receives nothing');
  original = row;
});
afterAll(async () => {
  await server.close();
  await scratch.close();
});

const correction = (change: Readonly<Record<string, unknown>> = {}) => ({
  eventId: randomUUID(),
  type: 'StockAdjusted',
  version: 1,
  key: original.sku,
  occurredAt: '2026-03-24T08:00:00.000Z',
  data: { change: 3, reason: 'a case was counted as a unit' },
  corrects: {
    eventId: original.id,
    originalValue: '1 unit',
    correctedValue: '4 units',
    reason: 'The dock scanned a unit.',
    correctedBy: 'rosa',
    ticket: 'INC-7',
  },
  ...change,
});

async function ask(body: unknown, authorization = 'Bearer the-token') {
  const headers = { authorization, 'content-type': 'application/json' };
  const answered = await fetch(`${server.url}/corrections`, {
    method: 'POST',
    headers,
    body: JSON.stringify(body),
  });
  return { status: answered.status, body: (await answered.json()) as { problem?: string } };
}

const counts = async () => {
  const { rows } = await scratch.pool.query(
    `select (select count(*) from stock_movements)::integer as movements,
            (select count(*) from outbox)::integer as published`,
  );
  return rows[0] as { movements: number; published: number };
};

/** What plain SQL over the business tables says is what the contract makes of the outbox. */
async function expectBalance() {
  const { pool } = scratch;
  const events = await pool.query<StoredEvent>(
    `select event_id as id, event_type as type, event_version as version, aggregateid as key, payload as data
     from outbox order by publication`,
  );
  const books = await pool.query<{ sku: string; onHand: number; reserved: number }>(
    `select sku, sum(on_hand_change)::integer as "onHand", sum(reserved_change)::integer as reserved
     from stock_movements group by sku`,
  );
  const { states } = foldByContract(inventory, events.rows);
  expect(states).toEqual(new Map(books.rows.map(({ sku, onHand, reserved }) => [sku, { onHand, reserved }])));
  const shelves = inventory.invariants.stock_on_hand_matches_transactions;
  if (shelves?.over !== 'sql') throw new Error('the contract checks its books by SQL');
  expect((await pool.query(shelves.query)).rows).toEqual([]);
}

it('books and publishes a correction once, however often and however much at once it is asked for', async () => {
  const before = await counts();
  const wanted = correction();
  const answers = await Promise.all([ask(wanted), ask(wanted), ask(wanted)]);
  answers.push(await ask(wanted));
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 200, 201]);
  expect(await counts()).toEqual({ movements: before.movements + 1, published: before.published + 1 });
  const { rows } = await scratch.pool.query('select payload from outbox where event_id = $1', [
    wanted.eventId,
  ]);
  expect(rows).toEqual([{ payload: { ...wanted.data, corrects: wanted.corrects } }]);
  await expectBalance();
});

it('refuses what it can’t book, with a sentence, and changes nothing', async () => {
  const taken = correction();
  await ask(taken);
  const before = await counts();
  const stranger = { ...correction().corrects, eventId: randomUUID() };
  const refused: readonly [unknown, number, RegExp][] = [
    [correction({ type: 'StockShipped', data: {} }), 422, /StockAdjusted, version 1/],
    [correction({ data: { change: 'three', reason: '' } }), 422, /whole number/],
    [correction({ data: { change: -1_000_000, reason: 'x' } }), 409, /can't happen/],
    [correction({ corrects: stranger }), 422, /was ever booked/],
    [correction({ key: 'NO-SUCH-SKU' }), 422, /was ever booked/],
    [{ ...taken, data: { change: 4, reason: 'other' } }, 409, /another one already/],
    [correction({ eventId: 'x' }), 400, /eventId/],
  ];
  for (const [body, status, problem] of refused)
    expect(await ask(body)).toEqual({ status, body: { problem: expect.stringMatching(problem) } });
  expect((await ask(correction(), 'Bearer other')).status).toBe(401);
  expect(await counts()).toEqual(before);
  await expectBalance();
});
