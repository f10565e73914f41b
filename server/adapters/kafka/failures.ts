import { findErrorBy } from '@platformatic/kafka';
import { RepriseError } from '../../domain/shared/errors.ts';

/** Error codes of the Kafka protocol that this adapter acts on (kafka.apache.org/protocol, "Error Codes"). */
export const code = {
  offsetOutOfRange: 1,
  corruptMessage: 2,
  unknownTopicOrPartition: 3,
  leaderNotAvailable: 5,
  notLeaderOrFollower: 6,
  replicaNotAvailable: 9,
  topicAuthorizationFailed: 29,
  groupAuthorizationFailed: 30,
  clusterAuthorizationFailed: 31,
  unsupportedVersion: 35,
  transactionalIdAuthorizationFailed: 53,
  kafkaStorageError: 56,
  groupIdNotFound: 69,
  fencedLeaderEpoch: 74,
  unknownLeaderEpoch: 75,
  offsetNotAvailable: 78,
  unstableOffsetCommit: 88,
  unknownTopicId: 100,
  inconsistentTopicId: 103,
  transactionalIdNotFound: 105,
} as const;

/** What a moved leader, an election or a restart answers with: asking again, of whoever leads then, is right. */
export const passing: ReadonlySet<number> = new Set([
  code.unknownTopicOrPartition,
  code.leaderNotAvailable,
  code.notLeaderOrFollower,
  code.replicaNotAvailable,
  code.kafkaStorageError,
  code.fencedLeaderEpoch,
  code.unknownLeaderEpoch,
  code.offsetNotAvailable,
  code.unknownTopicId,
  code.inconsistentTopicId,
]);

export function hasCode(error: unknown, wanted: number): boolean {
  return error instanceof Error && findErrorBy(error, 'apiCode', wanted) !== null;
}

/** The innermost messages of an error, each once: a driver wraps them several times over. */
export function rootMessages(error: unknown): string {
  const found = new Set<string>();
  const visit = (e: unknown, depth: number): void => {
    if (depth > 8) return;
    if (e instanceof AggregateError && e.errors.length > 0) {
      for (const inner of e.errors) visit(inner, depth + 1);
    } else if (e instanceof Error && e.cause !== undefined) visit(e.cause, depth + 1);
    else found.add(e instanceof Error ? e.message || e.name : String(e));
  };
  visit(error, 0);
  return [...found].slice(0, 3).join('; ');
}

export function unavailable(sentence: string, where: string, cause?: unknown): RepriseError {
  return outOfReach(sentence, where, cause, false);
}

/** Where waiting alone does not help: a right is missing, a topic is gone, a batch is damaged. */
export function unavailableUntilMended(sentence: string, where: string, cause?: unknown): RepriseError {
  return outOfReach(sentence, where, cause, true);
}

function outOfReach(sentence: string, where: string, cause: unknown, lasting: boolean): RepriseError {
  return new RepriseError('history-unavailable', sentence, {
    where,
    lasting,
    ...(cause === undefined ? {} : { cause }),
  });
}

/** Turns whatever a driver threw into the sentence that a person can act on. */
export function asUnavailable(error: unknown, doing: string, where: string, hint = ''): RepriseError {
  if (error instanceof RepriseError) return error;
  if (hasCode(error, code.topicAuthorizationFailed)) {
    return unavailableUntilMended(
      `${doing} was refused: Reprise's Kafka user needs READ and DESCRIBE on the topic.`,
      where,
      error,
    );
  }
  return unavailable(`${doing} failed: ${rootMessages(error)}${hint}`, where, error);
}
