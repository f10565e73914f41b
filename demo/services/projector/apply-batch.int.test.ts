import type { KafkaMessage } from 'kafkajs';
import { afterAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { openScratch } from '../../testing/scratch.ts';
import { inTransaction } from '../process/database.ts';
import { applyBatch, type Parked } from './apply-batch.ts';
import { profiles } from './profiles.ts';

const scratch = await openScratch(inject('databaseUrl'), 'shop');

function message(offset: number, id: string, type: string, version: number, data: unknown): KafkaMessage {
  return {
    key: Buffer.from('TEA-1'),
    value: Buffer.from(typeof data === 'string' ? data : JSON.stringify(data)),
    timestamp: '0',
    attributes: 0,
    offset: String(offset),
    headers: { id, eventType: type, eventVersion: String(version) },
  };
}

const received = (offset: number, id: string, quantity: number) =>
  message(offset, id, 'StockReceived', 1, { quantity });
const pilot = (offset: number, id: string) =>
  message(offset, id, 'StockReceived', 3, { cases: 2, unitsPerCase: 4, supplier: 'Pilot' });

async function deliver(
  name: 'inventory' | 'selling' | 'warehouse',
  messages: KafkaMessage[],
  checksIds = true,
) {
  const parked: Parked[] = [];
  const park = async (dead: readonly Parked[]) => {
    parked.push(...dead);
  };
  const outcome = await inTransaction(scratch.pool, (client) =>
    applyBatch(client, profiles[name], { partition: 0, messages }, { checksIds, park }),
  );
  return { outcome, parked };
}

async function quantityIn(name: string): Promise<number | undefined> {
  const { rows } = await scratch.pool.query<{ quantity: number }>(`select quantity from ${name}_state`);
  return rows[0]?.quantity;
}

async function nextOffset(): Promise<string | undefined> {
  const { rows } = await scratch.pool.query<{ next_offset: string }>(
    'select next_offset from applied_positions',
  );
  return rows[0]?.next_offset;
}

describe('a projector', () => {
  beforeEach(async () => {
    await scratch.pool.query(
      `truncate inventory_state, selling_state, warehouse_state, applied_positions, processed_events,
                projector_control`,
    );
  });
  afterAll(async () => scratch.close());

  it('applies an event once, however often and in however many batches it comes', async () => {
    await deliver('inventory', [received(0, 'a', 5), received(1, 'a', 5)]);
    const { outcome } = await deliver('inventory', [received(2, 'a', 5), received(3, 'b', 1)]);
    expect(outcome).toEqual({ outcome: 'applied', applied: 1, skipped: 1, parked: 0 });
    expect(await quantityIn('inventory')).toBe(6);
  });

  it('without an idempotency check applies what comes twice, twice', async () => {
    await deliver('warehouse', [received(0, 'a', 5), received(1, 'a', 5)], false);
    expect(await quantityIn('warehouse')).toBe(10);
  });

  it('applies no record below its applied position, with an idempotency check or without', async () => {
    await deliver('warehouse', [received(0, 'a', 5), received(1, 'b', 1)], false);
    await deliver('warehouse', [received(0, 'a', 5), received(1, 'b', 1), received(2, 'c', 2)], false);
    expect(await quantityIn('warehouse')).toBe(8);
    expect(await nextOffset()).toBe('3');
  });

  it('parks a version that it cannot read, says why, and goes on', async () => {
    const { outcome, parked } = await deliver('selling', [
      received(0, 'a', 5),
      pilot(1, 'p'),
      received(2, 'b', 1),
    ]);
    expect(outcome).toEqual({ outcome: 'applied', applied: 2, skipped: 0, parked: 1 });
    expect(parked.map(({ message: m, reason }) => [m.offset, reason.cause])).toEqual([
      ['1', 'unsupported-version'],
    ]);
    expect(await quantityIn('selling')).toBe(6);
    expect(await nextOffset()).toBe('3');
  });

  it('reads cases as units where it knows the version', async () => {
    await deliver('inventory', [pilot(0, 'p')]);
    expect(await quantityIn('inventory')).toBe(8);
  });

  it.each<[string, KafkaMessage]>([
    ['undecodable', message(0, 'x', 'StockReceived', 1, '{"quantity": 1')],
    ['undecodable', message(0, '', 'StockReceived', 1, { quantity: 1 })],
    ['unknown-type', message(0, 'x', 'StockTeleported', 1, { quantity: 1 })],
    ['invalid-data', message(0, 'x', 'StockReceived', 1, { quantity: 'many' })],
  ])('parks what is %s and changes nothing by it', async (cause, poison) => {
    const { parked } = await deliver('inventory', [poison]);
    expect(parked.map(({ reason }) => reason.cause)).toEqual([cause]);
    expect(await quantityIn('inventory')).toBeUndefined();
    expect(await nextOffset()).toBe('1');
  });

  it('moves neither state nor position when its dead letter cannot be written', async () => {
    const failing = inTransaction(scratch.pool, (client) =>
      applyBatch(
        client,
        profiles.selling,
        { partition: 0, messages: [received(0, 'a', 5), pilot(1, 'p')] },
        { checksIds: true, park: () => Promise.reject(new Error('no broker')) },
      ),
    );
    await expect(failing).rejects.toThrow('no broker');
    expect(await quantityIn('selling')).toBeUndefined();
    expect(await nextOffset()).toBeUndefined();
  });

  it('applies nothing while it is stalled', async () => {
    await scratch.pool.query(`insert into projector_control values ('inventory', true)`);
    const { outcome } = await deliver('inventory', [received(0, 'a', 5)]);
    expect(outcome).toEqual({ outcome: 'stalled' });
    expect(await nextOffset()).toBeUndefined();
  });

  it('stands still before a record that it can not decode where it is told to, and parks it once it is not', async () => {
    const poison = message(1, 'x', 'StockReceived', 1, '{"quantity": 1');
    const batch = [received(0, 'a', 5), poison, received(2, 'b', 1)];
    await scratch.pool.query(`insert into projector_control (projector, halts) values ('inventory', true)`);
    expect((await deliver('inventory', batch)).outcome).toMatchObject({ applied: 1, parked: 0, upTo: '0' });
    expect(await nextOffset()).toBe('1');
    const again = await deliver('inventory', batch.slice(1));
    expect(again).toMatchObject({ outcome: { outcome: 'halted', offset: '1' }, parked: [] });
    expect([await nextOffset(), await quantityIn('inventory')]).toEqual(['1', 5]);
    await scratch.pool.query('update projector_control set halts = false');
    expect((await deliver('inventory', batch.slice(1))).parked).toHaveLength(1);
    expect([await nextOffset(), await quantityIn('inventory')]).toEqual(['3', 6]);
  });

  it('parks a version that it does not know all the same', async () => {
    await scratch.pool.query(`insert into projector_control (projector, halts) values ('selling', true)`);
    expect((await deliver('selling', [pilot(0, 'p')])).parked).toHaveLength(1);
  });
});
