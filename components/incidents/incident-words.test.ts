import { describe, expect, it } from 'vitest';
import {
  clockWords,
  entryWords,
  isOver,
  listSentence,
  nextStep,
  replayHref,
  span,
  stateWords,
} from './incident-words.ts';

describe('the clock of an incident', () => {
  const now = Date.parse('2026-11-26T10:00:00Z');
  it.each([
    ['2026-11-26T10:12:00Z', '12 min left', false],
    ['2026-11-26T09:59:30Z', 'missed by 30 s', true],
    ['2026-11-28T14:00:00Z', '2 d 4 h left', false],
  ])('that ends at %s says %s', (respondBy, text, isMissed) => {
    expect(clockWords({ status: 'detected', respondBy }, now)).toEqual({ text, isMissed });
  });
  it('stands still once somebody has seen it', () => {
    expect(clockWords({ status: 'acknowledged', respondBy: '2026-11-26T09:00:00Z' }, now)).toBeNull();
  });
  it.each([
    [59_999, '59 s'],
    [3_600_000, '1 h'],
    [3_660_000, '1 h 1 min'],
    [86_400_000, '1 d'],
  ])('says %d ms as %s', (ms, text) => {
    expect(span(ms)).toBe(text);
  });
});

describe('the list', () => {
  it('says what is most urgent, and what nobody has seen', () => {
    expect(listSentence({ count: 0, unacknowledged: 0, rows: [] })).toBe('No incident is open.');
    expect(
      listSentence({
        count: 31,
        unacknowledged: 24,
        rows: [
          { class: 'P1', title: 'Events are lost.', clearedAt: null },
          { class: 'P2', title: 'x', clearedAt: null },
        ],
      }),
    ).toBe('31 incidents are open, and nobody has acknowledged 24. Most urgent (P1): Events are lost.');
  });

  it('calls nothing urgent whose cause is over, while something goes on or not', () => {
    const over = { class: 'P1', title: 'Events are lost.', clearedAt: '2026-11-26T10:00:00Z' } as const;
    const goesOn = { class: 'P3', title: 'A saga is stuck.', clearedAt: null } as const;
    expect(listSentence({ count: 2, unacknowledged: 0, rows: [over, goesOn] })).toContain(
      'Most urgent (P3): A saga is stuck.',
    );
    expect(listSentence({ count: 1, unacknowledged: 0, rows: [over] })).toBe(
      '1 incident is open, and somebody attends to each. Its cause is over (P1): Events are lost.',
    );
  });
});

describe('the replay that is suggested', () => {
  it('reads what the signal touched, in the words of the form', () => {
    const scope = {
      partitions: [
        { partition: 0, from: '5', to: '9' },
        { partition: 2, from: '1', to: '3' },
      ],
    };
    const href = replayHref({ contractId: 'a b', scope }) ?? '';
    const asked = new URL(href, 'http://x').searchParams;
    expect(Object.fromEntries(asked)).toEqual({ contract: 'a b', kind: 'offsets', offsets: '0:5-9\n2:1-3' });
  });
  it('reads everything where nothing narrower is known, and nothing where there is no contract', () => {
    expect(replayHref({ contractId: 'inventory', scope: null })).toBe('/replays/new?contract=inventory');
    expect(replayHref({ contractId: null, scope: null })).toBeNull();
  });
});

it('what customers see is counted', () => {
  const state = { derivedState: 'selling', keys: 412, differing: 2, eventsBehind: '17' };
  expect(stateWords({ ...state, outcome: 'different' })).toBe('differs from history on 2 of 412 keys');
  expect(stateWords({ ...state, outcome: 'behind' })).toMatch(/17 events behind/);
});

it('a line names people and what they did', () => {
  const line = { kind: 'escalated', detail: { to: 'ada' } } as unknown as Parameters<typeof entryWords>[0];
  expect(entryWords(line, () => 'Ada')).toMatch(/^asked Ada/);
  expect(entryWords({ ...line, kind: 'replay', detail: { action: 'replay.set-rate' } }, String)).toBe(
    'replay: set rate',
  );
});

describe('what is over', () => {
  const detected = { status: 'detected', contractId: null, isOpen: true } as unknown as Parameters<
    typeof nextStep
  >[0];
  const [later, cleared] = ['2026-11-26T11:00:00Z', '2026-11-26T10:00:00Z'];
  it('is said so, and that somebody else is asked only where somebody will be', () => {
    const goesOn = { ...detected, clearedAt: null, escalateAt: later };
    expect(nextStep(goesOn)).toMatch(/nobody else is asked/);
    expect(nextStep({ ...goesOn, escalateAt: null })).not.toMatch(/asked/);
    const over = { ...detected, clearedAt: cleared, escalateAt: null };
    expect(nextStep(over)).toMatch(/^Its cause is over, and nobody is asked about it any more/);
    expect(nextStep({ ...over, escalateAt: later })).toMatch(/so that the clock stops/);
  });
  it('is marked while the incident is open, and not once it is recovered', () => {
    expect(isOver({ isOpen: true, clearedAt: cleared })).toBe(true);
    expect(isOver({ isOpen: false, clearedAt: cleared })).toBe(false);
    expect(isOver({ isOpen: true, clearedAt: null })).toBe(false);
  });
});
