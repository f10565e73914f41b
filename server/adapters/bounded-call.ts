import { createContext, Script } from 'node:vm';
import type { CallBounded } from '../application/ports/contracts.ts';
import { RepriseError } from '../domain/shared/errors.ts';

const slot: { work: (() => unknown) | null } = { work: null };
const context = createContext(slot, { name: 'reprise:bounded call' });
const call = new Script('work()', { filename: 'reprise:bounded-call' });

/**
 * Runs work that calls a contract's code, where no watchdog looks after the thread: in the processes that serve
 * pages, and in a worker's own thread. Only node:vm can stop a loop that never waits; it stops whatever runs inside,
 * of any realm. Costs some 0.3 ms, so a batch is one call. Throws RepriseError projection-stuck.
 */
export const callBounded: CallBounded = (what, boundMs, work) => {
  slot.work = work;
  try {
    return call.runInContext(context, { timeout: boundMs });
  } catch (error) {
    if (!isTimeOut(error)) throw error;
    throw new RepriseError(
      'projection-stuck',
      `The contract's code did not answer for ${boundMs / 1000} s: ${what}. Look for a loop in it that does not end.`,
      { cause: error },
    );
  } finally {
    slot.work = null;
  }
};

function isTimeOut(error: unknown): boolean {
  // An error of that context's own class.
  return (
    typeof error === 'object' &&
    error !== null &&
    'code' in error &&
    error.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT'
  );
}
