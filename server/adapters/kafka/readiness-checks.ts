import type { ReadinessCheck } from '../../application/ports/history.ts';
import type { KafkaHistory, Partitioner } from '../../domain/contract/index.ts';
import { partitionOf } from './partition-of.ts';

/** One sampled record. `key` and `id` are what the contract's selectors found; null where they found nothing. */
export type SampledRecord = {
  readonly partition: number;
  readonly offset: number;
  readonly key: string | null;
  readonly id: string | null;
  readonly isTombstone: boolean;
  /** Why the value can't be decoded; null where it can. */
  readonly undecodable: string | null;
};

/** What readiness is judged by. A part that could not be had is the sentence that says why. */
export type TopicFacts = {
  readonly topic: string;
  readonly brokers: number;
  readonly partitions: readonly {
    readonly partition: number;
    readonly logStart: string;
    readonly lastStable: string;
    readonly replicas: number;
    readonly inSync: number;
  }[];
  readonly configs: ReadonlyMap<string, string> | string;
  readonly sample: { readonly records: readonly SampledRecord[]; readonly ofPartitions: number } | string;
};

type Needs = {
  readonly history: Pick<KafkaHistory, 'retention' | 'compaction' | 'archive'>;
  readonly partitioner: Partitioner;
};

const dayMs = 86_400_000;

/** Every check, in the order in which a person should read them. */
export function checkTopic(facts: TopicFacts, needs: Needs): readonly ReadinessCheck[] {
  return [
    checkLogStart(facts, needs),
    checkRetention(facts, needs),
    checkCleanupPolicy(facts, needs),
    checkReplication(facts),
    checkMinInSync(facts),
    ...checkSample(facts, needs),
  ];
}

function checkLogStart({ partitions }: TopicFacts, { history }: Needs): ReadinessCheck {
  const name = 'history-starts-at-its-beginning';
  const cut = partitions.filter((p) => p.logStart !== '0');
  if (cut.length === 0) {
    return passed(name, `All ${count(partitions.length, 'partition')} start at offset 0.`);
  }
  const removed = cut.reduce((sum, p) => sum + BigInt(p.logStart), 0n);
  const found = `${cut.length} of ${count(partitions.length, 'partition')} start later than offset 0: ${removed} offsets are gone.`;
  if (history.retention !== 'everything')
    return passed(name, `${found} The contract needs the last days only.`);
  if (history.archive !== null) {
    return {
      name,
      outcome: 'warning',
      found,
      consequence: `A replay of everything reads them from the archive ${history.archive}, and needs it to reach up to the topic's start.`,
      remedy: 'Write the archive before retention removes more.',
    };
  }
  return {
    name,
    outcome: 'failed',
    found,
    consequence: 'A replay of everything is refused: what is gone can be neither folded nor proven.',
    remedy: 'Name an archive that holds it, or replay from an offset with a trusted replay as its base.',
  };
}

function checkRetention({ configs }: TopicFacts, { history }: Needs): ReadinessCheck {
  const name = 'retention-keeps-what-is-needed';
  if (typeof configs === 'string') return couldNotRun(name, configs);
  if (!(configs.get('cleanup.policy') ?? 'delete').includes('delete')) {
    return passed(name, 'The cleanup policy removes nothing by age or size.');
  }
  const ms = Number(configs.get('retention.ms') ?? '-1');
  const bytes = Number(configs.get('retention.bytes') ?? '-1');
  const age = ms < 0 ? 'no limit of age' : `an age limit of ${days(ms)}`;
  const found = `The topic has ${age} and ${bytes < 0 ? 'no limit of size' : `a size limit of ${bytes} bytes a partition`}.`;
  const needMs =
    history.retention === 'everything' ? Number.POSITIVE_INFINITY : history.retention.days * dayMs;
  const need = history.retention === 'everything' ? 'everything' : `${history.retention.days} days`;
  if ((ms < 0 || ms >= needMs) && bytes < 0) return passed(name, `${found} The contract needs ${need}.`);
  const isTooShort = ms >= 0 && ms < needMs;
  return {
    name,
    outcome: isTooShort ? 'failed' : 'warning',
    found: `${found} The contract needs ${need}.`,
    consequence: isTooShort
      ? 'Events that a full replay needs are removed before it may be needed.'
      : 'A busy day can push out events that the contract still needs.',
    remedy:
      'Raise retention.ms and retention.bytes (-1 is no limit), or write an archive more often than that.',
  };
}

function checkCleanupPolicy({ configs }: TopicFacts, { history }: Needs): ReadinessCheck {
  const name = 'compaction-takes-no-event';
  if (typeof configs === 'string') return couldNotRun(name, configs);
  const policy = configs.get('cleanup.policy') ?? 'delete';
  const found = `cleanup.policy is ${policy}.`;
  if (!policy.includes('compact')) return passed(name, found);
  if (history.compaction === 'last-value') {
    return passed(name, `${found} The contract declares that F keeps only the last value of a key.`);
  }
  return {
    name,
    outcome: 'failed',
    found,
    consequence: 'All but the last event of a key may be gone: a replay that meets such a hole is untrusted.',
    remedy: "Set cleanup.policy=delete, or declare compaction: 'last-value' if F keeps only the last value.",
  };
}

function checkReplication({ partitions, brokers }: TopicFacts): ReadinessCheck {
  const name = 'replicas-survive-a-broker';
  const least = Math.min(...partitions.map((p) => p.replicas));
  const behind = partitions.filter((p) => p.inSync < p.replicas).length;
  const found = `The replication factor is ${least} on ${count(brokers, 'broker')}; ${behind === 0 ? 'every replica is in sync' : `${count(behind, 'partition')} with a replica out of sync`}.`;
  if (least >= 3 && behind === 0) return passed(name, found);
  return {
    name,
    outcome: 'warning',
    found,
    consequence:
      least === 1
        ? 'The history is lost with the one disk that it is on.'
        : 'With one more broker lost, history can be lost with it.',
    remedy: behind > 0 ? 'Bring the replicas back in sync.' : 'Raise the replication factor to 3.',
  };
}

function checkMinInSync({ configs, partitions }: TopicFacts): ReadinessCheck {
  const name = 'writes-wait-for-two-replicas';
  if (typeof configs === 'string') return couldNotRun(name, configs);
  const min = Number(configs.get('min.insync.replicas') ?? '1');
  const found = `min.insync.replicas is ${min}.`;
  if (min >= 2) return passed(name, found);
  const least = Math.min(...partitions.map((p) => p.replicas));
  return {
    name,
    outcome: 'warning',
    found,
    consequence: 'A write can be acknowledged by one broker alone and be lost with it.',
    remedy:
      least < 2
        ? 'Raise the replication factor to 3 and min.insync.replicas to 2, with acks=all.'
        : 'Set min.insync.replicas to 2, with acks=all.',
  };
}

const sampleChecks = [
  'records-have-an-ordering-key',
  'records-can-be-decoded',
  'records-have-an-idempotency-key',
  'a-key-has-one-partition',
  'partition-count-was-never-raised',
] as const;

function checkSample(facts: TopicFacts, { partitioner }: Needs): ReadinessCheck[] {
  const { sample } = facts;
  if (typeof sample === 'string') return sampleChecks.map((name) => couldNotRun(name, sample));
  if (sample.records.length === 0) {
    return sampleChecks.map((name) => couldNotRun(name, 'The topic holds no record that could be sampled.'));
  }
  const { records } = sample;
  const scale = `${count(records.length, 'sampled record')} of ${count(sample.ofPartitions, 'partition')}`;
  const events = records.filter((r) => !r.isTombstone);
  const shares: [(typeof sampleChecks)[number], readonly SampledRecord[], string, string, string][] = [
    [
      'records-have-an-ordering-key',
      records.filter((r) => r.key === null && r.undecodable === null),
      'have no ordering key',
      'They belong to no key, and so to no state: a replay sets them aside and is untrusted.',
      'Have the producer set the key, and correct the history by compensating events.',
    ],
    [
      'records-can-be-decoded',
      events.filter((r) => r.undecodable !== null),
      "can't be decoded",
      'A replay sets them aside and is untrusted.',
      "Check the contract's format and the schema registry's address.",
    ],
    [
      'records-have-an-idempotency-key',
      events.filter((r) => r.undecodable === null && r.id === null),
      'have no idempotency key',
      'A second delivery of them could not be told from a first, so a replay sets them aside.',
      'Have the producer give every event an id of its own.',
    ],
  ];
  return [
    ...shares.map(([name, bad, what, consequence, remedy]): ReadinessCheck => {
      const first = bad[0];
      if (first === undefined) return passed(name, `None of ${scale} ${what}.`);
      const why = first.undecodable === null ? '' : ` ${first.undecodable}`;
      const found = `${bad.length} of ${scale} ${what}, the first at ${place(first)}.${why}`;
      return { name, outcome: 'failed', found, consequence, remedy };
    }),
    checkOnePartition(records, scale),
    checkPartitionCount(records, scale, partitioner, facts.partitions.length),
  ];
}

function checkOnePartition(records: readonly SampledRecord[], scale: string): ReadinessCheck {
  const name = 'a-key-has-one-partition';
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
  const name = 'partition-count-was-never-raised';
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

function passed(name: string, found: string): ReadinessCheck {
  return { name, outcome: 'passed', found, consequence: null, remedy: null };
}

function couldNotRun(name: string, found: string): ReadinessCheck {
  return {
    name,
    outcome: 'could-not-run',
    found,
    consequence: 'Whether a replay would be harmed by this is not known.',
    remedy: null,
  };
}

/** Where a record is. Never its key: that may be personal data. */
function place(record: SampledRecord): string {
  return `${record.partition}@${record.offset}`;
}

function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? '' : 's'}`;
}

function days(ms: number): string {
  return `${Math.round((ms / dayMs) * 10) / 10} days`;
}
