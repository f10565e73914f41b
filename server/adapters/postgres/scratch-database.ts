import { randomUUID } from 'node:crypto';
import pg from 'pg';

export type ScratchDatabase = { readonly url: string; readonly drop: () => Promise<void> };

/** Makes an empty database of its own on a server, for a test or for writing a migration. */
export async function createScratchDatabase(serverUrl: string): Promise<ScratchDatabase> {
  const name = `reprise_scratch_${randomUUID().replaceAll('-', '').slice(0, 16)}`;
  await onServer(serverUrl, `CREATE DATABASE ${name}`);
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return { url: url.href, drop: () => onServer(serverUrl, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`) };
}

async function onServer(serverUrl: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: serverUrl });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
