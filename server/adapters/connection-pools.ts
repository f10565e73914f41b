import pg from 'pg';
import { RepriseError } from '../domain/shared/errors.ts';
import type { Connections } from './connections.ts';

/**
 * Pools on the databases that contracts name, each made when it is first asked for. `addresses` are by lower-case
 * name with underscores, as the settings give them; `settingOf` names the setting of a connection.
 */
export function openConnections(options: {
  readonly addresses: ReadonlyMap<string, string>;
  readonly settingOf: (connection: string) => string;
  readonly report: (error: unknown) => void;
  /** What is done with the connection, for the error where no setting says where it is. */
  readonly why?: string;
  /** What the server shows as the name of the program. */
  readonly name?: string;
}): { readonly connect: Connections; close(): Promise<void> } {
  const { addresses, settingOf, report, why = 'names', name: program = 'reprise reader' } = options;
  const pools = new Map<string, pg.Pool>();
  const connect: Connections = (connection) => {
    const name = connection.toLowerCase().replaceAll('-', '_');
    const known = pools.get(name);
    if (known !== undefined) return known;
    const connectionString = addresses.get(name);
    if (connectionString === undefined)
      throw new RepriseError(
        'setting-invalid',
        `The contract ${why} the connection "${connection}", and ${settingOf(connection)} does not say where it is.`,
        { where: settingOf(connection) },
      );
    const pool = new pg.Pool({
      connectionString,
      application_name: program,
      max: 5,
      connectionTimeoutMillis: 5_000,
      keepAlive: true,
      keepAliveInitialDelayMillis: 10_000,
    });
    pool.on('error', report);
    pools.set(name, pool);
    return pool;
  };
  return {
    connect,
    close: async () => {
      await Promise.all([...pools.values()].map((pool) => pool.end()));
      pools.clear();
    },
  };
}
