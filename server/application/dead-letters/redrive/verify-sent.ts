import { isConsumed, outcomeOf } from '../../../domain/dead-letters/index.ts';
import type { LetterTopicState } from '../../ports/dead-letters.ts';
import type { Ends, Redrive, SentLetter } from '../../ports/redrives.ts';
import { loadStored } from '../watched-topics.ts';
import type { Held } from './held.ts';

/** A letter whose outcome nobody could tell by then is one that is not known. */
const OUTCOME_MS = 60_000;

/** Writes down what became of those that were sent, where it can be told. */
export async function verifySent(held: Held, redrive: Redrive, sent: readonly SentLetter[]): Promise<void> {
  const { deps, broker, id } = held;
  const { redrives, letters, live, unitOfWork } = deps;
  const past = await whoIsPast(held, redrive);
  await held.keep();
  // Only now: a letter that a consumer parks it parks before it goes on, be it in a transaction that hides it yet.
  const topic = await broker.topics.describe(redrive.topic);
  const ends = endsOf(topic);
  const consumed = sent.filter((letter) => letter.deadTo === null && isConsumed(past(letter)));
  const standing = await unitOfWork.run((tx) => letters.standing(tx, redrive.topic));
  const isRead = ({ deadTo }: SentLetter) =>
    Object.entries(deadTo ?? ends).every(
      ([partition, end]) => (standing.cursors.get(Number(partition))?.next ?? 0n) >= BigInt(end),
    );
  const { deadFrom } = await unitOfWork.run((tx) => redrives.marks(tx, id));
  await held.holding(async (tx) => {
    await redrives.markConsumed(
      tx,
      id,
      consumed.map(({ number }) => number),
      ends,
    );
    for (const letter of sent) {
      const outcome = outcomeOf({
        ...past(letter),
        deadLettersRead: isRead(letter),
        parkedAgain:
          letter.eventId === null
            ? null
            : await redrives.parkedSince(tx, redrive.topic, redrive.identity, letter.eventId, deadFrom),
        hasEventId: letter.eventId !== null,
        timeIsUp: letter.ageMs > OUTCOME_MS,
      });
      if (outcome === null) continue;
      await redrives.settle(tx, id, letter.number, outcome);
      await live.notify(tx, 'dead-letters');
    }
    const hidden = sent.some((letter) => isConsumed(past(letter)) && !isRead(letter)) && hiddenIn(topic);
    if (typeof hidden === 'string') await redrives.problem(tx, id, `${redrive.topic}: ${hidden}`);
  });
}

const endsOf = ({ partitions }: LetterTopicState): Ends =>
  Object.fromEntries(partitions.map(({ partition, high }) => [partition, String(high)]));

/** null: nothing that stands there is kept from being read. */
function hiddenIn({ partitions }: LetterTopicState): string | null {
  const found = partitions.find(({ end, high }) => end < high);
  return found === undefined
    ? null
    : `what was parked in partition ${found.partition} from offset ${found.end} on can't be read yet, since a transaction that began there has neither been committed nor aborted.`;
}

/** What group and state say of the target now. */
async function whoIsPast({ deps, broker }: Held, { contractId, state: name, target }: Redrive) {
  const stored = await deps.contracts.latest(contractId);
  const contract = stored === null ? null : await loadStored(deps, stored);
  const state = contract?.derivedStates[name] ?? null;
  const group = state?.consumerGroup ?? null;
  const committed = group === null ? null : ((await broker.sender.committed(group, target)) ?? new Map());
  const ofHistory = contract?.history.kind === 'kafka' && contract.history.topic === target;
  const keepsPosition = state?.kind === 'postgres' && state.position?.kind === 'per-partition';
  const applied =
    state !== null && ofHistory && keepsPosition ? await deps.derivedStates.positionOf(state) : null;
  const isPast = (next: bigint | undefined, letter: SentLetter) =>
    next !== undefined && next > BigInt(letter.sentOffset);
  return (letter: SentLetter) => ({
    groupIsPast: committed === null ? null : isPast(committed.get(letter.sentPartition), letter),
    stateIsPast:
      applied?.kind === 'per-partition' ? isPast(applied.next.get(letter.sentPartition), letter) : null,
  });
}
