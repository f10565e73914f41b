import { expect, it } from 'vitest';
import type { LetterTopics } from '../ports/dead-letters.ts';
import { toLetterRecord } from './show-record.ts';

const topics = { decode: () => ({ amount: 1 }) } as unknown as LetterTopics;
const shown = (headers: Readonly<Record<string, string>>, isRevealed = false) =>
  Object.fromEntries(
    toLetterRecord(
      { offset: 0, timestampMs: 0, key: null, value: null, headers },
      topics,
      null,
      isRevealed,
    ).headers.map(({ name, value }) => [name, value]),
  );

it.each(['dlq.cause', 'kafka_dlt-exception-fqcn', '__connect.errors.exception.class.name'])(
  'shows of %s what reads like a class or a code, and hides a sentence that may quote a value',
  (name) => {
    expect(shown({ [name]: 'invalid-data' })).toEqual({ [name]: 'invalid-data' });
    expect(shown({ [name]: 'com.acme.BadEvent' })).toEqual({ [name]: 'com.acme.BadEvent' });
    expect(shown({ [name]: 'PERSON-88 has no account' })).toEqual({ [name]: 'hidden' });
    expect(shown({ [name]: 'PERSON-88 has no account' }, true)).toEqual({
      [name]: 'PERSON-88 has no account',
    });
  },
);
