import { describe, expect, it } from 'vitest';
import { emptyDraft, parseScope } from './scope-form.ts';

describe('a scope that a person types', () => {
  const ok = [
    { draft: { kind: 'all' }, scope: { kind: 'all' } },
    {
      draft: { kind: 'partitions', partitions: '3, 0 3' },
      scope: { kind: 'partitions', partitions: [0, 3] },
    },
    {
      draft: { kind: 'offsets', offsets: '2:0100-514\n0:0-9' },
      scope: {
        kind: 'offsets',
        ranges: [
          { partition: 2, from: '100', to: '514' },
          { partition: 0, from: '0', to: '9' },
        ],
      },
    },
    {
      draft: { kind: 'time', from: '2026-01-02T03:04', to: '2026-01-02T03:04:05' },
      scope: { kind: 'time', from: '2026-01-02T03:04:00Z', to: '2026-01-02T03:04:05Z' },
    },
    { draft: { kind: 'keys', keys: ' a \n\nb\na' }, scope: { kind: 'keys', keys: ['a', 'b'] } },
  ] as const;
  it.each(ok)('reads $draft.kind', ({ draft, scope }) => {
    expect(parseScope({ ...emptyDraft, ...draft })).toEqual({ ok: true, scope });
  });

  const bad = [
    { draft: { kind: 'partitions', partitions: 'x' }, field: 'partitions' },
    { draft: { kind: 'offsets', offsets: '0:5-5' }, field: 'offsets' },
    { draft: { kind: 'offsets', offsets: '0:5' }, field: 'offsets' },
    { draft: { kind: 'time', from: '2026-01-02T03:04', to: '' }, field: 'to' },
    { draft: { kind: 'time', from: '2026-01-02T03:04', to: '2026-01-02T03:04' }, field: 'to' },
    { draft: { kind: 'keys', keys: '\n' }, field: 'keys' },
  ] as const;
  it.each(bad)('names the field that is wrong in $draft', ({ draft, field }) => {
    expect(parseScope({ ...emptyDraft, ...draft })).toMatchObject({ ok: false, field });
  });
});
