import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromValue } from '../contract/define.ts';
import type { EngineContract } from '../contract/index.ts';
import { stockContract, stockEvent } from '../test-kit/stock-contract.ts';
import { ErasedFields } from './erased-fields.ts';
import { type AppliedEvent, notesOfKey } from './key-notes.ts';
import { PartitionFold } from './partition-fold.ts';
import { murmur2Partition } from './partitioners.ts';

const key = 'A';
const right = murmur2Partition(new TextEncoder().encode(key), 2);
const inOrder: EngineContract = {
  ...stockContract,
  ordering: { ...stockContract.ordering, sequence: fromValue('n') },
};

const at = (offset: number, sequence: number | null = offset): AppliedEvent => ({
  offset: String(offset),
  event: stockEvent(`e${offset}`, 'Received', 1),
  sequence,
  lost: null,
  ofBase: false,
});

const notes = (contract: EngineContract, events: readonly AppliedEvent[], partition = right) =>
  notesOfKey(contract, { key, partition, partitionCount: 2 }, events);

const none = { misplaced: 0, outOfOrder: 0, erased: 0, erasedReads: 0 };

describe('what the fold of a partition notes of a key', () => {
  it('is nothing where the key stands where it belongs, in order, and all of it can be read', () => {
    expect(notes(inOrder, [at(0), at(1)])).toEqual({ counts: none, findings: [] });
  });

  it('is each event in another partition than the partitioner gives, and the key once, at its first one', () => {
    expect(notes(stockContract, [at(3), at(4)], 1 - right)).toEqual({
      counts: { ...none, misplaced: 2 },
      findings: [{ kind: 'misplaced-key', offset: '3' }],
    });
    const ofBase = { ...at(3), ofBase: true };
    expect(notes(stockContract, [ofBase, at(4)], 1 - right)).toEqual({
      counts: { ...none, misplaced: 1 },
      findings: [],
    });
  });

  it('is each event whose sequence number does not follow, also what follows one that should not be there', () => {
    const later = [at(0, 1), at(1, 9), at(2, 2), at(3, null)];
    expect(notes(inOrder, later)).toEqual({
      counts: { ...none, outOfOrder: 2 },
      findings: [
        { kind: 'out-of-order', offset: '2' },
        { kind: 'out-of-order', offset: '3' },
      ],
    });
    expect(
      notes(
        inOrder,
        later.filter(({ offset }) => offset !== '1'),
      ).counts.outOfOrder,
    ).toBe(1);
    expect(notes(stockContract, later).counts.outOfOrder).toBe(0);
  });

  it('is each event of which something is lost, and how often F asks for it', () => {
    const erased = new ErasedFields({ fields: ['quantity'], subject: fromValue('subject') } as never, {
      keyOf: () => null,
      decrypt: () => null,
    });
    const lost = (offset: number): AppliedEvent => {
      const data = { quantity: 'sealed' };
      erased.open({} as never, { subject: 'ada' }, data);
      const untraceable = erased.guard(data, false);
      const event = { ...stockEvent(`e${offset}`, 'Received', 1), data };
      return { ...at(offset), event, lost: erased.lostFields(untraceable) };
    };
    expect(notes(inOrder, [at(0), lost(1), lost(2)])).toEqual({
      counts: { ...none, erased: 2, erasedReads: 2 },
      findings: [
        { kind: 'erased-subject', offset: '1' },
        { kind: 'erased-read', offset: '1' },
        { kind: 'erased-subject', offset: '2' },
        { kind: 'erased-read', offset: '2' },
      ],
    });
  });

  it('is what a fold of the partition counts, whatever the numbers and wherever the key stands', () => {
    const startSha256 = () => {
      const hash = createHash('sha256');
      return { update: (data: Uint8Array) => void hash.update(data), digest: () => hash.digest() };
    };
    const utf8 = (text: string) => new TextEncoder().encode(text);
    const sequences = fc.array(fc.option(fc.nat(9)), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(sequences, fc.constantFrom(0, 1), (numbers, partition) => {
        const to = numbers.length;
        const fold = new PartitionFold({
          contract: inOrder,
          partition,
          partitionCount: 2,
          range: { from: 0, to },
          decode: (record) => JSON.parse(new TextDecoder().decode(record.value ?? undefined)),
          keys: null,
          subjects: null,
          startSha256,
          resume: null,
        });
        const records = numbers.map((n, offset) => ({
          offset,
          timestampMs: 0,
          key: utf8(key),
          value: utf8(JSON.stringify({ quantity: 1, ...(n === null ? {} : { n }) })),
          headers: { id: utf8(`e${offset}`), type: utf8('Shipped'), version: utf8('1') },
        }));
        fold.accept({ partition, records, absences: [], next: to });
        const { counters, findings } = fold.checkpoint(true);
        const own = notes(
          inOrder,
          numbers.map((n, offset) => at(offset, n)),
          partition,
        );
        expect(counters).toMatchObject(own.counts);
        expect(own.findings).toEqual(findings.map(({ kind, offset }) => ({ kind, offset })));
      }),
    );
  });
});
