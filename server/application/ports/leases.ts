import type { Transaction } from './unit-of-work.ts';

/** Who of the fleet does something that one does at a time. By the database's clock. */
export interface Leases {
  /**
   * Takes the lease, or holds it for another `ms`. false: somebody else holds it. In the transaction of the work, so
   * that whoever lost it writes nothing.
   */
  hold(tx: Transaction, name: string, holder: string, ms: number): Promise<boolean>;
  /** Gives it back, so that nobody has to wait until it runs out. */
  release(tx: Transaction, name: string, holder: string): Promise<void>;
  /** Gives back whatever this holder has, who holds nothing from then on. Answers how many those were. */
  releaseAll(tx: Transaction, holder: string): Promise<number>;
}
