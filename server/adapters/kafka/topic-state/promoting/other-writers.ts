import type { TopicState } from '../../../../domain/contract/index.ts';
import type { RepriseError } from '../../../../domain/shared/errors.ts';
import { unavailable } from '../errors.ts';
import type { TopicParts } from '../snapshot.ts';
import type { Landed } from './writer.ts';

/**
 * With the projector's id taken, whoever else writes to its topic does so under another id, or none. What they write
 * between the reading of the rows and the commit could be written over, so nothing is committed where anything of it is
 * seen.
 */
type State = TopicState<unknown>;
type Ends = ReadonlyMap<number, number>;

/** Before the rows are read: what is open now would get its place among them later. */
export async function refuseOpen({ questions, cluster }: TopicParts, state: State): Promise<void> {
  const partitions = (await cluster.topic(state.topic)).partitions.map(({ partition }) => partition);
  const stable = await questions.ends(state.topic, partitions, 'last-stable');
  const high = await questions.ends(state.topic, partitions, 'high');
  const open = partitions.find((each) => stable.get(each) !== high.get(each));
  if (open !== undefined) throw somebodyElse(state, open);
}

/**
 * Kafka has no produce that takes place only at an expected offset. It tells where a record came to stand, though, and
 * what stands in a transaction can still be aborted: the same, by asking afterwards.
 * @param ends up to where the rows were read
 * @returns where the partitions end now, if nobody else writes
 */
export function refuseInBetween(state: State, ends: Ends, landed: readonly Landed[]): Ends {
  const now = new Map(ends);
  for (const { partition, from, to } of landed) {
    if (now.get(partition) !== from) throw somebodyElse(state, partition);
    now.set(partition, to);
  }
  return now;
}

/** Right before the commit, of all partitions: also of those that nothing is written to. */
export async function refuseSince({ questions }: TopicParts, state: State, ends: Ends): Promise<void> {
  const high = await questions.ends(state.topic, [...ends.keys()], 'high');
  for (const [partition, end] of ends) if (high.get(partition) !== end) throw somebodyElse(state, partition);
}

function somebodyElse(state: State, partition: number): RepriseError {
  return unavailable(
    state,
    `somebody else than ${state.transactionalId} writes to partition ${partition}, or its projector was started meanwhile.`,
    'Stop whoever writes there: the promotion goes on by itself then.',
    { where: `${state.topic}/${partition}` },
  );
}
