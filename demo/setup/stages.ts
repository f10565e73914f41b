/**
 * How far a demo database has come, kept in the database itself. A start that finds the last stage missing was
 * killed midway; it drops what is there and begins again, which takes seconds and leaves nothing half done.
 */
import { databaseExists, withClient } from './roles.ts';

export type Built = {
  readonly seed: string;
  readonly generation: string;
};

export async function openStages(serviceUrl: string, built: Built): Promise<void> {
  await withClient(serviceUrl, async (client) => {
    await client.query(
      'create table demo_stages (stage text primary key, finished_at timestamptz not null default now())',
    );
    await client.query(
      'create table demo_built (seed text not null, generation text not null, records integer)',
    );
    await client.query('insert into demo_built (seed, generation) values ($1, $2)', [
      built.seed,
      built.generation,
    ]);
  });
}

export async function finishStage(serviceUrl: string, stage: string): Promise<void> {
  await withClient(serviceUrl, (client) =>
    client.query('insert into demo_stages (stage) values ($1) on conflict do nothing', [stage]),
  );
}

/** The last stage: how many records the history had then is kept, to know its topic by later. */
export async function finishAll(serviceUrl: string, records: number | null): Promise<void> {
  await withClient(serviceUrl, async (client) => {
    await client.query('update demo_built set records = $1', [records]);
    await client.query(`insert into demo_stages (stage) values ('complete')`);
  });
}

/** What a database was built with, where its last stage is recorded; null where it is missing or unfinished. */
export async function readBuilt(
  adminUrl: string,
  database: string,
  databaseUrl: string,
): Promise<(Built & { readonly records: number | null }) | null> {
  if (!(await databaseExists(adminUrl, database))) return null;
  return withClient(databaseUrl, async (client) => {
    const { rows } = await client.query<{ known: boolean }>(
      `select to_regclass('demo_built') is not null and to_regclass('demo_stages') is not null as known`,
    );
    if (rows[0]?.known !== true) return null;
    const built = await client.query<Built & { records: number | null }>(
      `select seed, generation, records from demo_built where exists (select from demo_stages where stage = 'complete')`,
    );
    return built.rows[0] ?? null;
  });
}
