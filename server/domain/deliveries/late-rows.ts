/**
 * Rows that commit late are looked for between the settled position and the cursor, a part of it each time where it is
 * long: an old open transaction keeps everything since unsettled. One pass over it looks through what stood between the
 * two when the pass began; what came later was read after that.
 */
export type Pass = {
  /** Looked through so far. */
  readonly position: bigint;
  readonly to: bigint;
  /** Of the snapshot in which the pass began: whatever of older transactions there is, this pass sees. */
  readonly xmin: bigint;
  readonly at: Date;
};

export type LateRows = {
  readonly settled: bigint;
  /** Of the snapshot in which the pass before this one began: rows of older transactions were all seen. */
  readonly xmin: bigint;
  /** Once every transaction before `xmax` has ended, `top` is settled. */
  readonly mark: { readonly xmax: bigint; readonly top: bigint; readonly at: Date };
  /** null: the next look begins one. */
  readonly pass: Pass | null;
};

/** A transaction may take its number and write its row so much later without being passed over. */
const SETTLE_MS = 60_000;

/** The pass that a look goes on with, or begins. */
export const passOf = (
  { settled, pass }: LateRows,
  look: { readonly top: bigint; readonly xmin: bigint; readonly now: Date },
): Pass => pass ?? { position: settled, to: look.top, xmin: look.xmin, at: look.now };

/** Afterwards: settled is what was marked, once a pass that began after every transaction of then had ended is over. */
export function looked(
  before: LateRows,
  pass: Pass,
  look: { readonly position: bigint; readonly top: bigint; readonly xmax: bigint; readonly now: Date },
): LateRows {
  if (look.position < pass.to) return { ...before, pass: { ...pass, position: look.position } };
  const { mark } = before;
  const isSettled = pass.xmin >= mark.xmax && pass.at.getTime() - mark.at.getTime() >= SETTLE_MS;
  return {
    settled: isSettled ? mark.top : before.settled,
    xmin: pass.xmin,
    mark: isSettled ? { xmax: look.xmax, top: look.top, at: look.now } : mark,
    pass: null,
  };
}
