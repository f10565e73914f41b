import type { TopicState } from '../../../domain/contract/index.ts';
import { RepriseError } from '../../../domain/shared/errors.ts';
import { code, hasCode, rootMessages } from '../failures.ts';

type Place = Pick<TopicState<unknown>, 'title' | 'topic'>;

/** derived-state-unavailable, naming the topic and, where one is at fault, partition and offset. */
export function unavailable(
  { title, topic }: Place,
  problem: string,
  remedy: string | null,
  options: { where?: string; lasting?: boolean; cause?: unknown } = {},
): RepriseError {
  const sentence = `Derived state ${title} (topic ${topic}): ${problem}`;
  return new RepriseError('derived-state-unavailable', remedy === null ? sentence : `${sentence} ${remedy}`, {
    where: options.where ?? topic,
    lasting: options.lasting ?? false,
    ...(options.cause === undefined ? {} : { cause: options.cause }),
  });
}

/** Of one row: named by its place, and never by what it holds. */
export function unreadable(
  state: Place,
  { partition, offset }: { readonly partition: number; readonly offset: number },
  problem: string,
  remedy: string | null = null,
): RepriseError {
  const at = `the record at offset ${offset} of partition ${partition}`;
  return unavailable(state, `${at} ${problem}`, remedy, {
    where: `${state.topic}/${partition}@${offset}`,
    lasting: true,
  });
}

/** Gives an error of the broker or of the connection its place. */
export function inPlace(state: Place, error: unknown): RepriseError {
  if (error instanceof RepriseError) {
    if (error.code !== 'history-unavailable') return error;
    return unavailable(state, error.message, null, { lasting: error.lasting, cause: error });
  }
  const remedy = missingRight(error);
  return unavailable(state, `${rootMessages(error)}.`, remedy, { lasting: remedy !== null, cause: error });
}

/**
 * A fault of the topic that holds the rows, however the reading of a history would call it: that its records were removed
 * says nothing of the history that they are compared with.
 */
export function asRowsFault(state: Place, error: unknown): unknown {
  if (!(error instanceof RepriseError) || !error.code.startsWith('history-')) return error;
  return unavailable(state, error.message, null, {
    ...(error.where === null ? {} : { where: error.where }),
    lasting: error.code !== 'history-unavailable' || error.lasting,
    cause: error,
  });
}

/** What Reprise's user has to be let do, where the broker refused it something. */
export function missingRight(error: unknown): string | null {
  if (hasCode(error, code.groupAuthorizationFailed)) return 'Let its Kafka user DESCRIBE the consumer group.';
  if (hasCode(error, code.transactionalIdAuthorizationFailed))
    return 'Let its Kafka user DESCRIBE the transactional id.';
  if (hasCode(error, code.topicAuthorizationFailed)) return 'Let its Kafka user READ and DESCRIBE the topic.';
  return null;
}
