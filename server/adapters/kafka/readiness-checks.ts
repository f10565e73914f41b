import type { ReadinessCheck } from '../../application/ports/history.ts';
import type { KafkaHistory, Partitioner } from '../../domain/contract/index.ts';
import { couldNotRun, count, passed } from './outcomes.ts';
import { checkSample, type Sample } from './sample-checks.ts';

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
  readonly sample: Sample | string;
  /** First offset at or after the beginning of the days that the contract needs; null where it needs everything. */
  readonly neededFrom: ReadonlyMap<number, bigint> | null;
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
    ...checkSample(facts.sample, needs.partitioner, facts.partitions.length),
  ];
}

function checkLogStart({ partitions, neededFrom }: TopicFacts, { history }: Needs): ReadinessCheck {
  const name = 'The history starts at its beginning';
  const cut = partitions.filter((p) => p.logStart !== '0');
  if (cut.length === 0) {
    return passed(name, `All ${count(partitions.length, 'partition')} start at offset 0.`);
  }
  const removed = cut.reduce((sum, p) => sum + BigInt(p.logStart), 0n);
  const found = `${cut.length} of ${count(partitions.length, 'partition')} start later than offset 0: ${removed} offsets are gone.`;
  if (history.retention !== 'everything') {
    const { days: needed } = history.retention;
    const short = cut.filter((p) => (neededFrom?.get(p.partition) ?? 0n) <= BigInt(p.logStart));
    if (short.length === 0) {
      return passed(name, `${found} All that the contract needs, the last ${needed} days, is still there.`);
    }
    return {
      name,
      outcome: history.archive === null ? 'failed' : 'warning',
      found: `${found} ${short.length} of them (${partitionNames(short)}) hold no record from before the last ${needed} days, which the contract needs: nothing shows these to be whole.`,
      consequence: 'A replay of everything is refused, unless an archive holds what is gone.',
      remedy: "Have the topic keep more than the contract needs, or lower the contract's history.retention.",
    };
  }
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

function partitionNames(partitions: TopicFacts['partitions']): string {
  const [first = '', second] = partitions.map((p) => String(p.partition));
  if (second === undefined) return `partition ${first}`;
  return `partition ${first} and ${count(partitions.length - 1, 'other')}`;
}

function checkRetention({ configs }: TopicFacts, { history }: Needs): ReadinessCheck {
  const name = 'Retention keeps what a replay needs';
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
  const name = 'Compaction takes no event';
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
  const name = 'The history survives the loss of a broker';
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
  const name = 'A write waits for two replicas';
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

function days(ms: number): string {
  return `${Math.round((ms / dayMs) * 10) / 10} days`;
}
