import { describe, expect, it } from 'vitest';
import { sha256 } from '../server/adapters/digests.ts';
import { checkRecord } from '../server/application/dashboard/evidence-view.ts';
import type { EvidenceDetail } from '../server/application/views.ts';
import { type GeneratedRecord, generatedRecords } from './generated-evidence.ts';

const options = { records: 400, days: 90, until: new Date('2026-11-26T00:00:00Z'), seed: 1 };
const records = [...generatedRecords(options, sha256)];
const parsed = ({ statement }: GeneratedRecord) => JSON.parse(statement);

describe('generated evidence', () => {
  it('says in its own bytes that it was generated', () => {
    expect(records).toHaveLength(400);
    for (const record of records) expect(parsed(record).predicate.software.generated).toBe('for measuring');
  });

  it('is as valid as any: its verdict follows from its other fields, and is the one that lists show', () => {
    for (const record of records) {
      const detail = { statement: parsed(record), confidence: record.confidence } as EvidenceDetail;
      expect(checkRecord(detail)).toMatchObject({ outcome: 'passed' });
    }
  });

  it('holds every verdict, status and kind', () => {
    const of = (field: 'confidence' | 'status' | 'kind' | 'agreement') =>
      [...new Set(records.map((each) => each[field]))].filter((each) => each !== null).toSorted();
    expect(of('confidence')).toEqual(['suspect', 'trusted', 'untrusted']);
    expect(of('status')).toEqual(['cancelled', 'failed', 'finished', 'refused']);
    expect(of('kind')).toEqual(['promotion', 'replay']);
    expect(of('agreement')).toEqual(['behind', 'different', 'equal', 'not-compared']);
  });

  it('is the same for the same seed, and another for another', () => {
    const first = (seed: number) => generatedRecords({ ...options, seed }, sha256).next().value?.statement;
    expect(first(1)).toBe(records[0]?.statement);
    expect(first(2)).not.toBe(records[0]?.statement);
  });
});
