import type { Unattended } from './replay-store.ts';
import type { Transaction } from './unit-of-work.ts';

export type WorkerRow = {
  readonly id: string;
  readonly host: string;
  readonly pid: number;
  readonly threads: number;
  readonly version: string;
};

/** The fleet: who is alive by the database's clock, and what nobody attends to. */
export interface WorkerStore {
  heartbeat(tx: Transaction, worker: WorkerRow): Promise<void>;
  leave(tx: Transaction, workerId: string): Promise<void>;
  /** Prolongs whatever an owner holds of any replay, and takes nothing. */
  holdLeases(tx: Transaction, owner: string, leaseMs: number): Promise<void>;
  dropLeases(tx: Transaction, owner: string): Promise<void>;
  /** What an owner holds of a replay, with what is committed of it. */
  heldPartitions(
    tx: Transaction,
    owner: string,
    replayId: string,
  ): Promise<readonly { readonly partition: number; readonly cursor: bigint }[]>;
  /** Finds work without a holder, and settles what a vanished worker left half-way. Null: another worker is at it now. */
  findUnattended(tx: Transaction): Promise<Unattended | null>;
}
