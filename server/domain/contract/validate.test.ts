import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { stockContract } from '../test-kit/stock-contract.ts';
import {
  defineContract,
  type EngineContract,
  event,
  fromKey,
  kafkaHistory,
  perPartition,
  postgresHistory,
  postgresState,
  topicState,
} from './define.ts';
import { allowedScopes, describeContract, diffDescriptions } from './describe.ts';
import { checkContract } from './validate.ts';

const changed = (change: Record<string, unknown>) => ({ ...stockContract, ...change });
const digest = (data: Uint8Array | string) => String(data.length).padEnd(64, '0') as never;

const shelf = topicState<unknown>({
  title: 'Shelf',
  topic: 'shelf',
  consumerGroup: 'shelf-projector',
  transactionalId: 'shelf-projector-1',
  fields: { total: { path: 'stock.total', expected: () => 0, shown: true } },
});

describe('checking a contract', () => {
  it('takes a sound one as it is, with its own schemas', () => {
    const checked = checkContract(stockContract);
    expect(checked.problems).toBeUndefined();
    expect(checked.contract?.events).toBe(stockContract.events);
  });

  it.each([
    'id',
    'title',
    'authors',
    'history',
    'envelope',
    'ordering',
    'events',
    'projection',
    'derivedStates',
  ] as const)('names %s where it was left out', (name) => {
    const { history, envelope, ordering, events, projection, derivedStates } = stockContract;
    const answers = { history, envelope, ordering, events, projection, derivedStates };
    const input = { id: 'stock', title: 'Stock', authors: ['ada'], ...answers, [name]: undefined };
    const { problems } = checkContract(defineContract(input as never));
    expect(problems).toEqual([{ field: name, sentence: 'It is missing: a contract has to say it.' }]);
  });

  it('takes one that says nothing of the age of its evidence, as those did that were stored before it could', () => {
    const { evidence: _, ...before } = stockContract;
    expect(checkContract(before).contract?.evidence).toEqual({ maxAgeHours: null });
    expect(checkContract(changed({ evidence: { maxAgeHours: 24 } })).contract?.evidence).toEqual({
      maxAgeHours: 24,
    });
  });

  it('takes one that names nobody who publishes corrections, as those did that were stored before it could', () => {
    const { corrections: _, ...before } = stockContract;
    expect(checkContract(before).contract?.corrections).toBeNull();
  });

  describe('with fields that a contract does not have', () => {
    /** As somebody writes it whose editor does not check types. */
    const misspelt = () =>
      defineContract({
        id: 'stock',
        title: 'Stock',
        authors: ['ada'],
        history: kafkaHistory({ topic: 'stock', retenton: { days: 3 } } as never),
        envelope: { ...stockContract.envelope, occuredAt: fromKey() } as never,
        ordering: { key: fromKey(), partitioner: 'murmur2', sequnce: fromKey() } as never,
        events: stockContract.events,
        projection: stockContract.projection as never,
        derivedStates: {
          shop: postgresState({
            title: 'Shop',
            connection: 'shop',
            table: 'shop',
            key: 'sku',
            postion: null,
            fields: { total: { column: 'total', expected: () => 0, shwon: true } },
            position: perPartition({ table: 'shop_position', nxt: 'next' } as never),
            deadLetters: { topic: 'parked', id: fromKey(), casue: fromKey() },
          } as never),
        },
        invarients: {},
        scope: { maxEvent: 3 },
        approvals: { promotions: 2 },
        evidence: { maxAgeHour: 24 },
        budgets: { timezone: 'UTC', lag: { overMS: 3, onBreach: { runbok: 'lag' } } },
        saga: {
          title: 'Order',
          steps: [{ step: 'pay', done: 'Received', compensate: 'Shipped' }],
          completed: ['Shipped'],
          limitMs: 1_000,
          timeout: 5,
        },
      } as never);

    it('names each of them where it stands', () => {
      const { problems = [] } = checkContract(misspelt());
      expect(problems.map(({ field }) => field).sort()).toEqual(
        [
          'approvals.promotions',
          'budgets.lag.onBreach.runbok',
          'budgets.lag.overMS',
          'budgets.timezone',
          'derivedStates.shop.deadLetters.casue',
          'derivedStates.shop.fields.total.shwon',
          'derivedStates.shop.position.nxt',
          'derivedStates.shop.postion',
          'envelope.occuredAt',
          'evidence.maxAgeHour',
          'history.retenton',
          'invarients',
          'ordering.sequnce',
          'saga.steps.0.compensate',
          'saga.timeout',
          'scope.maxEvent',
        ].sort(),
      );
      expect(problems[0]?.sentence).toMatch(/no such field here/);
    });

    it('replays one that was stored before they were refused, without them', () => {
      const { contract, problems } = checkContract(
        changed({
          ordering: { ...stockContract.ordering, sequnce: { from: 'key' } },
          invarients: {},
        }),
        { stored: true },
      );
      expect(problems).toBeUndefined();
      expect(contract?.ordering).toEqual(stockContract.ordering);
      expect(contract).not.toHaveProperty('invarients');
      expect(contract?.events).toBe(stockContract.events);
    });

    it('still names what else is wrong with a stored one', () => {
      const { problems } = checkContract(changed({ invarients: {}, id: 'Stock' }), { stored: true });
      expect(problems?.map(({ field }) => field)).toEqual(['id']);
    });
  });

  const wrong: readonly [string, unknown, string, RegExp][] = [
    ['no contract at all', undefined, 'default export', /export default defineContract/],
    ['an id with capitals', changed({ id: 'Stock' }), 'id', /lower-case/],
    [
      'a service for corrections with a name that no setting could have',
      changed({ corrections: { by: 'service', service: 'My shop' } }),
      'corrections.service',
      /name of a service/,
    ],
    ['no author', changed({ authors: [] }), 'authors', /no author/],
    [
      'a topic name with a space',
      changed({ history: { ...stockContract.history, topic: 'a b' } }),
      'history.topic',
      /topic name/,
    ],
    [
      'an unknown partitioner',
      changed({ ordering: { ...stockContract.ordering, partitioner: 'random' } }),
      'ordering.partitioner',
      /./,
    ],
    [
      'a projection without apply',
      changed({ projection: { initial: () => 0 } }),
      'projection.apply',
      /function/,
    ],
    [
      'a promotion that nobody approves',
      changed({ approvals: { replay: 0, promotion: 0 } }),
      'approvals.promotion',
      /at least 1/,
    ],
    [
      'evidence that may be no hour old',
      changed({ evidence: { maxAgeHours: 0 } }),
      'evidence.maxAgeHours',
      /more than 0/,
    ],
    [
      'evidence whose age is a text',
      changed({ evidence: { maxAgeHours: 'a day' } }),
      'evidence.maxAgeHours',
      /number of hours, such as 24/,
    ],
    [
      'an invariant that is no sentence',
      changed({ invariants: { 'Not ok': { over: 'key', holds: () => true } } }),
      'invariants.Not ok',
      /true sentence in snake_case/,
    ],
    [
      'a type both handled and ignored',
      changed({ ignored: ['Shipped'] }),
      'ignored',
      /both handled and ignored/,
    ],
    [
      'tombstones as an event that is not there',
      changed({ history: { ...stockContract.history, tombstones: { asEvent: 'Closed' } } }),
      'history.tombstones',
      /no event type/,
    ],
    [
      'a state in a topic beside an event table',
      changed({
        history: postgresHistory({
          connection: 'c',
          table: 't',
          position: 'p',
          transactionId: 'x',
          key: 'k',
        }),
        ordering: { ...stockContract.ordering, partitioner: 'single' },
        derivedStates: { shelf },
      }),
      'derivedStates.shelf',
      /has to be a topic too/,
    ],
    [
      'a state that is the history itself',
      changed({
        derivedStates: { shelf: { ...shelf, topic: 'stock' } },
        history: kafkaHistory({ topic: 'stock' }),
      }),
      'derivedStates.shelf.topic',
      /is the history itself/,
    ],
    [
      'a field of a topic that stands in another',
      changed({
        derivedStates: {
          shelf: {
            ...shelf,
            fields: {
              a: { path: 'stock', expected: () => 0 },
              b: { path: 'stock.total', expected: () => 0 },
            },
          },
        },
      }),
      'derivedStates.shelf.fields.b.path',
      /stock\.total stands in stock, which is the place of a/,
    ],
    [
      'a path that is none',
      changed({ derivedStates: { shelf: { ...shelf, fields: { a: { path: 'a..b', expected: () => 0 } } } } }),
      'derivedStates.shelf.fields.a.path',
      /not a path/,
    ],
    ['a table name that is SQL', withTable('t; drop table x'), 'derivedStates.shop.table', /not a table/],
  ];
  it.each(wrong)('names the field for %s', (_, value, field, sentence) => {
    expect(checkContract(value).problems).toContainEqual({
      field,
      sentence: expect.stringMatching(sentence),
    });
  });
});

describe('a contract whose functions do not answer at once', () => {
  const { projection, events, derivedStates, invariants } = stockContract;
  const received = events.Received?.versions ?? [];
  const upcastBy = (upcast: unknown) => ({
    ...events,
    Received: { versions: received.map((version, at) => (at === 0 ? { ...version, upcast } : version)) },
  });
  const checkedBy = (schema: z.ZodType) => ({ ...events, Shipped: event(1, schema) });
  /** As the bundler writes an async function. */
  const __async = (..._: unknown[]) => undefined;
  const wrong: readonly [string, Record<string, unknown>, string][] = [
    ['an async apply', { projection: { ...projection, apply: async () => ({}) } }, 'projection.apply'],
    ['an async initial', { projection: { ...projection, initial: async () => ({}) } }, 'projection.initial'],
    ['an async route', { projection: { ...projection, route: async () => [] } }, 'projection.route'],
    ['a generator', { projection: { ...projection, *apply() {} } }, 'projection.apply'],
    ['an async generator', { projection: { ...projection, async *apply() {} } }, 'projection.apply'],
    [
      'an async arrow function, bundled',
      { projection: { ...projection, apply: (_0: unknown) => __async(null, [_0], function* () {}) } },
      'projection.apply',
    ],
    [
      'an async method, bundled',
      {
        projection: {
          ...projection,
          route(_0: unknown) {
            return __async(this, [_0], function* () {});
          },
        },
      },
      'projection.route',
    ],
    ['an async upcaster', { events: upcastBy(async () => ({})) }, 'events.Received.versions.0.upcast'],
    [
      'an async refinement deep in a schema',
      {
        events: checkedBy(
          z.object({ lines: z.array(z.object({ sku: z.string().refine(async () => true) })) }),
        ),
      },
      'events.Shipped.versions.0.schema',
    ],
    [
      'an async transformation',
      { events: checkedBy(z.string().transform(async (text) => text)) },
      'events.Shipped.versions.0.schema',
    ],
    [
      'a promise as a schema',
      { events: checkedBy(z.promise(z.string())) },
      'events.Shipped.versions.0.schema',
    ],
    [
      'an async expected value',
      {
        derivedStates: {
          shop: {
            ...derivedStates.shop,
            fields: { quantity: { column: 'quantity', expected: async () => 1 } },
          },
        },
      },
      'derivedStates.shop.fields.quantity.expected',
    ],
    [
      'an async invariant, whose promise would pass for true',
      { invariants: { ...invariants, on_hand_is_known: { over: 'key', holds: async () => false } } },
      'invariants.on_hand_is_known.holds',
    ],
  ];
  it.each(wrong)('is refused for %s, naming the field', (_, change, field) => {
    expect(checkContract(changed(change)).problems).toEqual([
      { field, sentence: expect.stringMatching(/has to answer at once/) },
    ]);
  });

  it('is taken where an async function is only mentioned inside', () => {
    const apply = (state: unknown) => {
      const unused = async () => undefined;
      return unused.length === 0 ? state : null;
    };
    expect(checkContract(changed({ projection: { ...projection, apply } })).problems).toBeUndefined();
  });
});

function withTable(table: string): unknown {
  return changed({ derivedStates: { shop: { ...stockContract.derivedStates.shop, table } } });
}

describe('describing a contract', () => {
  it('gives all seven answers a line', () => {
    const { answers } = describeContract(stockContract, digest);
    expect(allowedScopes({ answers })).toEqual(stockContract.scope.allow);
    for (const lines of Object.values(answers)) expect(lines.length).toBeGreaterThan(0);
  });

  it('says of a state in a topic where it stands, and by what its position is known', () => {
    const contract = { ...stockContract, derivedStates: { shelf } } as EngineContract;
    expect(describeContract(contract, digest).answers.evidence).toContainEqual({
      label: 'Compared with shelf',
      value:
        'topic shelf by record key: total; applied position in the commits of group shelf-projector, written as shelf-projector-1',
    });
  });

  it('says which fields everybody may see, and of a state that hides all of them that it shows none', () => {
    const fields = { total: { path: 'stock.total', expected: () => 0 } };
    const hiding = { ...shelf, fields };
    const contract = { ...stockContract, derivedStates: { shelf, hiding } } as unknown as EngineContract;
    expect(describeContract(contract, digest).watch?.shown).toEqual({ shelf: ['total'], hiding: [] });
  });

  it('shows what changed between two versions, and nothing else', () => {
    const before = describeContract(stockContract, digest);
    const after = describeContract(
      { ...stockContract, title: 'Stock of all shops', ignored: ['Noted'] } as EngineContract,
      digest,
    );
    expect(diffDescriptions(before, before)).toEqual([]);
    expect(diffDescriptions(before, after)).toEqual([
      { field: 'title', before: 'Stock', after: 'Stock of all shops' },
      { field: 'projection.Ignored', before: null, after: 'Noted' },
    ]);
  });

  it('shows a changed projection by the digest of its source', () => {
    const other = {
      ...stockContract,
      projection: { ...stockContract.projection, initial: () => ({ onHand: 1000 }) },
    } as EngineContract;
    const changes = diffDescriptions(
      describeContract(stockContract, digest),
      describeContract(other, digest),
    );
    expect(changes.map((each) => each.field)).toEqual(['projection.Fold']);
  });
});
