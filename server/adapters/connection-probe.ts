import type pg from 'pg';
import type { DependencyProbe } from '../application/ports/page-reads.ts';
import { type Connections, messageOf, remedyFor, withClient } from './connections.ts';

/** Bounded here too: a server that lets in and then says nothing would keep a connection of the pages' own pool. */
const question: pg.QueryConfig & { readonly query_timeout: number } = {
  text: `SELECT current_setting('server_version') AS version`,
  query_timeout: 3_000,
};

/** Whether the database that contracts call by this name lets Reprise in, and answers. */
export function connectionProbe(name: string, connect: Connections): DependencyProbe {
  return {
    name: `connection ${name}`,
    check: async () => {
      try {
        const { rows } = await withClient(connect(name), (client) =>
          client.query<{ version: string }>(question),
        );
        return { status: 'up', detail: `PostgreSQL ${rows[0]?.version}` };
      } catch (error) {
        const remedy = remedyFor(error);
        return { status: 'down', detail: `${messageOf(error)}${remedy === null ? '' : `. ${remedy}`}` };
      }
    },
  };
}
