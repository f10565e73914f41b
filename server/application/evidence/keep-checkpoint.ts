import { RepriseError } from '../../domain/shared/errors.ts';
import { within } from '../dashboard/time-out.ts';
import type { Clock } from '../ports/clock.ts';
import type { CheckpointKeep, SinkState, SinkStore, StoredCheckpoint } from '../ports/evidence-log.ts';
import { type LogDeps, readCheckpoint, type SignedCheckpoint, signCheckpoint } from './sign-checkpoint.ts';

export type KeepDeps = LogDeps & {
  readonly keeps: readonly CheckpointKeep[];
  readonly sinks: SinkStore;
  readonly clock: Clock;
};

/** One that hangs does not keep the others waiting for longer. */
const BOUND_MS = 20_000;

/**
 * Signs what the log holds now, and has it kept elsewhere. Nothing is signed that the newest of those is not the
 * beginning of. One that can't be read or written stops none of the others, is noted, and is tried again at the next
 * turn with what is newest then; at the end it is an error.
 */
export async function keepCheckpoint(deps: KeepDeps): Promise<void> {
  const { keeps, clock, unitOfWork, sealing } = deps;
  const looked = await Promise.all(
    keeps.map(async (keep) => ({
      keep,
      ...(await settled(within(clock, BOUND_MS, keep.name, keep.latest()))),
    })),
  );
  const checkpoint = await signCheckpoint(
    deps,
    await newestOf(
      deps,
      looked.map(({ keep, value }) => ({ keep, notes: value ?? [] })),
    ),
  );
  if (checkpoint === null) return;
  const { origin, states } = await unitOfWork.run(async (tx) => ({
    origin: (await sealing.log.head(tx))?.origin ?? '',
    states: await deps.sinks.states(tx),
  }));
  const done = await Promise.all(
    looked.map(async ({ keep, value, error }) => {
      const has = value?.includes(checkpoint.note) === true;
      if (has || (!keep.canTell && tookLast(states, keep, checkpoint))) return { keep, error, isDone: has };
      const put = await settled(
        within(
          clock,
          BOUND_MS,
          keep.name,
          keep.put({ origin, size: checkpoint.size, note: checkpoint.note }),
        ),
      );
      return { keep, error: put.error ?? error, isDone: true };
    }),
  );
  await unitOfWork.run(async (tx) => {
    for (const { keep, error, isDone } of done) {
      if (error !== null) await deps.sinks.noteProblem(tx, keep, problemOf(error));
      else if (isDone) await deps.sinks.noteSuccess(tx, keep, checkpoint.size);
      else await deps.sinks.noteSeen(tx, keep);
    }
  });
  const failed = done.flatMap(({ keep, error }) =>
    error === null ? [] : [new Error(`${keep.name}: ${problemOf(error)}`)],
  );
  if (failed.length > 0)
    throw new AggregateError(
      failed,
      `a checkpoint could not be kept in ${failed.map(({ message }) => message).join('; ')}`,
    );
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
function tookLast(
  states: readonly SinkState[],
  { kind, name }: CheckpointKeep,
  { size }: StoredCheckpoint,
): boolean {
  const state = states.find((each) => each.kind === kind && each.name === name);
  return state?.lastSize === size && !isFailing(state);
}

/** Whether the last that was tried failed. */
export const isFailing = ({ lastProblemAt, lastSuccessAt }: SinkState): boolean =>
  lastProblemAt !== null && (lastSuccessAt === null || lastProblemAt > lastSuccessAt);

/**
 * The newest of each that a key of this log has signed. Where one keeps something and none of it is, it is not passed
 * over: whoever put that there, or took the keys away, would have switched this off.
 */
async function newestOf(
  deps: LogDeps,
  kept: readonly { readonly keep: CheckpointKeep; readonly notes: readonly string[] }[],
): Promise<readonly SignedCheckpoint[]> {
  const newest: SignedCheckpoint[] = [];
  for (const { keep, notes } of kept) {
    const read = await deps.unitOfWork.run((tx) =>
      Promise.all([...new Set(notes)].map((note) => readCheckpoint(deps, tx, note))),
    );
    const [first] = read
      .flatMap((each) => (each?.isSigned === true ? [each] : []))
      .toSorted((a, b) => b.size - a.size);
    if (first !== undefined) newest.push(first);
    else if (notes.length > 0)
      throw new RepriseError(
        'evidence-log-rewritten',
        `The newest checkpoint in ${keep.name} is none that a key of this evidence log has signed. Nothing is signed until it is known why: the log was emptied or is another one (then give it a place of its own for its checkpoints), or somebody has put it there.`,
        { where: keep.name, lasting: true },
      );
  }
  return newest;
}
