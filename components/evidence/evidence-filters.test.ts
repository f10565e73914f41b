import { describe, expect, it } from 'vitest';
import { type EvidenceFilter, evidenceListInput } from './evidence-filters.ts';

const none: EvidenceFilter = {
  contract: '',
  confidence: null,
  agreement: null,
  status: null,
  by: '',
  since: '',
  until: '',
  asOf: null,
};

describe('what is asked for evidence', () => {
  it('takes whole days in UTC, the last one included', () => {
    const { since, until } = evidenceListInput({ ...none, since: '2026-03-14', until: '2026-03-14' });
    expect([since, until]).toEqual(['2026-03-14T00:00:00.000Z', '2026-03-15T00:00:00.000Z']);
  });

  it('leaves out what is empty, half typed or no day', () => {
    expect(Object.values(evidenceListInput(none)).every((value) => value === undefined)).toBe(true);
    expect(evidenceListInput({ ...none, since: '2026-0', until: '2026-13-45' })).toMatchObject({
      since: undefined,
      until: undefined,
    });
  });
});
