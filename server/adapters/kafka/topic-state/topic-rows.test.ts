import { describe, expect, it } from 'vitest';
import { RepriseError } from '../../../domain/shared/errors.ts';
import { asRowsFault } from './errors.ts';
import { TopicRows } from './topic-rows.ts';

const bytes = (text: string) => Buffer.from(text);
const batch = (
  records: readonly (readonly [Buffer, Buffer | null])[],
  headers: Record<string, Uint8Array> | null = null,
) => ({
  partition: 0,
  records: records.map(([key, value], offset) => ({ offset, timestampMs: 0, key, value, headers })),
  absences: [],
  next: records.length,
});
const rowsOf = (...taken: ReturnType<typeof batch>[]) => {
  const rows = TopicRows.from('id', new Map([[0, 0n]]));
  for (const each of taken) rows.take(each);
  return rows;
};

describe('the rows of a topic in memory', () => {
  it('hold no more than their own bytes alive, however short they are', () => {
    const [row] = rowsOf(batch([[bytes('K'), bytes('{"total":1}')]], { type: bytes('Row') })).of('K');
    expect(row?.value.buffer.byteLength).toBe(11);
    expect(row?.headers.map(([name, value]) => [name, value.buffer.byteLength])).toEqual([['type', 3]]);
  });

  it('are counted with their headers, and with the keys that are no text, and no more once they are gone', () => {
    const binary = Buffer.from([0xff, 1]);
    const plain = rowsOf(batch([[bytes('K'), bytes('{}')]])).bytes;
    const headed = rowsOf(batch([[bytes('K'), bytes('{}')]], { type: Buffer.alloc(1_000) }));
    expect(headed.bytes).toBeGreaterThan(plain + 1_000);
    const odd = rowsOf(batch([[binary, bytes('{}')]]));
    expect(odd.bytes).toBeGreaterThan(0);
    odd.take(
      batch([
        [binary, bytes('{}')],
        [binary, null],
      ]),
    );
    headed.take(batch([[bytes('K'), null]]));
    expect([odd.bytes, headed.bytes]).toEqual([0, 0]);
  });
});

describe('a key', () => {
  it('of bytes that are no text, or text with U+0000 as of a binary number, can not be read', () => {
    for (const key of [Buffer.from([0xff]), Buffer.from([0, 0, 0, 0, 0, 0, 0, 5])]) {
      const rows = rowsOf(batch([[key, bytes('{}')]]));
      expect([rows.size, rows.unreadableKey]).toEqual([0, { partition: 0, offset: 0 }]);
    }
  });
});

describe('a fault of the topic that holds the rows', () => {
  it.each(['history-truncated', 'history-recreated', 'history-missing', 'history-unavailable'] as const)(
    'is one of the derived state and not of its history: %s',
    (code) => {
      const fault = new RepriseError(code, 'Partition 0 begins at 5.', { where: 'shelf/0 [0,5)' });
      expect(asRowsFault({ title: 'Shelf', topic: 'shelf' }, fault)).toMatchObject({
        code: 'derived-state-unavailable',
        message: 'Derived state Shelf (topic shelf): Partition 0 begins at 5.',
        where: 'shelf/0 [0,5)',
        lasting: code !== 'history-unavailable',
      });
    },
  );
});
