/** States as Kafka Connect writes them: RUNNING, PAUSED, STOPPED, FAILED, UNASSIGNED, RESTARTING. */
export type ConnectorFound = {
  readonly state: string;
  readonly tasks: readonly {
    readonly id: number;
    readonly state: string;
    /** Class of the exception that it failed with; what that says stays in the log of Connect. */
    readonly problem: string | null;
  }[];
};

/** Kafka Connect. Throws RepriseError runbook-refused where there is no such connector or it refuses. */
export interface Connectors {
  readonly name: string;
  status(connector: string, signal: AbortSignal): Promise<ConnectorFound>;
  /** Asks for a restart of the connector and its tasks, of those that failed alone. */
  restartFailed(connector: string, signal: AbortSignal): Promise<void>;
}
