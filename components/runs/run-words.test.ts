import { describe, expect, it } from 'vitest';
import { historyOf, lasted } from './run-words.ts';

describe('how long a run has lasted', () => {
  it.each([
    [0, '0 s'],
    [59_000, '59 s'],
    [60_000, '1 min'],
    [3_600_000, '1 h'],
    [7_500_000, '2 h 5 min'],
    [-5_000, '0 s'],
  ])('%d ms is %s', (ms, words) => {
    const from = '2026-11-26T10:00:00.000Z';
    expect(lasted(from, Date.parse(from) + ms)).toBe(words);
  });
});

it('who did what in a run is told by whoever did it, each act for itself', () => {
  const at = (minute: number) => `2026-11-26T10:0${minute}:00.000Z`;
  const attempt = {
    status: 'cancelled' as const,
    ...{ id: 'a', code: 'cancelled', sentence: 'It was called off before it began.' },
    ...{
      requestedBy: 'omar',
      requestedAt: at(1),
      endedAt: at(3),
      cancelledBy: 'ada',
      cancelReason: 'too early',
    },
    decisions: [
      {
        verdict: 'approved' as const,
        ...{ id: 'd', personId: 'bela', planHash: 'h', reason: 'read it' },
        ...{ decidedAt: at(2), expiresAt: at(9), voidReason: null },
      },
    ],
  };
  const kind = 'refused' as const;
  const lines = historyOf({
    ...{ startedAt: at(0), startedBy: 'omar' },
    marks: [{ id: '1', kind, step: 'move', actor: 'omar', at: at(0), text: 'It has members.', to: null }],
    steps: [{ id: 'move', title: 'Move it', attempts: [attempt] }],
  });
  expect(lines.map(({ by, words }) => `${by}: ${words}`)).toEqual([
    'omar: started the run',
    'omar: Move it · looked at what it would do, which was refused · It has members.',
    'omar: Move it · asked for it',
    'bela: Move it · approved it · read it',
    'ada: Move it · called it off · too early',
    'reprise: Move it · cancelled · It was called off before it began.',
  ]);
});
