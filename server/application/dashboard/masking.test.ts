import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { postgresState } from '../../domain/contract/define.ts';
import { besideHistory } from '../../domain/dead-letters/index.ts';
import type { Comparison, InvariantResult } from '../../domain/reconciliation/index.ts';
import { computed } from '../replay/compare-snapshot.ts';
import type { StateRow } from '../views.ts';
import {
  HIDDEN,
  HIDDEN_OTHER,
  hideCause,
  hideCausesOfRow,
  hideOutcome,
  maskChange,
  maskChecks,
  maskRemarks,
  maskRow,
  maskStep,
  mayQuoteValues,
  shownFields,
} from './masking.ts';

const state = (shown: boolean | undefined) =>
  postgresState<unknown>({
    title: 'x',
    connection: 'x',
    table: 'x',
    key: 'x',
    fields: { amount: { column: 'amount', expected: () => 0, ...(shown === undefined ? {} : { shown }) } },
  });
const contract = { derivedStates: { open: state(true), closed: state(false), unsaid: state(undefined) } };
const shown = shownFields(contract);
const allShown = shownFields({ derivedStates: { open: state(true) } });

const difference = { field: 'amount', history: 388, live: 380, delta: -8 };
const rowOf = (derivedState: string): StateRow => ({
  key: 'K',
  differs: true,
  magnitude: 8,
  history: [{ field: 'amount', value: 388 }],
  cells: [{ derivedState, kind: 'different', standing: 'at-end', fields: [difference], explanation: null }],
});

describe('what is hidden', () => {
  it('is every field of which the contract does not say that it may be shown', () => {
    expect(shown.hidden).toEqual(['closed.amount', 'unsaid.amount']);
    expect(shown.of('open', 'amount')).toBe(true);
    expect(shown.of('unsaid', 'amount')).toBe(false);
    expect(shown.of('open', 'something that there is not')).toBe(false);
  });

  it('of history is what any state hides under this name', () => {
    expect(shown.named('amount')).toBe(false);
    expect(allShown.named('amount')).toBe(true);
  });
});

describe('a row whose values are hidden', () => {
  it('still says that it differs, and neither by how much nor from what', () => {
    const masked = maskRow(rowOf('unsaid'), shown);
    expect(masked.cells[0]?.fields).toEqual([
      { field: 'amount', history: HIDDEN, live: HIDDEN_OTHER, delta: null },
    ]);
    expect(masked.history).toEqual([{ field: 'amount', value: HIDDEN }]);
    expect(masked.magnitude).toBe(1);
    expect(JSON.stringify(masked)).not.toMatch(/388|380|-8/);
  });

  it('is as it was where the contract shows its fields', () => {
    expect(maskRow(rowOf('open'), allShown)).toEqual(rowOf('open'));
  });
});

describe('masking', () => {
  const scalar = fc.oneof(fc.integer({ min: 1000, max: 9999 }), fc.constant(null));
  it('law: no hidden figure is left anywhere in a step or a change', () => {
    fc.assert(
      fc.property(scalar, scalar, (before, after) => {
        const step = maskStep(
          {
            partition: 0,
            offset: '1',
            at: null,
            eventId: null,
            eventType: null,
            version: null,
            outcome: 'applied',
            duplicateOf: null,
            detail: null,
            before: { amount: before },
            after: { amount: after },
            deadLetters: [],
            explains: [],
          },
          shown,
        );
        const change = maskChange(
          {
            key: 'K',
            partition: 0,
            kind: 'different',
            fields: [{ field: 'amount', history: after, live: before, delta: 1 }],
            magnitude: 0.1234,
            explanation: null,
            result: { outcome: 'written', why: null, before: { amount: before }, after: { amount: after } },
          },
          'unsaid',
          shown,
        );
        expect(JSON.stringify([step.before, step.after, change.fields, change.result])).not.toMatch(/\d{4}/);
        expect(change.magnitude).toBe(1);
        expect(step.after.amount).toBe(before === after ? HIDDEN : HIDDEN_OTHER);
      }),
    );
  });
});

describe('what a consumer wrote as a cause', () => {
  const words = 'hidden, since these words may quote a value';

  it.each([
    ['com.acme.BadEvent: PERSON-88 has no account', `com.acme.BadEvent: ${words}`],
    ['invalid-data', 'invalid-data'],
    ['PERSON-88: has no account', words],
    ['Ada has no account', words],
    ['Error: Ada\nat Ada', `Error: ${words}`],
    ['Error\nat Ada', `Error: ${words}`],
    ['', ''],
    [null, null],
  ])('%j is shown as %j', (cause, seen) => expect(hideCause(cause)).toBe(seen));

  it('is shown alike where it is why a letter was parked again, and where it explains a difference', () => {
    expect(hideOutcome('Parked again: invalid-data: Ada')).toBe(`Parked again: invalid-data: ${words}`);
    const ours = 'It was sent, and its consumer has not come past it: it did not move for 60 seconds.';
    expect(hideOutcome(ours)).toBe(ours);
    const deadLetter = { topic: 'a.dlq', partition: 0, offset: '1', cause: 'invalid-data: Ada' };
    const row: StateRow = {
      ...rowOf('open'),
      cells: rowOf('open').cells.map((cell) => ({
        ...cell,
        explanation: {
          outcome: 'one',
          sentence: 'One event accounts for it.',
          candidates: [
            {
              ...{ cause: 'never-applied', eventId: 'e', eventType: 'A', eventVersion: 1, partition: 0 },
              ...{ offset: '1', redeliveredAt: null, deadLetter, certainty: 'proven' },
            },
          ],
        },
      })),
    };
    for (const masked of [hideCausesOfRow(row), maskRow(row, shown), maskRow(row, allShown)])
      expect(masked.cells[0]?.explanation?.candidates[0]?.deadLetter).toEqual({
        ...deadLetter,
        cause: `invalid-data: ${words}`,
      });
  });

  it('is left out of a sentence, and what edited events say of the difference is not', () => {
    const beside = besideHistory('edited e2 (to a.retry, by redrive r1)');
    const row = (sentence: string): StateRow => ({
      ...rowOf('open'),
      cells: rowOf('open').cells.map((cell) => ({
        ...cell,
        explanation: { outcome: 'none', sentence, candidates: [] },
      })),
    });
    const masked = (sentence: string) => maskRow(row(sentence), shown).cells[0]?.explanation?.sentence;
    expect(masked(`There is no row: none of the 3 events.${beside}`)).toBe(
      `There is no row: ${words}.${beside}`,
    );
    // Words of others that read like ours to their end are hidden with the rest.
    expect(masked(`There is no row: Ada${besideHistory('Ada')}`)).toBe(`There is no row: ${words}.`);
  });
});

describe('words of a contract’s code or of a database', () => {
  const failing = postgresState<unknown>({
    title: 'x',
    connection: 'x',
    table: 'x',
    key: 'x',
    fields: {
      amount: {
        column: 'amount',
        expected: () => {
          throw new Error('it is 388');
        },
      },
    },
  });
  const problemOf = (work: () => unknown): string => {
    try {
      work();
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
    throw new Error('it did not fail');
  };
  const ofAState = problemOf(() => computed('open', failing, {}));
  const ofAQuery = 'The invariant could not run on connection shop: invalid input syntax: "x388".';
  const unreachable = 'Connection shop could not be opened: it refused.';

  it('are hidden where a derived state or an invariant could not be looked at', () => {
    expect(ofAState).toContain('it is 388');
    const checks = maskChecks({
      comparisons: [{ problem: ofAState }, { problem: unreachable }, { problem: null }] as Comparison[],
      invariants: [{ problem: ofAQuery }, { problem: null }] as InvariantResult[],
    });
    expect(JSON.stringify(checks)).not.toContain('388');
    expect(checks.comparisons.slice(1)).toEqual([{ problem: unreachable }, { problem: null }]);
  });

  it('are hidden in the remarks beside a record, and only where there are any', () => {
    const remarks = { comparisons: { open: ofAState }, invariants: { sum: ofAQuery } };
    expect(mayQuoteValues(remarks)).toBe(true);
    expect(mayQuoteValues({ ...remarks, comparisons: {} })).toBe(true);
    expect(mayQuoteValues({ ...remarks, invariants: {} })).toBe(true);
    expect(mayQuoteValues(maskRemarks(remarks))).toBe(false);
    expect(mayQuoteValues({ comparisons: { open: unreachable }, invariants: {} })).toBe(false);
    expect(JSON.stringify(maskRemarks(remarks))).not.toContain('388');
  });
});
