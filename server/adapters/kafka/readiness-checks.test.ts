import { describe, expect, it } from 'vitest';
import { javaHashPartition, murmur2Partition } from '../../domain/replay/index.ts';
import { checkTopic, type TopicFacts } from './readiness-checks.ts';
import type { SampledRecord } from './sample-checks.ts';

const partition = { partition: 0, logStart: '0', lastStable: '10', replicas: 3, inSync: 3 };
const record: SampledRecord = { partition: 0, offset: 0, key: 'k', problem: null };
const murmur2 = (key: string, count: number) => murmur2Partition(Buffer.from(key), count);
const good: TopicFacts = {
  topic: 't',
  brokers: 3,
  partitions: [partition],
  configs: new Map([
    ['cleanup.policy', 'delete'],
    ['retention.ms', '-1'],
    ['retention.bytes', '-1'],
    ['min.insync.replicas', '2'],
  ]),
  sample: { records: [record], ofPartitions: 1 },
  neededFrom: null,
};
const needs = {
  history: { retention: 'everything', compaction: 'none', archive: null },
  partitioner: 'murmur2',
} as const;
const config = (...changed: [string, string][]): TopicFacts => ({
  ...good,
  configs: new Map([...(good.configs instanceof Map ? good.configs : []), ...changed]),
});
const days = (n: number) => ({ ...needs, history: { ...needs.history, retention: { days: n } } });

describe('a topic', () => {
  it('that has everything passes every check, without consequence and remedy', () => {
    for (const check of checkTopic(good, needs)) {
      expect(check).toMatchObject({ outcome: 'passed', consequence: null, remedy: null });
    }
  });

  it.each<[string, TopicFacts, Parameters<typeof checkTopic>[1], string, string]>([
    [
      'starts late',
      { ...good, partitions: [{ ...partition, logStart: '7' }] },
      needs,
      'The history starts at its beginning',
      'failed',
    ],
    [
      'starts late, with an archive',
      { ...good, partitions: [{ ...partition, logStart: '7' }] },
      { ...needs, history: { ...needs.history, archive: 'a' } },
      'The history starts at its beginning',
      'warning',
    ],
    [
      'starts late, and only days are needed, which it shows to be whole',
      { ...good, partitions: [{ ...partition, logStart: '7' }], neededFrom: new Map([[0, 8n]]) },
      days(7),
      'The history starts at its beginning',
      'passed',
    ],
    [
      'starts later than the days that are needed',
      { ...good, partitions: [{ ...partition, logStart: '7' }], neededFrom: new Map([[0, 7n]]) },
      days(7),
      'The history starts at its beginning',
      'failed',
    ],
    [
      'keeps a week of everything',
      config(['retention.ms', '604800000']),
      needs,
      'Retention keeps what a replay needs',
      'failed',
    ],
    [
      'keeps the week that is needed',
      config(['retention.ms', '604800000']),
      days(7),
      'Retention keeps what a replay needs',
      'passed',
    ],
    [
      'keeps less than the days needed',
      config(['retention.ms', '604800000']),
      days(8),
      'Retention keeps what a replay needs',
      'failed',
    ],
    [
      'has a size limit',
      config(['retention.bytes', '1000']),
      days(1),
      'Retention keeps what a replay needs',
      'warning',
    ],
    [
      'is compacted only',
      config(['cleanup.policy', 'compact'], ['retention.ms', '1']),
      needs,
      'Retention keeps what a replay needs',
      'passed',
    ],
    [
      'is compacted',
      config(['cleanup.policy', 'compact,delete']),
      needs,
      'Compaction takes no event',
      'failed',
    ],
    [
      'is compacted, and F keeps the last value',
      config(['cleanup.policy', 'compact']),
      { ...needs, history: { ...needs.history, compaction: 'last-value' } },
      'Compaction takes no event',
      'passed',
    ],
    [
      'has two replicas',
      { ...good, partitions: [{ ...partition, replicas: 2, inSync: 2 }] },
      needs,
      'The history survives the loss of a broker',
      'warning',
    ],
    [
      'has a replica out of sync',
      { ...good, partitions: [{ ...partition, inSync: 2 }] },
      needs,
      'The history survives the loss of a broker',
      'warning',
    ],
    [
      'takes a write on one broker',
      config(['min.insync.replicas', '1']),
      needs,
      'A write waits for two replicas',
      'warning',
    ],
    [
      'hides its settings',
      { ...good, configs: 'hidden' },
      needs,
      'Compaction takes no event',
      'could-not-run',
    ],
    [
      'can’t be sampled',
      { ...good, sample: 'no leader' },
      needs,
      'A key is in one partition only',
      'could-not-run',
    ],
    [
      'has an event of a version that is not known',
      {
        ...good,
        sample: {
          records: [{ ...record, problem: { reason: 'unknown-version', detail: 'Version 9.' } }],
          ofPartitions: 1,
        },
      },
      needs,
      'Every event is one that the contract knows',
      'failed',
    ],
    [
      'has no partitioner to check by',
      good,
      { ...needs, partitioner: 'none' },
      'The partition count was never raised',
      'could-not-run',
    ],
  ])('that %s', (_, facts, need, name, outcome) => {
    expect(checkTopic(facts, need).find((check) => check.name === name)?.outcome).toBe(outcome);
  });

  it('with keys out of place says from which count it was raised, or that no count explains them', () => {
    const partitions = Array.from({ length: 6 }, (_, i) => ({ ...partition, partition: i }));
    const written = (placed: (key: string) => number) =>
      Array.from({ length: 40 }, (_, i) => ({
        ...record,
        offset: i,
        key: `key-${i}`,
        partition: placed(`key-${i}`),
      }));
    const found = (placed: (key: string) => number) =>
      checkTopic({ ...good, partitions, sample: { records: written(placed), ofPartitions: 6 } }, needs).find(
        (check) => check.name === 'The partition count was never raised',
      );
    expect(found((key) => murmur2(key, 6))?.outcome).toBe('passed');
    expect(found((key) => murmur2(key, 4))?.found).toContain('the count was raised from 4 to 6');
    expect(found((key) => javaHashPartition(key, 6))?.found).toContain('another partitioner');
  });
});
