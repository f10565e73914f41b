import type { EngineContract } from '../../domain/contract/index.ts';
import type { DeadLetter } from '../ports/history.ts';
import type { RunnerDeps } from './deps.ts';

const lettersRead = 100_000;

/**
 * Dead letters of every derived state, by event id. A topic that can't be read parks nothing as far as this replay
 * knows: explanations then are 'fits' and not 'proven', and the log says why.
 */
export async function parkedEvents(
  deps: RunnerDeps,
  contract: EngineContract,
): Promise<ReadonlyMap<string, ReadonlyMap<string, DeadLetter>>> {
  const parked = new Map<string, ReadonlyMap<string, DeadLetter>>();
  for (const [name, { deadLetters }] of Object.entries(contract.derivedStates)) {
    if (deadLetters === null) continue;
    const { topic, id, cause } = deadLetters;
    try {
      const { letters, truncated } = await deps.deadLetters.list(topic, id, cause, lettersRead);
      if (truncated) deps.log.warn({ topic, lettersRead }, 'a dead-letter topic holds more than is searched');
      parked.set(name, new Map(letters.map((letter) => [letter.eventId, letter])));
    } catch (error) {
      deps.log.warn({ topic, error }, 'a dead-letter topic could not be read');
    }
  }
  return parked;
}
