export const controlOrders = ['pause', 'resume', 'stop', 'start', 'restart'] as const;
export type ControlOrder = (typeof controlOrders)[number];

/** `changing`: it is between two of the others. */
export const consumerStates = ['running', 'paused', 'stopped', 'changing'] as const;
export type ConsumerState = (typeof consumerStates)[number];

/**
 * Whoever runs a consumer. Throws RepriseError: runbook-refused where it knows no such service or can't do that, and
 * setting-invalid where a setting is wrong; anything else where it is not known what it did.
 */
export interface ConsumerControl {
  /** Whom is asked, as people know it. */
  readonly name: string;
  state(service: string, signal: AbortSignal): Promise<ConsumerState>;
  /** The same attempt asked for twice is done once. Answers the state right after. */
  act(
    what: { readonly service: string; readonly do: ControlOrder; readonly attemptId: string },
    signal: AbortSignal,
  ): Promise<ConsumerState>;
}
