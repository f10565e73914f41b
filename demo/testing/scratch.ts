import { readFile } from 'node:fs/promises';
import type pg from 'pg';
import pino from 'pino';
import { createScratchDatabase } from '../../server/adapters/postgres/scratch-database.ts';
import { openPool } from '../services/process/database.ts';

/** Services under test say nothing; what they do is looked at. */
export const silent = pino({ level: 'silent' });

/** A database of its own with one of the demo's schemas. */
export async function openScratch(
  serverUrl: string,
  schema: 'shop' | 'bank',
): Promise<{ pool: pg.Pool; url: string; close: () => Promise<void> }> {
  const database = await createScratchDatabase(serverUrl);
  const pool = openPool(database.ownerUrl, silent, 6);
  await pool.query(await readFile(new URL(`../schema/${schema}.sql`, import.meta.url), 'utf8'));
  const close = async () => {
    await pool.end();
    await database.drop();
  };
  return { pool, url: database.ownerUrl, close };
}
