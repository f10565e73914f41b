/** Time and randomness, as arguments. */
export interface Clock {
  now(): Date;
  /** Resolves after `ms`, or rejects when aborted. */
  wait(ms: number, signal?: AbortSignal): Promise<void>;
}
export type NewId = () => string;
