import { describe, expect, it } from 'vitest';
import type { DeliverySums, DeliveryView } from '@/server/application/ports/delivery-pages.ts';
import { deliverySentence, overallSentence, worstOf } from './delivery-sentence.ts';

const sums: DeliverySums = {
  events: 100,
  redelivered: 0,
  conflicting: 0,
  undecodable: 0,
  withoutId: 0,
  missing: 0,
  sent: 0,
  lost: 0,
  late: 0,
  unsent: 0,
  untold: 0,
};
const view = (more: Partial<DeliveryView> = {}, month: Partial<DeliverySums> = {}): DeliveryView => ({
  contractId: 'inventory',
  title: 'Inventory',
  history: 'inventory.events',
  wanted: true,
  auditedAt: '2026-03-14T12:00:00Z',
  stale: false,
  since: null,
  lookBackHours: 24,
  problem: null,
  problemSince: null,
  behind: '0',
  readUntil: null,
  readsLate: false,
  outbox: null,
  outboxTable: null,
  outboxProblem: null,
  missed: { count: 0, since: null },
  hour: sums,
  day: sums,
  month: { ...sums, ...month },
  ...more,
});
const missed = { count: 2, since: '2026-03-14T11:00:00Z' };

describe('the verdict on deliveries', () => {
  it.each<[string, DeliveryView, string, RegExp]>([
    [
      'names lost events before all else',
      view({ missed }, { conflicting: 1 }),
      'failed',
      /^2 events of Inventory were sent/,
    ],
    [
      'names conflicting ones',
      view({}, { conflicting: 1, redelivered: 3 }),
      'different',
      /^1 event of Inventory was delivered twice/,
    ],
    ['names what could not be audited', view({}, { undecodable: 1 }), 'different', /^Not every record/],
    [
      'says that redeliveries are of the same content',
      view({}, { redelivered: 1 }),
      'verified',
      /1 redelivery of the same content this month/,
    ],
    [
      'says nothing of losses without an outbox',
      view(),
      'verified',
      /^Inventory has no duplicate this month\.$/,
    ],
    [
      'is none where the history can not be read',
      view({ problem: 'The broker is away.', missed }),
      'unknown',
      /can not be audited now/,
    ],
    [
      'is none where the outbox can not be read, though what was found before is clean',
      view({ outboxProblem: 'No such table.' }),
      'unknown',
      /^Whether events of Inventory are lost can not be told now/,
    ],
    ['is none where nobody audits any more', view({ stale: true }), 'unknown', /^Nobody audits/],
    [
      'is none where much has not been read',
      view({ readsLate: true, behind: '2000000' }),
      'unknown',
      /is 2,000,000 records behind in inventory\.events\.$/,
    ],
    [
      'is what was lost, also where nobody looks any more',
      view({ stale: true, missed }),
      'failed',
      /^2 events of Inventory were sent/,
    ],
    ['is none before the first turn', view({ auditedAt: null }), 'unknown', /have not been audited yet/],
  ])('%s', (_, of, tone, sentence) => {
    expect(deliverySentence(of).tone).toBe(tone);
    expect(deliverySentence(of).sentence).toMatch(sentence);
  });

  it('is none where losses have not been judged in time, and says since when and why, with figures', () => {
    const outbox = {
      table: 'outbox',
      startedAt: '2026-03-14T10:00:00Z',
      readAt: '2026-03-14T12:00:00Z',
      reachesBackTo: null,
      pruned: false,
      judgedUntil: '2026-03-14T11:46:00Z',
      unjudged: {
        cause: 'open-transaction',
        since: '2026-03-14T11:46:00Z',
        forMs: 840_000,
        waiting: 12,
        records: '231',
        partitions: [0, 2],
      },
    } as const;
    expect(deliverySentence(view({ outbox }))).toMatchObject({
      tone: 'unknown',
      sentence:
        'Whether events of Inventory are lost has not been judged for 14 min: 12 sent events wait for it.',
      next: expect.stringMatching(
        /^An open transaction keeps back 231 records in partitions 0, 2 of inventory\.events\./,
      ),
    });
    const behind = { ...outbox, unjudged: { ...outbox.unjudged, cause: 'catching-up', waiting: 0 } } as const;
    expect(deliverySentence(view({ outbox: behind }))).toMatchObject({
      sentence: expect.stringMatching(/no event waits for it\.$/),
      next: expect.stringMatching(/^The audit is 231 records behind in partitions 0, 2/),
    });
    expect(deliverySentence(view({ outbox: { ...outbox, unjudged: null } })).tone).toBe('verified');
  });

  it('of all contracts is that of the one that is worst off', () => {
    expect(overallSentence([view(), view({ title: 'Accounts', missed })]).sentence).toMatch(/Accounts/);
    expect(worstOf([view(), view({ title: 'Accounts', missed })])?.title).toBe('Accounts');
    expect(worstOf([view({ wanted: false })])).toBeNull();
    const outbox = { ...({} as NonNullable<DeliveryView['outbox']>), unjudged: null };
    expect(overallSentence([view(), view()])).toMatchObject({
      sentence: 'No duplicate conflicts in 2 contracts this month.',
      next: 'Of what was lost nothing can be said in Inventory, Inventory: no outbox is read there.',
    });
    expect(overallSentence([view({ outbox }), view({ outbox }), view({ title: 'Accounts' })])).toMatchObject({
      sentence: 'No duplicate conflicts in 3 contracts this month, and no event is lost in 2 of them.',
      next: 'Of what was lost nothing can be said in Accounts: no outbox is read there.',
    });
    expect(overallSentence([view({ outbox }), view({ outbox })]).sentence).toMatch(/^No event is lost/);
    expect(overallSentence([view({ wanted: false })]).tone).toBe('unknown');
  });
});
