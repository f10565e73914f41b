import type { ActionResult, Outputs, Stopped } from '../../ports/runbook-actions.ts';

/** Whether a step stops waiting, and nobody goes on waiting for it: what it has begun is an act of its own, and goes on. */
export const isLeft = (signal: AbortSignal): boolean =>
  signal.aborted && ['cancelled', 'timed-out'].includes(signal.reason as Stopped);

/** Waits until it is to look once more. Where it is left, that is at once; for another worker it throws. */
export async function untilNextLook(
  { pause }: { readonly pause: (ms: number, signal: AbortSignal) => Promise<void> },
  ms: number,
  signal: AbortSignal,
): Promise<void> {
  await pause(ms, signal).catch((error: unknown) => {
    if (!isLeft(signal)) throw error;
  });
}

/** The end of a step whose act goes on without it: with its id, and where it is ended. */
export function leftGoing(
  { what, status, href }: { readonly what: string; readonly status: string; readonly href: string },
  outputs: Outputs,
  signal: AbortSignal,
): ActionResult {
  const why = signal.reason === 'timed-out' ? 'The time of the step was up' : 'The step was cancelled';
  return {
    failed: true,
    sentence: `${why}. The ${what} goes on, and is ${status}: it is ended on its own page.`,
    outputs,
    shown: [],
    links: [{ title: `The ${what}`, href }],
  };
}
