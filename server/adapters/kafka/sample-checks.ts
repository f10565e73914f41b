import type { ReadinessCheck } from '../../application/ports/history.ts';
import type { Partitioner } from '../../domain/contract/index.ts';
import { javaHashPartition, murmur2Partition, type QuarantineReason } from '../../domain/replay/index.ts';
import { couldNotRun, count, passed } from './outcomes.ts';

/** One sampled record, read as a fold would read it. */
export type SampledRecord = {
  readonly partition: number;
  readonly offset: number;
  /** null where it has none. */
  readonly key: string | null;
  /** Why a fold would set it aside; null where it would not. */
  readonly problem: { readonly reason: QuarantineReason; readonly detail: string } | null;
};

export type Sample = { readonly records: readonly SampledRecord[]; readonly ofPartitions: number };

/** What a sampled record can lack, by the reason that a fold would give. */
const lacks = {
  key: {
    name: 'Every record has an ordering key',
    reasons: ['no-key'],
    what: 'have no ordering key',
    consequence: 'They belong to no key, and so to no state: a replay sets them aside and is untrusted.',
    remedy: 'Have the producer set the key, and correct the history by compensating events.',
  },
  form: {
    name: 'Every record can be decoded',
    reasons: ['undecodable'],
    what: "can't be decoded",
    consequence: 'A replay sets them aside and is untrusted.',
    remedy: "Check the contract's format and the schema registry's address.",
  },
  id: {
    name: 'Every record has an idempotency key',
    reasons: ['no-idempotency-key'],
    what: 'have no idempotency key',
    consequence: 'A second delivery of them could not be told from a first, so a replay sets them aside.',
    remedy: 'Have the producer give every event an id of its own.',
  },
  meaning: {
    name: 'Every event is one that the contract knows',
    reasons: ['unknown-type', 'unknown-version', 'invalid-data', 'upcast-failed', 'projection-failed'],
    what: 'are events that the contract does not know',
    consequence: 'A replay sets them aside and is untrusted.',
    remedy: 'Add the event type or version to the contract, or name the type among those that F ignores.',
  },
} as const satisfies Record<string, Lack>;

type Lack = {
  readonly name: string;
  readonly reasons: readonly QuarantineReason[];
  readonly what: string;
  readonly consequence: string;
  readonly remedy: string;
};

const ONE_PARTITION = 'A key is in one partition only';
const PARTITION_COUNT = 'The partition count was never raised';

/** Judges a sample, or says of each check that it could not run and why. */
export function checkSample(
  sample: Sample | string,
  partitioner: Partitioner,
  partitionCount: number,
): ReadinessCheck[] {
  const isEmpty = typeof sample !== 'string' && sample.records.length === 0;
  if (typeof sample === 'string' || isEmpty) {
    const why = typeof sample === 'string' ? sample : 'The topic holds no record that could be sampled.';
    const names = [...Object.values(lacks).map((lack) => lack.name), ONE_PARTITION, PARTITION_COUNT];
    return names.map((name) => couldNotRun(name, why));
  }
  const { records } = sample;
  const scale = `${count(records.length, 'sampled record')} of ${count(sample.ofPartitions, 'partition')}`;
  return [
    ...Object.values(lacks).map((lack) => checkLack(records, scale, lack)),
    checkOnePartition(records, scale),
    checkPartitionCount(records, scale, partitioner, partitionCount),
  ];
}

function checkLack(records: readonly SampledRecord[], scale: string, lack: Lack): ReadinessCheck {
  const { name, reasons, what, consequence, remedy } = lack;
  const bad = records.filter(({ problem }) => problem !== null && reasons.includes(problem.reason));
  const first = bad[0];
  if (!first?.problem) return passed(name, `None of ${scale} ${what}.`);
  const found = `${bad.length} of ${scale} ${what}, the first at ${place(first)}: ${first.problem.detail}`;
  return { name, outcome: 'failed', found, consequence, remedy };
}

function checkOnePartition(records: readonly SampledRecord[], scale: string): ReadinessCheck {
  const name = ONE_PARTITION;
  const firstOf = new Map<string, SampledRecord>();
  const twice = new Map<string, readonly [SampledRecord, SampledRecord]>();
  for (const record of records) {
    if (record.key === null) continue;
    const first = firstOf.get(record.key);
    if (first === undefined) firstOf.set(record.key, record);
    else if (first.partition !== record.partition) twice.set(record.key, [first, record]);
  }
  const example = [...twice.values()][0];
  if (example === undefined)
    return passed(name, `None of ${count(firstOf.size, 'key')} in ${scale} is in two.`);
  return {
    name,
    outcome: 'failed',
    found: `${count(twice.size, 'key')} of ${firstOf.size} in ${scale} in two partitions, e.g. at ${place(example[0])} and ${place(example[1])}.`,
    consequence: 'The order of its events is not known across partitions: its replayed state is suspect.',
    remedy: 'Copy the topic once, by its key, into one with a fixed partition count.',
  };
}

function checkPartitionCount(
  records: readonly SampledRecord[],
  scale: string,
  partitioner: Partitioner,
  partitionCount: number,
): ReadinessCheck {
  const name = PARTITION_COUNT;
  if (partitioner === 'none') {
    return couldNotRun(
      name,
      'The contract names no partitioner, so that no record can be told to be misplaced.',
    );
  }
  const keyed = records.flatMap((r) => (r.key === null ? [] : [{ ...r, key: r.key }]));
  const misplaced = keyed.filter((r) => partitionOf(partitioner, r.key, partitionCount) !== r.partition);
  const first = misplaced[0];
  if (first === undefined) {
    return passed(
      name,
      `${partitioner} over ${count(partitionCount, 'partition')} gives each of ${scale} the partition it is in.`,
    );
  }
  const before = earlierCount(misplaced, partitioner, partitionCount);
  const proof =
    before === null
      ? 'No smaller partition count explains all of them, so they were written by another partitioner or by hand.'
      : `Over ${count(before, 'partition')} all of them are where they belong: the count was raised from ${before} to ${partitionCount}.`;
  return {
    name,
    outcome: 'failed',
    found: `${misplaced.length} of ${scale} are in another partition than ${partitioner} gives them, the first at ${place(first)}. ${proof}`,
    consequence:
      'A key can have events in two partitions, whose order is not known: its replayed state is suspect.',
    remedy:
      before === null
        ? "Name the producer's partitioner in the contract, or 'none'."
        : 'Copy the topic once, by its key, into one with a fixed partition count.',
  };
}

/** The largest smaller count that puts every misplaced record where it was found. */
function earlierCount(
  misplaced: readonly (SampledRecord & { readonly key: string })[],
  partitioner: Partitioner,
  partitionCount: number,
): number | null {
  for (let n = partitionCount - 1; n >= 1; n -= 1) {
    if (misplaced.every((r) => partitionOf(partitioner, r.key, n) === r.partition)) return n;
  }
  return null;
}

/** null where the contract names no partitioner that could be computed. */
function partitionOf(partitioner: Partitioner, key: string, partitionCount: number): number | null {
  switch (partitioner) {
    case 'murmur2':
      return murmur2Partition(Buffer.from(key, 'utf8'), partitionCount);
    case 'java-hash':
      return javaHashPartition(key, partitionCount);
    case 'single':
      return 0;
    case 'none':
      return null;
  }
}

/** Where a record is. Never its key: that may be personal data. */
function place(record: SampledRecord): string {
  return `${record.partition}@${record.offset}`;
}
