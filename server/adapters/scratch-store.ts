import { randomUUID } from 'node:crypto';
import pg from 'pg';
import type { Connections } from './connections.ts';

/** A database of a test's own, with a role that can only read and one that could do anything. */
export type ScratchStore = {
  /** Its superuser: makes tables and writes rows. */
  readonly owner: pg.Pool;
  readonly reader: string;
  /** 'store' is the read-only role's connection, 'owner' the superuser's, 'away' one to no server. */
  readonly connect: Connections;
  /** Lets the reader see everything that exists now. */
  grant(): Promise<void>;
  drop(): Promise<void>;
};

export async function openScratchStore(serverUrl: string): Promise<ScratchStore> {
  const name = `reprise_test_${randomUUID().replaceAll('-', '').slice(0, 16)}`;
  const server = quiet(new pg.Pool({ connectionString: serverUrl, max: 1 }));
  await server.query(`CREATE DATABASE ${name}`);
  await server.query(`CREATE ROLE ${name} LOGIN PASSWORD '${name}'`);
  const at = (user?: string) => {
    const url = new URL(serverUrl);
    url.pathname = `/${name}`;
    if (user !== undefined) [url.username, url.password] = [user, user];
    return url.href;
  };
  const pools: Record<string, pg.Pool> = {
    owner: quiet(new pg.Pool({ connectionString: at(), max: 8 })),
    store: quiet(new pg.Pool({ connectionString: at(name), max: 4 })),
    away: quiet(new pg.Pool({ connectionString: 'postgresql://nobody@127.0.0.1:1/none', max: 1 })),
  };
  const connect: Connections = (connection) => {
    const pool = pools[connection];
    if (pool === undefined) throw new Error(`no connection ${connection}`);
    return pool;
  };
  return {
    owner: connect('owner'),
    reader: name,
    connect,
    grant: async () => {
      await connect('owner').query(`GRANT SELECT ON ALL TABLES IN SCHEMA public TO ${name}`);
    },
    drop: async () => {
      for (const pool of Object.values(pools)) await pool.end();
      await server.query(`DROP DATABASE ${name} WITH (FORCE)`);
      await server.query(`DROP ROLE ${name}`);
      await server.end();
    },
  };
}

/** A pool without a listener for errors of its idle connections ends the process at the first restart of a server. */
function quiet(pool: pg.Pool): pg.Pool {
  pool.on('error', () => undefined);
  return pool;
}
