import { describe, expect, it } from 'vitest';
import { rightsOf } from '../../domain/access/index.ts';
import type { Runbook } from '../../domain/runbook/index.ts';
import { hiddenGiven, paramsTo, partsTo } from './show.ts';

const viewers = [
  { roles: ['viewer'], rights: rightsOf(['viewer']) },
  // A token of an operator that may read.
  { roles: ['operator'], rights: ['read'] },
] as const;
const readers = [
  { roles: ['operator'], rights: rightsOf(['operator']) },
  { roles: ['approver'], rights: rightsOf(['approver']) },
] as const;
const params = {
  contract: 'stock',
  data: { amount: 4 },
  originalValue: '1',
  correctedValue: '5',
  reason: 'wrong',
};
const shown = [
  { kind: 'text', text: 'As it is.' },
  { kind: 'table', title: 'Open', columns: ['a', 'b'], rows: [['x', 'y']] },
  { kind: 'table', title: 'The event', values: true, columns: ['a', 'b'], rows: [['Data', '{"amount":4}']] },
] as const;
const runbook = {
  steps: [
    {
      action: {
        name: 'compensate',
        args: {
          contract: { kind: 'reference', reference: { step: null, name: 'contract' } },
          originalValue: { kind: 'template', parts: ['was ', { step: null, name: 'was' }] },
        },
      },
    },
  ],
} as unknown as Runbook;

describe('values that a contract may hide', () => {
  it.each(viewers)('are not for %j, who neither responds nor approves', (viewer) => {
    expect(paramsTo(viewer, 'compensate', params)).toEqual([
      { name: 'contract', value: 'stock' },
      { name: 'data', value: 'hidden' },
      { name: 'originalValue', value: 'hidden' },
      { name: 'correctedValue', value: 'hidden' },
      { name: 'reason', value: 'wrong' },
    ]);
    expect(partsTo(viewer, shown)).toEqual([shown[0], shown[1], { ...shown[2], rows: [['Data', 'hidden']] }]);
    expect([...hiddenGiven(viewer, runbook)]).toEqual(['was']);
  });

  it.each(readers)('are shown to %j, who do it or decide about it', (reader) => {
    expect(paramsTo(reader, 'compensate', params)).toContainEqual({ name: 'data', value: '{"amount":4}' });
    expect(partsTo(reader, shown)).toEqual(shown);
    expect([...hiddenGiven(reader, runbook)]).toEqual([]);
  });
});
