import { describe, expect, it } from 'vitest';
import { letterHeaders, originOf } from './dead-letter-headers.ts';

const bytes = (text: string) => new TextEncoder().encode(text);
const big = (length: 4 | 8, value: bigint) => {
  const view = new DataView(new ArrayBuffer(length));
  if (length === 4) view.setInt32(0, Number(value));
  else view.setBigInt64(0, value);
  return new Uint8Array(view.buffer);
};

describe('where a dead letter says that it came from', () => {
  const own = {
    [letterHeaders.topic]: bytes('orders'),
    [letterHeaders.partition]: bytes('3'),
    [letterHeaders.offset]: bytes('9007199254740993'),
    [letterHeaders.state]: bytes('selling'),
  };

  it.each([
    [
      'is told by our own headers, with the state',
      own,
      { topic: 'orders', partition: 3, offset: 9_007_199_254_740_993n, state: 'selling' },
    ],
    [
      'is told by those of Kafka Connect',
      {
        '__connect.errors.topic': bytes('orders'),
        '__connect.errors.partition': bytes('0'),
        '__connect.errors.offset': bytes('12'),
      },
      { topic: 'orders', partition: 0, offset: 12n, state: null },
    ],
    [
      'is told by those of Spring, in big-endian numbers',
      {
        'kafka_dlt-original-topic': bytes('orders'),
        'kafka_dlt-original-partition': big(4, 5n),
        'kafka_dlt-original-offset': big(8, 77n),
      },
      { topic: 'orders', partition: 5, offset: 77n, state: null },
    ],
    ['is not known without headers', null, null],
    ['is not known by a part of them', { [letterHeaders.topic]: bytes('orders') }, null],
    ['is not known where an offset is none', { ...own, [letterHeaders.offset]: bytes('-1') }, null],
    ['is not known where a name is not text', { ...own, [letterHeaders.topic]: new Uint8Array([255]) }, null],
  ])('%s', (_, headers, expected) => {
    expect(originOf(headers)).toEqual(expected);
  });
});
