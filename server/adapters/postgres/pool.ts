import pg from 'pg';

export type PoolOptions = {
  /** Shown in pg_stat_activity. */
  readonly name: string;
  readonly max?: number;
  /** Told of connections that broke while idle; the pool replaces them by itself. */
  readonly report: (error: unknown) => void;
};

/** A pool on Reprise's own database. Times go in and come out in UTC; int8 comes out as decimal text. */
export function createPool(databaseUrl: string, { name, max = 10, report }: PoolOptions): pg.Pool {
  const pool = new pg.Pool({
    connectionString: databaseUrl,
    application_name: name,
    max,
    connectionTimeoutMillis: 10_000,
    // Probes begin after ten idle seconds, and not after the kernel's two hours. They keep a firewall from dropping
    // the connection; one that was dropped all the same is found out once the kernel's probes have gone unanswered,
    // on Linux after eleven minutes.
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    options: '-c timezone=UTC -c idle_in_transaction_session_timeout=300000',
  });
  pool.on('error', report);
  // The pool listens on idle connections only; without this a lost one that is in use ends the process.
  pool.on('connect', (client) => client.on('error', () => undefined));
  return pool;
}
