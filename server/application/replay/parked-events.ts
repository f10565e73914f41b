import type { EngineContract } from '../../domain/contract/index.ts';
import type { DeadLetter } from '../ports/history.ts';
import type { RunnerDeps } from './deps.ts';

const lettersRead = 100_000;

/** Dead letters of a derived state by event id, and why there may be others; null: these are all. */
export type Parked = {
  readonly letters: ReadonlyMap<string, DeadLetter>;
  readonly incomplete: string | null;
};

/** Dead letters of every derived state that names a topic for them. One that can't be read is not one without any. */
export async function parkedEvents(
  deps: RunnerDeps,
  contract: EngineContract,
): Promise<ReadonlyMap<string, Parked>> {
  const parked = new Map<string, Parked>();
  for (const [name, { deadLetters }] of Object.entries(contract.derivedStates)) {
    if (deadLetters === null) continue;
    const { topic, id, cause } = deadLetters;
    try {
      const { letters, truncated } = await deps.deadLetters.list(topic, id, cause, lettersRead);
      if (truncated) deps.log.warn({ topic, lettersRead }, 'a dead-letter topic holds more than is searched');
      parked.set(name, {
        letters: new Map(letters.map((letter) => [letter.eventId, letter])),
        incomplete: truncated ? `only the oldest ${lettersRead} dead letters of ${topic} were read.` : null,
      });
    } catch (error) {
      deps.log.warn({ topic, error }, 'a dead-letter topic could not be read');
      const why = error instanceof Error ? error.message : String(error);
      parked.set(name, { letters: new Map(), incomplete: `${topic} could not be read. ${why}` });
    }
  }
  return parked;
}
