import { describe, expect, it } from 'vitest';
import type { AuditFilter } from '../application/ports/dashboard.ts';
import type { AuditRow } from '../application/views.ts';
import { exportAudit } from './audit-export.ts';
import type { ExportFormat } from './export-pages.ts';

const entry = (id: number): AuditRow => ({
  id: String(id),
  at: '2026-03-14T09:26:53.000Z',
  actor: id % 2 === 0 ? 'p1' : 'reaper',
  action: 'replay.launched',
  subject: `replay:r${id}`,
  outcome: 'done',
  origin: '127.0.0.1',
  detail: { reason: '=cmd()' },
});

/** Pages of two, the newest first. */
async function textOf(
  entries: readonly AuditRow[],
  format: ExportFormat,
  isStillLetIn = async () => true,
): Promise<{ text: string; asked: AuditFilter[] }> {
  const asked: AuditFilter[] = [];
  const audit = async (filter: AuditFilter, { cursor }: { cursor?: string | undefined }) => {
    asked.push(filter);
    const from = Number(cursor ?? 0);
    const next = from + 2 < entries.length ? String(from + 2) : null;
    return { rows: entries.slice(from, from + 2), next };
  };
  const filter = { actor: 'p1' };
  let text = '';
  for await (const part of exportAudit({
    queries: { audit },
    filter,
    format,
    names: new Map([['p1', 'Ada']]),
    isStillLetIn,
  }))
    text += part;
  return { text, asked };
}

describe('an export of the audit', () => {
  it('writes every page once, with the same filter, under one head', async () => {
    const { text, asked } = await textOf([5, 4, 3, 2, 1].map(entry), 'csv');
    const [head, ...lines] = text.trimEnd().split('\r\n');
    expect(head).toBe('id,at,actor,actor_name,action,subject,outcome,origin,detail');
    expect(lines.map((line) => line.split(',').slice(0, 4).join())).toEqual([
      '5,2026-03-14T09:26:53.000Z,reaper,',
      '4,2026-03-14T09:26:53.000Z,p1,Ada',
      '3,2026-03-14T09:26:53.000Z,reaper,',
      '2,2026-03-14T09:26:53.000Z,p1,Ada',
      '1,2026-03-14T09:26:53.000Z,reaper,',
    ]);
    expect(asked).toEqual([{ actor: 'p1' }, { actor: 'p1' }, { actor: 'p1' }]);
  });

  it('is one object a line as NDJSON', async () => {
    const { text } = await textOf([2, 1].map(entry), 'ndjson');
    expect(
      text
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toEqual([
      { ...entry(2), actor_name: 'Ada' },
      { ...entry(1), actor_name: '' },
    ]);
  });

  it('of nothing has its head as CSV, and is empty as NDJSON', async () => {
    expect((await textOf([], 'csv')).text.split('\r\n')).toHaveLength(2);
    expect((await textOf([], 'ndjson')).text).toBe('');
  });

  it('breaks off where whoever asked is not let in any more', async () => {
    let pages = 0;
    const once = async () => {
      pages += 1;
      return pages === 1;
    };
    await expect(textOf([5, 4, 3].map(entry), 'csv', once)).rejects.toThrow('not let in');
  });
});
