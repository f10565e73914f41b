import { RepriseError } from '../../domain/shared/errors.ts';
import { code, unavailable, unavailableUntilMended } from './failures.ts';

type Wanted = { readonly partition: number; readonly at: number; readonly to: number };

export function recreated(topic: string, was: string, is: string): RepriseError {
  return new RepriseError(
    'history-recreated',
    `Topic ${topic} was deleted and created again: it was ${was} and is ${is} now. Its offsets mean other records, so nothing of it may be read under this plan.`,
    { where: topic },
  );
}

/** `where` names the missing range, e.g. `orders/3 [120,500)`. */
export function logTruncated(topic: string, wanted: Wanted, logStart: number): RepriseError {
  const to = Math.min(logStart, wanted.to);
  return new RepriseError(
    'history-truncated',
    `Partition ${wanted.partition} of topic ${topic} starts at offset ${logStart} now: offsets ${wanted.at} to ${to - 1} were removed, by retention or by DeleteRecords, before they could be read.`,
    { where: `${topic}/${wanted.partition} [${wanted.at},${to})` },
  );
}

/** The log ends before the range does: records that were there are gone, or a transaction keeps them back. */
export function endsEarly(
  topic: string,
  wanted: Wanted,
  end: { readonly highWatermark: number; readonly lastStable: number },
): RepriseError {
  const name = `Partition ${wanted.partition} of topic ${topic}`;
  if (end.highWatermark < wanted.to) {
    const from = Math.max(end.highWatermark, 0);
    return new RepriseError(
      'history-missing',
      `${name} ends at offset ${from}: offsets ${from} to ${wanted.to - 1} existed and are gone. An unclean leader election loses records so.`,
      { where: `${topic}/${wanted.partition} [${from},${wanted.to})` },
    );
  }
  return unavailable(
    `${name} can be read up to offset ${end.lastStable}, and ${wanted.to} is wanted: a transaction that began there has neither been committed nor aborted.`,
    `${topic}/${wanted.partition}`,
  );
}

/** What the broker refuses for good. */
export function refused(topic: string, partition: number | null, error: number): RepriseError {
  const where = partition === null ? topic : `${topic}/${partition}`;
  if (error === code.topicAuthorizationFailed) {
    return unavailableUntilMended(
      `Reading ${where} was refused: Reprise's Kafka user needs READ on the topic.`,
      where,
    );
  }
  return unavailableUntilMended(`Reading ${where} was refused by the broker with error ${error}.`, where);
}
