/**
 * One transaction of Reprise's own database. Everything that has to become true together goes through the same
 * one: rows, bulk rows (COPY), jobs, the audit entry and the notice to open pages.
 */
export interface Transaction {
  /** One parameterised statement. bigint values go in as bigint and come out as decimal text (`::text`) or bigint. */
  query<Row>(text: string, values?: readonly unknown[]): Promise<readonly Row[]>;
  /** `COPY … FROM STDIN` in text format; chunks are whole or partial lines, UTF-8. Answers the rows copied. */
  copyIn(statement: string, chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>): Promise<number>;
}

export interface UnitOfWork {
  /** Commits when `work` resolves, rolls back when it rejects. READ COMMITTED unless `snapshot` asks for REPEATABLE READ READ ONLY. */
  run<T>(work: (tx: Transaction) => Promise<T>, options?: { readonly snapshot?: boolean }): Promise<T>;
}

/** Who did what. Written in the transaction of the act, so that there is no act without it. */
export type AuditNote = {
  readonly actor: string;
  readonly action: string;
  /** What it was done to, e.g. `replay:<id>`. */
  readonly subject: string;
  readonly outcome: 'done' | 'refused';
  readonly detail: Readonly<Record<string, unknown>>;
};
