import type pg from 'pg';
import type { ReadinessCheck } from '../application/ports/history.ts';
import { readRights } from './connections.ts';

/** A readiness check that passed, with what was found. */
export function passed(name: string, found: string): ReadinessCheck {
  return { name, outcome: 'passed', found, consequence: null, remedy: null };
}

/** Checks that a connection's role can change none of the tables. */
export async function checkReadOnlyRole(
  client: pg.ClientBase,
  name: string,
  tables: readonly string[],
  consequence: string,
): Promise<ReadinessCheck> {
  const { role, superuser, writable } = await readRights(client, tables);
  if (!superuser && writable.length === 0) {
    return passed(name, `Role ${role} has no right to change ${tables.join(' or ')}.`);
  }
  const rights = writable.map((t) => `${t.rights.join(', ')} on ${t.table}`).join('; ');
  return {
    name,
    outcome: 'failed',
    found: superuser ? `Role ${role} is a superuser.` : `Role ${role} has ${rights}.`,
    consequence,
    remedy: `Connect as a role of its own: CREATE ROLE … LOGIN; GRANT SELECT ON ${tables.join(', ')} TO …;`,
  };
}
