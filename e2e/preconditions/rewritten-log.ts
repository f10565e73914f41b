import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { stateFolder } from '../actions/traffic.ts';

/** A client with the password of the superuser, whom no right and no trigger holds back. */
async function asSuperuser<T>(ask: (client: pg.Client) => Promise<T>): Promise<T> {
  const { DATABASE_URL } = JSON.parse(await readFile(join(stateFolder(), 'settings.json'), 'utf8'));
  const url = new URL(DATABASE_URL);
  url.username = 'postgres';
  url.password = (await readFile(join(stateFolder(), 'postgres', 'postgres.password'), 'utf8')).trim();
  const client = new pg.Client({ connectionString: url.href });
  await client.connect();
  try {
    await client.query('SET session_replication_role = replica');
    return await ask(client);
  } finally {
    await client.end();
  }
}

type Entry = { readonly index: string; readonly evidence_id: string; readonly envelope: Buffer };

const write = (index: string, envelope: Buffer) =>
  asSuperuser((client) =>
    client.query(
      `UPDATE log_entry SET envelope = $2, leaf_hash = sha256('\\x00'::bytea || $2::bytea) WHERE index = $1`,
      [index, envelope],
    ),
  );

/** Changes one byte of the newest record in the evidence log, with its hash. Answers whose it is, and puts it back. */
export async function rewriteNewestEntry(): Promise<{ evidenceId: string; putBack(): Promise<unknown> }> {
  const { rows } = await asSuperuser((client) =>
    client.query<Entry>('SELECT index, evidence_id, envelope FROM log_entry ORDER BY index DESC LIMIT 1'),
  );
  const [entry] = rows;
  if (entry === undefined) throw new Error('the evidence log is empty');
  const changed = Buffer.from(entry.envelope);
  const middle = Math.floor(changed.length / 2);
  changed[middle] = (changed[middle] ?? 0) ^ 1;
  await write(entry.index, changed);
  return { evidenceId: entry.evidence_id, putBack: () => write(entry.index, entry.envelope) };
}
