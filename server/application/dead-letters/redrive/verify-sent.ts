import { isConsumed, type Outcome, outcomeOf } from '../../../domain/dead-letters/index.ts';
import type { LetterTopicState } from '../../ports/dead-letters.ts';
import type { Ends, Redrive, SentLetter } from '../../ports/redrives.ts';
import type { Transaction } from '../../ports/unit-of-work.ts';
import type { Held } from './held.ts';

/** Writes down what became of those that were sent, where it can be told. */
export async function verifySent(held: Held, redrive: Redrive): Promise<void> {
  const { deps, broker, id } = held;
  const { redrives, letters, unitOfWork } = deps;
  if ((await held.holding((tx) => redrives.sent(tx, id))).length === 0) return;
  const past = await whoIsPast(held, redrive);
  await held.keep();
  // Only now: a letter that a consumer parks it parks before it goes on, be it in a transaction that hides it yet.
  const topic = await broker.topics.describe(redrive.topic);
  const ends = endsOf(topic);
  const standing = await unitOfWork.run((tx) => letters.standing(tx, redrive.topic));
  const isRead = ({ deadTo }: SentLetter) =>
    Object.entries(deadTo ?? ends).every(
      ([partition, end]) => (standing.cursors.get(Number(partition))?.next ?? 0n) >= BigInt(end),
    );
  await held.holding(async (tx) => {
    const before = await redrives.sent(tx, id);
    await redrives.noteSeen(tx, id, positionsFor(before, past));
    const sent = await redrives.sent(tx, id);
    if (topic.identity !== redrive.identity) return settle(held, tx, sent.map(ofAnotherTopic));
    const { deadFrom } = await redrives.marks(tx, id);
    const consumed = sent.filter((letter) => letter.deadTo === null && isConsumed(past(letter)));
    await redrives.markConsumed(
      tx,
      id,
      consumed.map(({ number }) => number),
      ends,
    );
    const outcomes: Settled[] = [];
    for (const letter of sent) {
      const { eventId, number, isAwaited } = letter;
      const parkedAgain =
        eventId === null ? null : await redrives.parkedSince(tx, redrive, eventId, deadFrom);
      const asked = { deadLettersRead: isRead(letter), parkedAgain, hasEventId: eventId !== null };
      const outcome = outcomeOf({ ...letter, ...past(letter), ...asked });
      const isNews = outcome !== null && !(isAwaited && outcome.status === 'unknown' && outcome.isAwaited);
      if (isNews) outcomes.push({ ...outcome, number });
    }
    await settle(held, tx, outcomes);
    const hidden = sent.some((letter) => isConsumed(past(letter)) && !isRead(letter)) && hiddenIn(topic);
    if (typeof hidden === 'string') await redrives.problem(tx, id, `${redrive.topic}: ${hidden}`);
  });
}

type Settled = Outcome & { readonly number: number };

async function settle(
  { deps: { redrives, live }, id }: Held,
  tx: Transaction,
  outcomes: readonly Settled[],
): Promise<void> {
  if (outcomes.length === 0) return;
  await redrives.settle(tx, id, outcomes);
  await live.notify(tx, 'dead-letters');
}

const ofAnotherTopic = ({ number }: SentLetter): Settled => ({
  number,
  status: 'unknown',
  isAwaited: false,
  cause:
    'The topic of dead letters was deleted and made again, so nobody can tell whether it was parked again.',
});

/** How far the consumer is where it has not come past a letter yet that is waited for. */
function positionsFor(
  sent: readonly SentLetter[],
  past: Awaited<ReturnType<typeof whoIsPast>>,
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    sent
      .filter((letter) => !letter.isAwaited && !isConsumed(past(letter)))
      .map((letter) => [String(letter.sentPartition), past(letter).position]),
  );
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

/** What group and state say of the target now, by the version of the contract that was approved. */
async function whoIsPast(held: Held, redrive: Redrive) {
  const { state: name, target } = redrive;
  const { deps, broker } = held;
  const contract = await held.contractOf(redrive);
  const state = contract.derivedStates[name] ?? null;
  const group = state?.consumerGroup ?? null;
  const committed = group === null ? null : ((await broker.sender.committed(group, target)) ?? new Map());
  const ofHistory = contract.history.kind === 'kafka' && contract.history.topic === target;
  const keepsPosition = state?.kind === 'postgres' && state.position?.kind === 'per-partition';
  const applied =
    state !== null && ofHistory && keepsPosition ? await deps.derivedStates.positionOf(state) : null;
  const isPast = (next: bigint | undefined, letter: SentLetter) =>
    next !== undefined && next > BigInt(letter.sentOffset);
  return (letter: SentLetter) => {
    const group = committed?.get(letter.sentPartition);
    const own = applied?.kind === 'per-partition' ? applied.next.get(letter.sentPartition) : undefined;
    return {
      groupIsPast: committed === null ? null : isPast(group, letter),
      stateIsPast: applied?.kind === 'per-partition' ? isPast(own, letter) : null,
      position: `${group ?? ''}/${own ?? ''}`,
    };
  };
}
