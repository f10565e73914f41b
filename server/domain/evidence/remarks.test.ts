import { describe, expect, it } from 'vitest';
import { replayFactsOf, sha256Hex } from '../test-kit/records.ts';
import { approvalRemarks } from './approval-record.ts';
import { breakGlassRemarks } from './break-glass-record.ts';
import { type Remarks, remarksNamed, remarksOf, remarksText } from './remarks.ts';
import { runbookStepRemarks } from './runbook-step-record.ts';

const naming = (text: string) => ({ predicate: { remarks: { sha256: sha256Hex(text) } } });
const words = (text: string) => ({ text, sha256: sha256Hex(text) });
const remarks = remarksOf(replayFactsOf(), 'salt');
const text = remarksText(remarks);
const said = { by: 'ada', at: '2026-11-26T08:00:00.000Z', reason: 'now' };

describe('the words beside a record', () => {
  it.each<[string, Remarks]>([
    ['a replay', remarks],
    ['a decision', approvalRemarks({ reason: 'checked' }, 'salt')],
    ['a step', runbookStepRemarks({ failure: null, cancellation: 'enough', approvals: [] }, 'salt')],
    ['broken glass', breakGlassRemarks({ first: said, second: said, review: null }, 'salt')],
  ])('are read as %s leaves them', (_, each) => {
    const kept = remarksText(each);
    expect(remarksNamed(naming(kept), words(kept))).toEqual(each);
  });

  it('are none where other words stand there', () => {
    const other = remarksText({ ...remarks, reason: 'forged' });
    expect(remarksNamed(naming(text), words(other))).toBeNull();
    expect(remarksNamed(naming(text), words('{"reason":"forged"}'))).toBeNull();
  });

  it.each(['{"reason":"forged"}', '{', 'null', '[]', JSON.stringify({ ...remarks, authors: 'me' })])(
    'are none where they are of another shape, though the statement names them: %s',
    (other) => {
      expect(remarksNamed(naming(other), words(other))).toBeNull();
    },
  );

  it('are none where the statement names none', () => {
    for (const statement of [null, {}, { predicate: {} }])
      expect(remarksNamed(statement, words(text))).toBeNull();
  });
});
