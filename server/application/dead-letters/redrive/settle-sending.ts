import { RepriseError } from '../../../domain/shared/errors.ts';
import type { Redrive } from '../../ports/redrives.ts';
import type { Held } from './held.ts';

/**
 * What a worker was sending when it died was sent, or was not: the topic knows, once that worker is barred. How far it
 * has to be read is written down then: a transaction of somebody else may hide it for longer than a worker lives.
 */
export async function settleSending(held: Held, { topic, target }: Redrive): Promise<void> {
  const { deps, broker, id } = held;
  const { redrives } = deps;
  const sending = await held.holding((tx) => redrives.sending(tx, id));
  if (sending.length === 0) return;
  const numbers = sending.map(({ number }) => number);
  const { sendingFrom, settleTo } = await held.holding((tx) => redrives.marks(tx, id));
  const to = settleTo ?? (await bar(held, target));
  const landed = await broker.sender
    .find(id, target, sendingFrom, to, () => held.keep())
    .catch((error: unknown) => {
      if (
        error instanceof RepriseError &&
        (error.code === 'history-truncated' || error.code === 'history-missing')
      )
        return error;
      throw error;
    });
  if (landed instanceof RepriseError) {
    const cause = `Whether it was sent is not known: ${landed.message}`;
    return held.holding((tx) => redrives.giveUp(tx, id, numbers, { status: 'unknown', cause }));
  }
  const byOrigin = new Map(landed.map((each) => [each.origin, each]));
  const found = sending.flatMap(({ number, partition, offset }) => {
    const place = byOrigin.get(`${topic}/${partition}/${offset}`);
    return place === undefined ? [] : [{ number, partition: place.partition, offset: place.offset }];
  });
  await held.holding(async (tx) => {
    await redrives.markSent(tx, id, found);
    await redrives.spend(tx, id, found.length);
    await redrives.markWaiting(tx, id, numbers);
  });
}

async function bar(held: Held, target: string) {
  const { deps, broker, id } = held;
  const to = await broker.sender.take(id, target, () => broker.sender.ends(target));
  await held.holding((tx) => deps.redrives.markBarred(tx, id, to));
  return to;
}
