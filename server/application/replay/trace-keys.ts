import type { Explanation } from '../../domain/reconciliation/index.ts';
import { type RunnerDeps, renewTracesEveryMs } from './deps.ts';
import { readKeyHistories } from './key-events.ts';
import { loadRunning, withHistory } from './open-contract.ts';
import { parkedEvents } from './parked-events.ts';
import { loadSubjects } from './subjects.ts';
import { traceSteps } from './trace-steps.ts';

const keysAtOnce = 50;
const eventsPerKey = 20_000;

/** Reads the keys that pages have asked for: one filtered read for all that wait, and again while more do. */
export async function traceRequested(
  deps: RunnerDeps,
  replayId: string,
  reader: string,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    const keys = await deps.unitOfWork.run((tx) => deps.results.takeTraces(tx, replayId, reader, keysAtOnce));
    if (keys.length === 0) return;
    await deps.unitOfWork.run((tx) => deps.live.notify(tx, `trace:${replayId}`));
    const done = new AbortController();
    const kept = keepTraces(deps, replayId, reader, done.signal);
    try {
      await traceKeys(deps, replayId, reader, new Set(keys), signal);
    } catch (error) {
      if (signal.aborted) return;
      const problem = error instanceof Error ? error.message : String(error);
      deps.log.warn({ replayId, error }, 'keys could not be traced');
      await deps.unitOfWork.run(async (tx) => {
        await deps.results.failTraces(tx, replayId, reader, keys, problem);
        await deps.live.notify(tx, `trace:${replayId}`);
      });
    } finally {
      done.abort();
      await kept;
    }
  }
}

/** Says again and again that keys are still being read, until `done`: a long history takes longer than a minute. */
async function keepTraces(
  deps: RunnerDeps,
  replayId: string,
  reader: string,
  done: AbortSignal,
): Promise<void> {
  while (!done.aborted) {
    await deps.clock.wait(renewTracesEveryMs, done).catch(() => undefined);
    if (done.aborted) return;
    try {
      await deps.unitOfWork.run((tx) => deps.results.holdTraces(tx, replayId, reader));
    } catch (error) {
      deps.log.warn({ replayId, error: String(error) }, 'could not hold on to the keys that are being read');
    }
  }
}

async function traceKeys(
  deps: RunnerDeps,
  replayId: string,
  reader: string,
  keys: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<void> {
  const running = await loadRunning(deps, replayId);
  const subjects = await loadSubjects(deps, running.contract);
  const { histories, deadLetters } = await withHistory(
    deps,
    running.contract,
    async ({ reader, decoder }) => ({
      histories: (
        await readKeyHistories(
          { deps, running, replayId, signal },
          { reader, decoder, subjects },
          keys,
          eventsPerKey,
        )
      ).within(),
      deadLetters: await parkedEvents(deps, running.contract),
    }),
  );
  await deps.unitOfWork.run(async (tx) => {
    for (const [key, { events, overflow }] of histories) {
      if (overflow) {
        await deps.results.failTraces(
          tx,
          replayId,
          reader,
          [key],
          `This key has more than ${eventsPerKey} events.`,
        );
        continue;
      }
      const explanations = new Map<string, Explanation>(await deps.results.explanationsOf(tx, replayId, key));
      const steps = traceSteps(running.contract, key, events, { deadLetters, explanations });
      await deps.results.saveTraces(tx, replayId, [{ key, steps }]);
    }
    await deps.live.notify(tx, `trace:${replayId}`);
  });
}
