import { describe, expect, it } from 'vitest';
import type { StateRow } from '@/server/application/views.ts';
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

function answerOf(...cells: readonly Cell[]) {
  return keyAnswer('JAR-2412', { row: { key: 'JAR-2412', differs: true, magnitude: 1, cells } });
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
