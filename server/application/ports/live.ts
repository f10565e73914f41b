import type { Transaction } from './unit-of-work.ts';

/** Tells open pages that something changed, once the transaction has committed. Topics as in LiveEvent. */
export interface LiveNotifier {
  notify(tx: Transaction, topic: string): Promise<void>;
}
