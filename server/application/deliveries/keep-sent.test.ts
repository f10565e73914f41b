import { describe, expect, it } from 'vitest';
import type { EngineContract } from '../../domain/contract/index.ts';
import type { AuditStanding, OutboxReader } from '../ports/deliveries.ts';
import type { AuditDeliveriesDeps } from './deps.ts';
import { readSent } from './keep-sent.ts';

const contract = {
  sent: { connection: 'shop', table: 'outbox', id: 'id', at: 'at', position: 'position' },
  budgets: { losses: { graceMs: 30_000 } },
} as unknown as EngineContract;
const standing = {
  audit: { number: 1 },
  sent: { identity: 'outbox:1', top: 9n, fileNode: '1', lowest: null },
} as unknown as AuditStanding;

/** An outbox of which one event has arrived more often than it was sent, as far as is known. */
const reading = (rowsOf: OutboxReader['rowsOf']) =>
  readSent(
    {
      outboxes: {
        rowsOf,
        read: async () => ({
          identity: 'outbox:1',
          lowest: null,
          rows: [],
          pass: { position: 0n },
          standing: 0,
        }),
      },
      unitOfWork: { run: (work: (tx: unknown) => unknown) => work({}) },
      deliveries: { due: async () => [{ eventId: 'e1', balance: -1 }], countedBetween: async () => 0 },
    } as unknown as AuditDeliveriesDeps,
    contract,
    standing,
  );

describe('what an outbox has of an event that nobody sent', () => {
  it('can not be told where the search takes longer than it may', async () => {
    expect(await reading(async () => null)).toMatchObject({ problem: null, rowsOf: null });
  });

  it('is asked for again where the search failed: the outbox is not read on until it is known', async () => {
    const read = await reading(() => Promise.reject(new Error('no connection')));
    expect(read).toMatchObject({ problem: 'no connection', snapshot: null, rows: [] });
    expect(read?.cursor).toEqual(standing.sent);
  });
});
