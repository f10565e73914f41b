import { describe, expect, it } from 'vitest';
import { messageOf, originOf, stateOf } from './origin.ts';

const text = (value: string) => Buffer.from(value);

describe('where a letter came from', () => {
  it('stands in headers of text', () => {
    expect(
      originOf({
        'dlq.origin.topic': text('events'),
        'dlq.origin.partition': text('3'),
        'dlq.origin.offset': text('17'),
      }),
    ).toEqual({ topic: 'events', partition: 3, offset: '17' });
    expect(
      originOf({
        '__connect.errors.topic': text('events'),
        '__connect.errors.partition': text('0'),
        '__connect.errors.offset': text('9007199254740993'),
      }),
    ).toEqual({ topic: 'events', partition: 0, offset: '9007199254740993' });
  });

  it('stands in figures of text of Spring Kafka as well, and in no partition that Kafka can not have', () => {
    const of = (partition: string) =>
      originOf({
        'kafka_dlt-original-topic': text('events'),
        'kafka_dlt-original-partition': text(partition),
        'kafka_dlt-original-offset': text('17'),
      });
    expect(of('3')).toEqual({ topic: 'events', partition: 3, offset: '17' });
    expect(of('2147483648')).toBeNull();
  });

  it('is said with whose it is, where a header names the state', () => {
    expect(stateOf({ 'dlq.projector': text('selling') })).toBe('selling');
    expect(stateOf({ 'dlq.projector': new Uint8Array([255]) })).toBeNull();
    expect(stateOf(null)).toBeNull();
  });

  it('stands in the figures of Spring Kafka', () => {
    const partition = Buffer.alloc(4);
    partition.writeInt32BE(5);
    const offset = Buffer.alloc(8);
    offset.writeBigInt64BE(2n ** 40n);
    const headers = {
      'kafka_dlt-original-topic': text('events'),
      'kafka_dlt-original-partition': partition,
      'kafka_dlt-original-offset': offset,
      'kafka_dlt-exception-message': text('it broke'),
    };
    expect(originOf(headers)).toEqual({ topic: 'events', partition: 5, offset: '1099511627776' });
    expect(messageOf(headers)).toBe('it broke');
  });

  it('is not known where a part of it is missing, or is no place', () => {
    expect(originOf(null)).toBeNull();
    expect(originOf({ 'dlq.origin.topic': text('events') })).toBeNull();
    expect(
      originOf({
        'dlq.origin.topic': new Uint8Array([255]),
        'dlq.origin.partition': text('0'),
        'dlq.origin.offset': text('1'),
      }),
    ).toBeNull();
    for (const offset of ['-1', 'x', '99999999999999999999'])
      expect(
        originOf({
          'dlq.origin.topic': text('events'),
          'dlq.origin.partition': text('0'),
          'dlq.origin.offset': text(offset),
        }),
      ).toBeNull();
  });
});
