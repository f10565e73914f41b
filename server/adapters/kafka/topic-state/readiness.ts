import type { ReadinessCheck } from '../../../application/ports/history.ts';
import type { TopicState } from '../../../domain/contract/index.ts';
import { couldNotRun, count, passed } from '../outcomes.ts';
import { inPlace } from './errors.ts';
import { whyNotOfProjector } from './projector-id.ts';
import { positionOf, type TopicParts } from './snapshot.ts';

type State = TopicState<unknown>;

/** Live checks of one derived state in a topic. `name` is its key in the contract. */
export async function checkReadiness(
  parts: TopicParts,
  name: string,
  state: State,
): Promise<readonly ReadinessCheck[]> {
  try {
    const { partitions } = await parts.cluster.topic(state.topic);
    return [
      passed(
        `Derived state ${name} can be read`,
        `Topic ${state.topic} has ${count(partitions.length, 'partition')}.`,
      ),
      await checkCompaction(parts, name, state),
      await checkCommits(parts, name, state),
      await checkTransactionalId(parts, name, state),
    ];
  } catch (error) {
    return [
      {
        name: `Derived state ${name} can be read`,
        outcome: 'failed',
        found: inPlace(state, error).message,
        consequence: 'It cannot be compared with the history.',
        remedy: 'Correct what was found, then check again.',
      },
    ];
  }
}

/** Below it a reader that is slow for once may miss a tombstone, and take a row for one that is still there. */
const shortTombstoneMs = 60_000;

async function checkCompaction({ cluster }: TopicParts, name: string, state: State): Promise<ReadinessCheck> {
  const check = `Derived state ${name} keeps the last record of every key`;
  const configs = await cluster.configs(state.topic);
  if (configs === null)
    return couldNotRun(
      check,
      "The topic's settings are hidden: Reprise's Kafka user needs DESCRIBE_CONFIGS on it.",
    );
  const policy = configs.get('cleanup.policy') ?? 'delete';
  const found = `cleanup.policy is ${policy}.`;
  if (policy !== 'compact')
    return {
      name: check,
      outcome: 'failed',
      found,
      consequence: 'Rows are removed by age or size, and what is gone shows as missing.',
      remedy: 'Set cleanup.policy=compact, and have its projector write again what is gone.',
    };
  const tombstoneMs = Number(configs.get('delete.retention.ms') ?? shortTombstoneMs);
  if (tombstoneMs < shortTombstoneMs)
    return {
      name: check,
      outcome: 'warning',
      found: `${found} delete.retention.ms is ${tombstoneMs}.`,
      consequence: 'A tombstone may be gone before it is read, and the row then shows as one too many.',
      remedy: 'Set delete.retention.ms to an hour or more.',
    };
  return passed(check, found);
}

async function checkCommits(parts: TopicParts, name: string, state: State): Promise<ReadinessCheck> {
  const check = `Derived state ${name} tells how far it has come`;
  const { cluster } = parts;
  const [next, starts, ends] = await Promise.all([
    positionOf(parts, state),
    cluster.offsets(state.historyTopic, 'log-start'),
    cluster.offsets(state.historyTopic, 'last-stable'),
  ]);
  const silent = [...ends]
    .filter(([partition, end]) => end > (starts.get(partition) ?? 0n) && !next.has(partition))
    .map(([partition]) => partition);
  const group = `Group ${state.consumerGroup}`;
  if (silent.length > 0)
    return {
      name: check,
      outcome: 'warning',
      found: `${group} has committed nothing on ${count(silent.length, 'partition')} of ${state.historyTopic} with records in them: ${silent.join(', ')}.`,
      consequence: 'It counts as having applied nothing of them.',
      remedy: 'Check the name of the group in the contract, and whether its projector has ever run.',
    };
  const positions = [...next]
    .sort(([a], [b]) => a - b)
    .map(([partition, offset]) => `${partition}: ${offset}`);
  return passed(
    check,
    `${group} has committed ${positions.join(', ') || 'nothing, of a history without records'}.`,
  );
}

async function checkTransactionalId(
  { questions }: TopicParts,
  name: string,
  state: State,
): Promise<ReadinessCheck> {
  const check = `Derived state ${name} can be read while its projector works`;
  const warning = (found: string, remedy: string): ReadinessCheck => ({
    name: check,
    outcome: 'warning',
    found,
    consequence:
      'It is compared only at a moment at which no transaction is open, and a projector that is always in one leaves none. It can not be promoted.',
    remedy,
  });
  const { transactionalId } = state;
  if (transactionalId === null)
    return warning(
      'The contract names no transactionalId.',
      'Have its projector write under one transactional id, and name it in the contract.',
    );
  const wrong = await whyNotOfProjector(questions, state, transactionalId);
  if (wrong === null)
    return passed(
      check,
      `Its projector writes as ${transactionalId}: an open transaction is told from a decided one.`,
    );
  const found = `${wrong.problem[0]?.toUpperCase()}${wrong.problem.slice(1)}`;
  if (wrong.kind === 'unknown') return warning(found, wrong.remedy);
  return {
    ...warning(found, wrong.remedy),
    consequence:
      'Where its projector writes under another id, rows are compared that do not belong to the position. It can not be promoted.',
  };
}
