import type { TopicState } from '../../../domain/contract/index.ts';
import type { Questions } from './questions.ts';

type WrongId = {
  /** `unknown` to its coordinator, or known as that of somebody who does not write this topic. */
  readonly kind: 'unknown' | 'another';
  readonly problem: string;
  readonly remedy: string;
};

/**
 * Why a transactional id is not the one under which the projector writes; null where nothing speaks against it. All of
 * what an id tells, and bars, is of whoever writes under it: one that is spelt otherwise, a prefix, or that of a release
 * before tells and bars nothing.
 */
export async function whyNotOfProjector(
  questions: Pick<Questions, 'transaction' | 'lastWriter'>,
  { topic }: TopicState<unknown>,
  transactionalId: string,
): Promise<WrongId | null> {
  const [named, last] = [await questions.transaction(transactionalId), await questions.lastWriter(topic)];
  if (named === null)
    return {
      kind: 'unknown',
      problem: `nobody writes under the transactional id ${transactionalId} that the contract names.`,
      remedy:
        'Name the id under which its projector writes, in full: a framework may add a number to a prefix. The broker forgets one after 7 days without a transaction, if transactional.id.expiration.ms is not set otherwise: then have the projector write once.',
    };
  if (last === null || last === named.producerId) return null;
  return {
    kind: 'another',
    problem: `the last transaction in topic ${topic} was not written under the transactional id ${transactionalId} that the contract names.`,
    remedy:
      'Name the id under which its projector writes. If somebody else has written there for once, have the projector write again.',
  };
}
