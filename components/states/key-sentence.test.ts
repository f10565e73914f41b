import { describe, expect, it } from 'vitest';
import type { KeyView, StateRow } from '@/server/application/views.ts';
import { keyAnswer } from './key-sentence.ts';

type Cell = StateRow['cells'][number];

const explained: Cell['explanation'] = {
  outcome: 'one',
  sentence: '',
  candidates: [
    {
      cause: 'never-applied',
      eventId: 'e',
      eventType: 'StockReceived',
      eventVersion: 3,
      partition: 2,
      offset: '267',
      redeliveredAt: null,
      deadLetter: null,
      certainty: 'proven',
    },
  ],
};

const field = (name: string, history: number, live: number | null) => ({
  field: name,
  history,
  live,
  delta: live === null ? null : live - history,
});

type Given = Omit<Cell, 'standing'> & Partial<Pick<Cell, 'standing'>>;

const answerOf = (...given: readonly Given[]) => answerUnder({}, ...given);

function answerUnder(replay: Partial<Parameters<typeof keyAnswer>[1]['replay']>, ...given: readonly Given[]) {
  const cells = given.map((cell): Cell => ({ standing: 'at-end', ...cell }));
  const row = { key: 'JAR-2412', differs: true, magnitude: 1, history: [], cells };
  const comparisons = cells.map(({ derivedState }) => ({ derivedState, eventsBehind: '4200' }));
  return keyAnswer('JAR-2412', {
    replay: { status: 'finished', confidence: 'trusted', scope: { kind: 'all' }, coverage: null, ...replay },
    row,
    comparisons: comparisons as unknown as KeyView['comparisons'],
  });
}

describe('the answer of a key’s page', () => {
  it('says the figures themselves where one field is wrong', () => {
    const answer = answerOf(
      { derivedState: 'inventory', kind: 'equal', fields: [field('quantity', 388, 388)], explanation: null },
      {
        derivedState: 'selling',
        kind: 'different',
        fields: [field('quantity', 388, 380), field('reserved', 32, 32)],
        explanation: explained,
      },
      {
        derivedState: 'warehouse',
        kind: 'different',
        fields: [field('quantity', 388, 379)],
        explanation: explained,
      },
    );
    expect(answer.verdict).toBe(
      'History says 388 of quantity; selling says 380 (−8) and warehouse says 379 (−9).',
    );
    expect(answer.tab).toBe('2 states differ · JAR-2412');
    expect(answer.next).toContain('the event behind each difference');
  });

  it('says decimals in full, and takes their difference exactly', () => {
    const price = (history: number | string, live: number | string) =>
      answerOf({
        derivedState: 'selling',
        kind: 'different',
        fields: [{ field: 'price', history, live, delta: Number(live) - Number(history) }],
        explanation: explained,
      }).verdict;
    expect(price(10.1211, 10.1234)).toBe('History says 10.1211 of price; selling says 10.1234 (+0.0023).');
    expect(price(19.9, 19.6)).toContain('selling says 19.6 (−0.3)');
    expect(price('9007199254740993', 9007199254740992)).toContain('(−1)');
  });

  it('names what is missing or unknown where figures would not say it', () => {
    const answer = answerOf(
      { derivedState: 'selling', kind: 'missing', fields: [field('quantity', 5, null)], explanation: null },
      { derivedState: 'warehouse', kind: 'extra', fields: [field('quantity', 0, 5)], explanation: null },
    );
    expect(answer.verdict).toBe(
      'Selling has no row of this key and warehouse has a row that history does not know.',
    );
    expect(answer.next).toContain('Not every difference');
  });

  it('takes each delta from the two figures it names, and says which position history means', () => {
    const warehouse = {
      derivedState: 'warehouse',
      kind: 'different',
      fields: [field('quantity', 264, 269)],
      explanation: explained,
      standing: 'behind',
    } as const;
    expect(answerOf(warehouse).verdict).toBe(
      'Warehouse says 269 of quantity where history at its position says 264 (+5).',
    );
    const selling = {
      derivedState: 'selling',
      kind: 'different',
      fields: [field('quantity', 260, 258)],
      explanation: explained,
    } as const;
    expect(answerOf(selling, warehouse).verdict).toBe(
      'Selling says 258 of quantity where history says 260 (−2) and warehouse says 269 of quantity where history at its position says 264 (+5).',
    );
  });

  it('calls a state that has not applied the key’s last events behind, and not in agreement', () => {
    const balances = {
      derivedState: 'balances',
      kind: 'equal',
      fields: [],
      explanation: null,
      standing: 'behind',
    } as const;
    expect(answerOf(balances)).toMatchObject({
      tone: 'accent',
      verdict: 'Right on this key as far as applied: balances, 4,200 events behind.',
      tab: 'behind · JAR-2412',
    });
    expect(answerOf({ ...balances, standing: 'beyond' }).verdict).toContain('each at its own position');
  });

  const equal = {
    derivedState: 'selling',
    kind: 'equal',
    fields: [field('quantity', 5, 5)],
    explanation: null,
  } as const;
  const different = {
    derivedState: 'selling',
    kind: 'different',
    fields: [field('quantity', 5, 3)],
    explanation: explained,
  } as const;
  const unread = { derivedState: 'selling', kind: 'not-compared', fields: [], explanation: null } as const;

  it('takes an untrusted replay for no history, whether the key equals it or not', () => {
    const untrusted = { confidence: 'untrusted' } as const;
    expect(answerUnder(untrusted, equal)).toEqual({
      tone: 'failed',
      verdict:
        'The replayed state is untrusted, so it can’t say which state is right; no state differs from it.',
      next: 'Open the replay to see why it is untrusted.',
      tab: 'untrusted · JAR-2412',
    });
    expect(answerUnder(untrusted, different, { ...different, derivedState: 'warehouse' })).toMatchObject({
      tone: 'failed',
      verdict:
        'The replayed state is untrusted, so it can’t say which state is right; selling and warehouse differ from it.',
    });
    expect(answerUnder(untrusted, unread).verdict).toBe(
      'The replayed state is untrusted, so it can’t say which state is right; selling was not compared with it.',
    );
    expect(answerUnder(untrusted, different, { ...unread, derivedState: 'warehouse' }).verdict).toContain(
      '; selling differs from it and warehouse was not compared with it.',
    );
  });

  it('never calls agreement with a suspect replay proven, and says what it is wherever it speaks for history', () => {
    for (const [confidence, words] of [
      ['suspect', 'the replay is suspect'],
      [null, 'the replay is without a verdict'],
    ] as const) {
      expect(answerUnder({ confidence }, equal)).toMatchObject({
        tone: 'different',
        verdict: `Every derived state agrees with history on this key; ${words}.`,
      });
      expect(answerUnder({ confidence }, different).verdict).toBe(
        `History says 5 of quantity; selling says 3 (−2); ${words}.`,
      );
      expect(answerUnder({ confidence }, { ...equal, standing: 'behind' }).verdict).toContain(`; ${words}.`);
    }
  });

  it('is no proof where the replay may not have read all of the key’s history', () => {
    const coverage = { kind: 'part' } as unknown as KeyView['replay']['coverage'];
    const times = { kind: 'time', from: '2026-03-14T09:00:00Z', to: '2026-03-14T10:00:00Z' } as const;
    expect(answerUnder({ coverage, scope: times }, equal)).toMatchObject({
      tone: 'unknown',
      verdict:
        'Every derived state agrees with history on this key; the replay is trusted and covers only part of the history.',
    });
    // Events of the key may stand in a partition that was not read: placed by something else, or before there were more.
    const partitions = { kind: 'partitions', partitions: [1] } as const;
    expect(
      answerUnder({ coverage, scope: partitions as unknown as KeyView['replay']['scope'] }, equal),
    ).toMatchObject({
      tone: 'unknown',
      verdict: expect.stringContaining('covers only part of the history'),
    });
    const keys = { kind: 'keys', keys: ['JAR-2412'] } as const;
    expect(
      answerUnder({ coverage, scope: keys as unknown as KeyView['replay']['scope'] }, equal),
    ).toMatchObject({ tone: 'verified', verdict: 'Every derived state agrees with history on this key.' });
  });

  it.each([
    ['comparing', 'accent', 'The replay has not finished, so it does not say yet which state is right.'],
    ['failed', 'failed', 'The replay failed, so it does not say which state is right.'],
    ['cancelled', 'unknown', 'The replay was cancelled, so it does not say which state is right.'],
  ] as const)('takes nothing from a replay that is %s', (status, tone, verdict) => {
    for (const cell of [unread, equal, different])
      expect(answerUnder({ status, confidence: null }, cell)).toMatchObject({ tone, verdict });
  });

  it('never calls equal what was not compared', () => {
    const answer = answerOf({
      derivedState: 'selling',
      kind: 'not-compared',
      fields: [field('quantity', 5, null)],
      explanation: null,
    });
    expect(answer.tone).toBe('unknown');
    expect(answer.verdict).toBe('Selling could not be compared on this key.');
  });
});
