import { randomUUID } from 'node:crypto';
import type { ActionContext, PreviewContext } from '../../server/application/ports/runbook-actions.ts';

/** What an action of a runbook is given, without a run: with whether it says that it may have changed something. */
export function actionContext(
  given: Partial<ActionContext & PreviewContext> = {},
): ActionContext & PreviewContext & { readonly begun: () => boolean } {
  const signal = given.signal ?? new AbortController().signal;
  let changes = 0;
  return {
    attemptId: randomUUID(),
    runId: randomUUID(),
    step: 'a-step',
    incidentId: null,
    personId: 'rosa',
    withinMs: 60_000,
    begunMs: 0,
    say: () => undefined,
    changing: async () => {
      signal.throwIfAborted();
      changes += 1;
    },
    changedNothing: () => {
      changes -= 1;
    },
    begun: () => changes > 0,
    ...given,
    signal,
  };
}
