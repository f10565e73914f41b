import { endedRedrive, nextBatch } from '../../../domain/dead-letters/index.ts';
import { counted } from '../../../domain/shared/counted.ts';
import { RepriseError } from '../../../domain/shared/errors.ts';
import type { Ends, Redrive } from '../../ports/redrives.ts';
import { Held, type RunDeps } from './held.ts';
import { sendPiece } from './send-piece.ts';
import { settleSending } from './settle-sending.ts';
import { verifySent } from './verify-sent.ts';

/** Others that are open wait so long for their turn, and for so many transactions. */
const TURN_MS = 3_000;
const TURN_PIECES = 20;

/** Does one step of every redrive that may go on. One worker at a time, by a lease for each. */
export async function runRedrives(deps: RunDeps, holder: string, signal: AbortSignal): Promise<void> {
  const { broker } = deps;
  if (broker === null) return;
  for (const id of await deps.unitOfWork.run((tx) => deps.redrives.open(tx))) {
    if (signal.aborted) return;
    try {
      await step(new Held(deps, broker, id, holder), signal);
    } catch (error) {
      if (error instanceof RepriseError && error.code === 'lease-lost') continue;
      const problem = error instanceof RepriseError ? error.message : 'It failed unexpectedly: see the log.';
      const isNews = await deps.unitOfWork.run((tx) => deps.redrives.problem(tx, id, problem));
      if (isNews) deps.log.warn({ error, redriveId: id }, 'a redrive can not go on; it is tried again');
    }
  }
}

async function step(held: Held, signal: AbortSignal): Promise<void> {
  const redrive = await begin(held);
  if (redrive === null) return;
  await settleSending(held, redrive);
  await verifySent(held, redrive);
  await goOn(held, signal);
}

/** null: it is not to run now. */
async function begin(held: Held): Promise<Redrive | null> {
  const { deps, broker, id } = held;
  const { redrives } = deps;
  const found = await held.holding(async (tx) => {
    await redrives.takeUp(tx, id);
    return redrives.find(tx, id);
  });
  // Nothing of it goes out any more; what became of what did is looked for.
  if (found !== null && endedRedrive(found.status)) return found;
  if (found === null || found.status === 'paused' || found.status === 'awaiting-approval') return null;
  const { identity, partitions } = await broker.topics.describe(found.topic);
  if (identity !== found.identity) {
    await end(held, 'stopped', `${found.topic} was deleted and made again: its letters are others.`);
    return null;
  }
  const newest = (await deps.contracts.latest(found.contractId))?.version ?? null;
  if (found.startedAt === null && found.version !== null && newest !== found.version) {
    await end(
      held,
      'refused',
      `It was approved by version ${found.version} of ${found.contractId}, which has version ${newest ?? 'none'} by now. Nothing was sent: ask for it again.`,
    );
    return null;
  }
  const ends = Object.fromEntries(partitions.map(({ partition, high }) => [partition, String(high)]));
  try {
    return await started(held, ends);
  } catch (error) {
    if (!(error instanceof RepriseError && error.code === 'forbidden')) throw error;
    await end(
      held,
      'refused',
      'Its approval ran out before it began, or was of somebody who may not approve any more. Nothing was sent: ask for it again.',
    );
    return null;
  }
}

/** Throws RepriseError forbidden where it is to begin and its approval does not count any more. */
function started(held: Held, deadFrom: Ends): Promise<Redrive | null> {
  const { redrives } = held.deps;
  return held.holding(async (tx) => {
    const locked = await redrives.lock(tx, held.id);
    if (locked?.status === 'queued') {
      await redrives.begin(tx, held.id, deadFrom);
      if (locked.startedAt === null) await held.note(tx, 'redrive.started', { letters: locked.letters });
      return { ...locked, status: 'running' };
    }
    return locked?.status === 'running' ? locked : null;
  });
}

/**
 * Sends the next pieces of this batch, begins the next batch, or ends. Turns come a second apart, which is waited for in
 * between: the rate would be less than was approved by as much as the turns take.
 */
async function goOn(held: Held, signal: AbortSignal): Promise<void> {
  const { clock } = held.deps;
  let waitedMs = 0;
  for (let pieces = 0; pieces < TURN_PIECES && !signal.aborted; ) {
    const { redrive, due, pauseMs } = await lookForDue(held);
    // What is not known to be sent is settled before anything else goes out.
    if (redrive === null || redrive.status !== 'running' || redrive.counts.sending > 0) return;
    if (due.length === 0) {
      if (redrive.counts.sent === 0) await endOfBatch(held, redrive);
      return;
    }
    if (pauseMs === 0) {
      const edit = await held.holding((tx) => held.deps.redrives.edit(tx, held.id));
      if (edit !== null && edit.value === null)
        return end(held, 'stopped', 'What it would send was erased, so nothing is sent.');
      await sendPiece(held, redrive, due, edit);
      pieces += 1;
      continue;
    }
    waitedMs += pauseMs;
    if (waitedMs > TURN_MS) return;
    await clock.wait(pauseMs, signal).catch(() => undefined);
  }
}

function lookForDue(held: Held) {
  const { deps, id } = held;
  const { redrives } = deps;
  return held.holding(async (tx) => {
    const redrive = await redrives.lock(tx, id);
    const { maySend, mayNotSendForMs: pauseMs } = await redrives.marks(tx, id);
    const due = await redrives.waiting(tx, id, redrive?.batchEnd ?? 0, Math.max(1, maySend));
    return { redrive, due, pauseMs };
  });
}

async function endOfBatch(held: Held, { batch, batchEnd, counts }: Redrive): Promise<void> {
  const { redrives, live } = held.deps;
  if (counts.waiting === 0) return end(held, 'done', null);
  const all = await held.holding((tx) => redrives.outcomes(tx, held.id, batchEnd - batch, batchEnd));
  const next = nextBatch(batch, all);
  if (next === null)
    return end(
      held,
      'stopped',
      `${all.others} of the ${counted(all.others + all.reprocessed, 'letter')} of the last batch ${all.others === 1 ? 'was' : 'were'} not reprocessed, so no more are sent.`,
    );
  await held.holding(async (tx) => {
    await redrives.grow(tx, held.id, next, batchEnd + next);
    await live.notify(tx, 'dead-letters');
  });
}

async function end(
  held: Held,
  status: 'done' | 'stopped' | 'refused',
  problem: string | null,
): Promise<void> {
  const { redrives } = held.deps;
  await held.holding(async (tx) => {
    const locked = await redrives.lock(tx, held.id);
    if (locked?.status !== 'running' && locked?.status !== 'queued') return;
    await redrives.move(tx, held.id, status, problem);
    await held.note(tx, `redrive.${status}`, { ...locked.counts });
  });
}
