import { grouped } from '../../domain/shared/counted.ts';
import { RepriseError } from '../../domain/shared/errors.ts';
import { within } from '../dashboard/time-out.ts';
import type { Clock } from '../ports/clock.ts';
import type { CheckpointKeep, SinkState, SinkStore, StoredCheckpoint } from '../ports/evidence-log.ts';
import { checkpointReader, type LogDeps, type SignedCheckpoint, signCheckpoint } from './sign-checkpoint.ts';

export type KeepDeps = LogDeps & {
  readonly keeps: readonly CheckpointKeep[];
  readonly sinks: SinkStore;
  readonly clock: Clock;
};

/** One that hangs does not keep the others waiting for longer. */
const BOUND_MS = 20_000;

/**
 * Signs what the log holds now, and has it kept elsewhere. Nothing is signed that the newest of those is not the
 * beginning of. One that can't be read, that has lost what it took, or that can't be written stops none of the others,
 * is noted, and is tried again at the next turn with what is newest then; at the end it is an error. Where none can be
 * read that has ever taken one, nothing is signed: nobody could tell whether the log was rewritten.
 */
export async function keepCheckpoint(deps: KeepDeps): Promise<void> {
  const { unitOfWork, sealing } = deps;
  // Before the places are looked at: what they take after this may be seen there already, and never the other way round.
  const states = await unitOfWork.run((tx) => deps.sinks.statesEver(tx));
  const looked = await Promise.all(deps.keeps.map((keep) => lookAt(deps, keep, stateOf(states, keep))));
  if (isBlind(looked, states)) {
    await note(
      deps,
      looked.map(({ keep, error }) => ({ keep, error, size: null })),
    );
    throw new RepriseError(
      'signing-failed',
      `Nothing is signed. The evidence log may have been rewritten, and no place that keeps its checkpoints can tell: ${sentencesOf(looked)}`,
      { where: looked.map(({ keep }) => keep.name).join(', ') },
    );
  }
  const newest = looked.flatMap((each) => each.newest ?? []);
  const checkpoint = await signCheckpoint(deps, newest);
  if (checkpoint === null) return;
  const origin = await unitOfWork.run(async (tx) => (await sealing.log.head(tx))?.origin ?? '');
  const done = await Promise.all(
    looked.map(async ({ keep, notes, error }) => {
      const has = notes.includes(checkpoint.note);
      if (has || (!keep.canTell && tookLast(stateOf(states, keep), checkpoint)))
        return { keep, error, size: has ? checkpoint.size : null };
      // A place that lost what it took is left as it is, until somebody has seen to it.
      if (error !== null && keep.canTell) return { keep, error, size: null };
      const work = () => keep.put({ origin, size: checkpoint.size, note: checkpoint.note });
      const put = await settled(askOnce(deps.clock, keep, work));
      return { keep, error: put.error, size: checkpoint.size };
    }),
  );
  await note(deps, done);
  const failed = done.filter(({ error }) => error !== null);
  if (failed.length > 0)
    throw new AggregateError(
      failed.map(({ error }) => error),
      `a checkpoint could not be kept in ${sentencesOf(failed)}`,
    );
}

type Looked = {
  readonly keep: CheckpointKeep;
  readonly notes: readonly string[];
  /** The newest of what is kept there; null: nothing is. */
  readonly newest: SignedCheckpoint | null;
  readonly error: unknown;
};

async function lookAt(deps: KeepDeps, keep: CheckpointKeep, state: SinkState | null): Promise<Looked> {
  const { value, error } = await settled(askOnce(deps.clock, keep, () => keep.latest()));
  if (value === null) return { keep, notes: [], newest: null, error };
  const newest = await newestOf(deps, keep, value);
  const lost = keep.canTell ? lossOf(newest?.size ?? null, state) : null;
  return { keep, notes: value, newest, error: lost === null ? null : new Error(lost) };
}

/** What a place took and does not have any more, as a sentence; null: it has it. */
export function lossOf(size: number | null, state: SinkState | null): string | null {
  const took = state?.lastSize ?? null;
  if (took === null || (size !== null && size >= took)) return null;
  const has = size === null ? 'holds none now' : `holds none of more than ${grouped(size)} now`;
  return `it took the checkpoint of ${grouped(took)} ${took === 1 ? 'entry' : 'entries'} and ${has}. Either it was emptied or another disk is mounted there. Put back what it held. If that is lost for good, set another place for checkpoints.`;
}

/** Whether some that can tell have taken checkpoints, and none of these can be read. One that has taken none vouches for nothing. */
function isBlind(looked: readonly Looked[], states: readonly SinkState[]): boolean {
  const telling = looked.filter(({ keep }) => keep.canTell && stateOf(states, keep)?.lastSize != null);
  return telling.length > 0 && telling.every(({ error }) => error !== null);
}

export const stateOf = (
  states: readonly SinkState[],
  { kind, name }: Pick<CheckpointKeep, 'kind' | 'name'>,
) => states.find((each) => each.kind === kind && each.name === name) ?? null;

function note(
  deps: KeepDeps,
  done: readonly { readonly keep: CheckpointKeep; readonly error: unknown; readonly size: number | null }[],
): Promise<void> {
  return deps.unitOfWork.run(async (tx) => {
    for (const { keep, error, size } of done) {
      if (error !== null) await deps.sinks.noteProblem(tx, keep, problemOf(error));
      else if (size !== null) await deps.sinks.noteSuccess(tx, keep, size);
      else await deps.sinks.noteSeen(tx, keep);
    }
  });
}

const sentencesOf = (of: readonly { readonly keep: CheckpointKeep; readonly error: unknown }[]) =>
  of.map(({ keep, error }) => `${keep.name}: ${problemOf(error)}`).join('; ');

/** What each place was asked last and has not answered yet. */
const asked = new WeakMap<CheckpointKeep, Promise<unknown>>();

/**
 * Asks a place, for so long. One that has not answered what it was asked before is asked nothing more: whatever hangs
 * in it would pile up, and with a dead disk that is all that this process can read and write by.
 */
export async function askOnce<T>(clock: Clock, keep: CheckpointKeep, work: () => Promise<T>): Promise<T> {
  const before = asked.get(keep);
  if (before !== undefined)
    await within(clock, BOUND_MS, `what ${keep.name} was asked before`, settled(before));
  const now = work();
  asked.set(keep, now);
  const forget = () => {
    if (asked.get(keep) === now) asked.delete(keep);
  };
  now.then(forget, forget);
  return within(clock, BOUND_MS, keep.name, now);
}

type Settled<T> = { readonly value: T | null; readonly error: unknown };

const settled = <T>(work: Promise<T>): Promise<Settled<T>> =>
  work.then(
    (value) => ({ value, error: null }),
    (error: unknown) => ({ value: null, error: error ?? new Error('it failed and did not say why') }),
  );

const problemOf = (error: unknown) =>
  (error instanceof Error ? error.message : String(error)).slice(0, 1_000);

/** Whether one that can't tell what it keeps has taken this, as far as is known here. */
const tookLast = (state: SinkState | null, { size }: StoredCheckpoint): boolean =>
  state?.lastSize === size && !isFailing(state);

/** Whether the last that was tried failed. */
export const isFailing = ({ lastProblemAt, lastSuccessAt }: SinkState): boolean =>
  lastProblemAt !== null && (lastSuccessAt === null || lastProblemAt > lastSuccessAt);

/**
 * The newest that a key of this log has signed. Where a place keeps something and none of it is, it is not passed
 * over: whoever put that there, or took the keys away, would have switched this off.
 */
async function newestOf(
  deps: LogDeps,
  keep: CheckpointKeep,
  notes: readonly string[],
): Promise<SignedCheckpoint | null> {
  if (notes.length === 0) return null;
  const reader = await deps.unitOfWork.run((tx) => checkpointReader(deps, tx));
  const read = await Promise.all([...new Set(notes)].map(reader));
  const [first] = read
    .flatMap((each) => (each?.isSigned === true ? [each] : []))
    .toSorted((a, b) => b.size - a.size);
  if (first !== undefined) return first;
  throw new RepriseError(
    'evidence-log-rewritten',
    `The newest checkpoint in ${keep.name} is none that a key of this evidence log has signed. Nothing is signed until it is known why: the log was emptied or is another one (then give it a place of its own for its checkpoints), or somebody has put it there.`,
    { where: keep.name, lasting: true },
  );
}
