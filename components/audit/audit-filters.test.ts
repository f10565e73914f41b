import { describe, expect, it } from 'vitest';
import { type AuditFilter, auditListInput, exportHref } from './audit-filters.ts';

const none: AuditFilter = { actor: '', action: '', outcome: null, subject: '', since: '', until: '' };

describe('what is asked of the audit', () => {
  it('takes whole days in UTC, the last one included', () => {
    expect(auditListInput({ ...none, since: '2026-03-14', until: '2026-03-14' })).toMatchObject({
      since: '2026-03-14T00:00:00.000Z',
      until: '2026-03-15T00:00:00.000Z',
    });
  });

  it('leaves out what is empty or half typed', () => {
    const asked = auditListInput({ ...none, subject: '  ', since: '2026-0' });
    expect(Object.values(asked).every((value) => value === undefined)).toBe(true);
  });

  it('is the same in the address of the export', () => {
    expect(exportHref(none, 'csv')).toBe('/api/audit/export?format=csv');
    expect(exportHref({ ...none, outcome: 'refused', subject: 'a&b', since: '2026-03-14' }, 'ndjson')).toBe(
      '/api/audit/export?format=ndjson&outcome=refused&subject=a%26b&since=2026-03-14T00%3A00%3A00.000Z',
    );
  });
});
