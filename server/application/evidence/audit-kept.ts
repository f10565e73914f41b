import { toHex } from '../../domain/shared/bytes.ts';
import { within } from '../dashboard/time-out.ts';
import type { CheckpointKeep, SinkState } from '../ports/evidence-log.ts';
import type { Transaction } from '../ports/unit-of-work.ts';
import type { AuditDeps } from './audit-deps.ts';
import { Found } from './found.ts';
import { lossOf, stateOf } from './keep-checkpoint.ts';
import { checkpointReader } from './sign-checkpoint.ts';

/** That a log of so many entries has this root, and who says so. Of very many each is short. */
export type Claim = { readonly size: number; readonly root: string; readonly from: string };

type Place = {
  readonly keep: CheckpointKeep;
  readonly claims: Claim[];
  /** Notes that no key has signed by then: a process may have signed its first checkpoint meanwhile. */
  readonly again: string[];
  readonly strange: Found;
  readonly unsigned: Found;
  /** Why it could not be read to its end. */
  problem: string | null;
};
export type Kept = readonly Place[];

/** A place that hangs must not hold up the audit for good. */
const READ_MS = 10 * 60_000;
/** Who fills a place with rubbish fills no memory: more than these are not looked at twice. */
const AGAIN = 1_000;

/** What every place holds, note by note: none of the notes stays in memory. */
export async function readKept(deps: AuditDeps): Promise<Kept> {
  const places: Place[] = [];
  for (const keep of deps.keeps) {
    const place: Place = {
      keep,
      claims: [],
      again: [],
      strange: new Found(),
      unsigned: new Found(),
      problem: null,
    };
    const read = await deps.unitOfWork.run((tx) => checkpointReader(deps, tx));
    let isOver = false;
    try {
      const reading = keep.each(async (note) => {
        if (isOver) throw new Error('the audit did not wait for it');
        await take(place, note, read);
      });
      await Promise.race([within(deps.clock, READ_MS, keep.name, reading), stopped(deps.signal)]);
    } catch (error) {
      deps.signal?.throwIfAborted();
      place.problem = `The checkpoints in ${keep.name} could not be read: ${String(error)}.`;
    } finally {
      isOver = true;
    }
    places.push(place);
  }
  return places;
}

/** Never resolves. Rejects with the signal's reason. */
function stopped(signal: AbortSignal | undefined): Promise<never> {
  return new Promise((_, reject) => {
    const stop = () => reject(signal?.reason);
    if (signal?.aborted === true) stop();
    else signal?.addEventListener('abort', stop, { once: true });
  });
}

type Reader = Awaited<ReturnType<typeof checkpointReader>>;

async function take({ keep, ...place }: Place, note: string, read: Reader, isLast = false): Promise<void> {
  const said = await read(note);
  const from = keep.name;
  if (said === null) place.strange.add(`Something in ${from} is no checkpoint.`);
  else if (said.isSigned) place.claims.push({ size: said.size, root: toHex(said.root), from });
  else if (!isLast && place.again.length < AGAIN) place.again.push(note);
  else
    place.unsigned.add(`A checkpoint of ${said.size} entries in ${from} is not signed by a key of this log.`);
}

/** What was kept elsewhere and is signed by a key of this log. Anything else there is told: somebody has put it there. */
export async function believed(
  deps: AuditDeps,
  tx: Transaction,
  kept: Kept,
  states: readonly SinkState[],
): Promise<{
  readonly claims: readonly Claim[];
  readonly ofPlaces: ReadonlyMap<string, readonly string[]>;
}> {
  const read = await checkpointReader(deps, tx);
  const claims: Claim[] = [];
  const ofPlaces = new Map<string, readonly string[]>();
  for (const place of kept) {
    for (const note of place.again) await take(place, note, read, true);
    for (const claim of place.claims) claims.push(claim);
    const { problem, strange, unsigned } = place;
    const told = [...(problem === null ? [] : [problem]), ...strange.named, ...unsigned.named];
    const loss = lossIn(place, states);
    ofPlaces.set(place.keep.name, loss === null ? told : [...told, loss]);
  }
  return { claims, ofPlaces };
}

/** What a place took and does not have any more. One that could not be read is told already. */
function lossIn({ keep, claims, problem }: Place, states: readonly SinkState[]): string | null {
  if (!keep.canTell || problem !== null) return null;
  const most = claims.reduce<number | null>((so, { size }) => Math.max(so ?? 0, size), null);
  const loss = lossOf(most, stateOf(states, keep));
  return loss === null ? null : `Of ${keep.name}: ${loss}`;
}
