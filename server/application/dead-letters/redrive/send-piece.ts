import { corrected, partitionFor, type WholeHeaders } from '../../../domain/dead-letters/index.ts';
import type { HistoryRecord } from '../../../domain/replay/index.ts';
import { RepriseError } from '../../../domain/shared/errors.ts';
import type { ChosenLetter, LandedLetter, Redrive, RedriveEdit, Resent } from '../../ports/redrives.ts';
import type { Held } from './held.ts';

/** Under the limit that brokers have for a batch unless somebody sets it. */
const PIECE_BYTES = 600_000;

type Due = readonly (ChosenLetter & { readonly number: number })[];

/** Sends the first of these, as many as fit. `edit`: what is sent in the place of the one that it has. */
export async function sendPiece(
  held: Held,
  redrive: Redrive,
  due: Due,
  edit: RedriveEdit | null,
): Promise<void> {
  const { piece, lost } = await readPiece(held, redrive, due, edit);
  if (lost.length > 0) await held.holding((tx) => held.deps.redrives.markGone(tx, held.id, lost));
  if (piece.length === 0) return;
  const cause = await sendOnce(held, redrive, piece);
  if (cause === null) return;
  // Which of them it was, nobody says.
  for (const each of piece.length === 1 ? [] : piece) await sendOnce(held, redrive, [each]);
}

async function readPiece(held: Held, redrive: Redrive, due: Due, edit: RedriveEdit | null) {
  const placed = await placing(held, redrive);
  const piece: Resent[] = [];
  const lost: number[] = [];
  let bytes = 0;
  for (const { number, partition, offset } of due) {
    await held.keep();
    const found = await held.broker.topics.readOne(
      redrive.topic,
      redrive.identity,
      partition,
      BigInt(offset),
    );
    if (found === null) {
      lost.push(number);
      continue;
    }
    const { record, headers } = edit === null ? found : asEdited(found, edit, redrive);
    bytes += (record.value?.length ?? 0) + (record.key?.length ?? 0) + 1_000;
    if (piece.length > 0 && bytes > PIECE_BYTES) break;
    const origin = `${redrive.topic}/${partition}/${offset}`;
    piece.push({ number, origin, record, headers, partition: placed(record, number) });
  }
  return { piece, lost };
}

type Letter = { readonly record: HistoryRecord; readonly headers: WholeHeaders };

const asEdited = (
  letter: Letter,
  { value, ...edit }: RedriveEdit,
  { requestedBy: correctedBy, reason }: Redrive,
): Letter => (value === null ? letter : corrected(letter, { ...edit, value, correctedBy, reason }));

/** By what the version of the contract that was approved says of its history. */
async function placing(held: Held, redrive: Redrive) {
  const { target } = redrive;
  const { broker } = held;
  const { history, ordering } = await held.contractOf(redrive);
  const topics = new Set([target, ...(history.kind === 'kafka' ? [history.topic] : [])]);
  const counts = new Map<string, number>();
  for (const topic of topics) counts.set(topic, await broker.sender.partitions(topic));
  const place = partitionFor(ordering, target, counts);
  return (record: HistoryRecord, number: number) => place(record, broker.topics.decode(record), number);
}

/** Answers why they can't be sent as they are; null: they went out, or were not to go out any more. */
async function sendOnce(held: Held, redrive: Redrive, piece: readonly Resent[]): Promise<string | null> {
  const { deps, broker, id } = held;
  const { redrives, live } = deps;
  const numbers = piece.map(({ number }) => number);
  // Taken before it is written down that they go out: then whoever was slower is barred, and finds that out.
  const answer = await broker.sender.take(id, redrive.target, async ({ send }) => {
    const from = await broker.sender.ends(redrive.target);
    const mayGo = await held.holding(async (tx) => {
      if ((await redrives.lock(tx, id))?.status !== 'running') return false;
      // A worker that hung while another one sent them finds none of them waiting.
      if ((await redrives.markSending(tx, id, numbers, from)) !== numbers.length)
        throw new RepriseError('lease-lost', 'Somebody else has sent some of these letters.');
      await redrives.problem(tx, id, null);
      return true;
    });
    return mayGo ? send(piece) : null;
  });
  if (answer === null) return null;
  await held.holding(async (tx) => {
    if (answer.kind === 'landed') {
      await redrives.markSent(tx, id, placesOf(piece, answer.letters));
      // Now, and not when it was begun: it may have taken long.
      await redrives.spend(tx, id, piece.length);
    } else if (piece.length > 1) await redrives.markWaiting(tx, id, numbers);
    else await redrives.giveUp(tx, id, numbers, { status: 'failed', cause: answer.cause });
    await live.notify(tx, 'dead-letters');
  });
  return answer.kind === 'landed' ? null : answer.cause;
}

function placesOf(piece: readonly Resent[], landed: readonly LandedLetter[]) {
  const byOrigin = new Map(landed.map((each) => [each.origin, each]));
  return piece.flatMap(({ number, origin }) => {
    const place = byOrigin.get(origin);
    return place === undefined ? [] : [{ number, partition: place.partition, offset: place.offset }];
  });
}
