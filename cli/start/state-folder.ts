/** What is Reprise's own in a state folder, and what `--fresh` may take away there. */
import { access, mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { isAbsolute, join, relative } from 'node:path';
import { z } from 'zod';
import { removeVolume } from '../../demo/infra/containers.ts';
import { lastingHome, temporaryHome } from '../../demo/infra/postgres-home.ts';
import { writeFileAtomically } from '../../demo/infra/processes.ts';

/** What may outlive the servers that a start brings: it stands for a database and histories that may be somebody's own. */
const OF_THE_DATABASE = ['signing-key.pem', 'secret', 'checkpoints'];
const OF_THE_HISTORIES = ['archives'];

/** All that the launcher and what it starts write into a state folder. Another name is not Reprise's to delete. */
const OURS = [
  ...OF_THE_DATABASE,
  ...OF_THE_HISTORIES,
  'postgres',
  'kafka',
  'connect',
  'logs',
  'children',
  'address',
  'settings.json',
  'control.json',
  'demo.json',
  'demo-passwords.json',
  'command-line.token',
  'embedded-checkpoints',
];

const MARK = 'reprise-state.json';

/** Ours too, and no data of a run: downloads, records, and what tests, benches and the type checker keep here. */
const STAYS = [MARK, 'owner.json', 'cache', 'install', 'test', 'e2e', 'bench', 'tsc.tsbuildinfo'];

/** Only Reprise writes these: by them a folder is known that was used before there was a mark. */
const TELLING = [
  'postgres/postgres.password',
  'children/web.json',
  'children/worker.json',
  'demo-passwords.json',
];

const mark = z.object({
  /** What was there before Reprise was. */
  foreign: z.array(z.string()),
  /** Whether a start ever used a database of somebody's own; then what stands for it is theirs. */
  ownDatabase: z.boolean(),
  /** Whether a start ever read histories of somebody's own. */
  ownHistories: z.boolean(),
  /** Whether it was used before that was written down. */
  before: z.enum(['unused', 'unknown']),
  /** Whether `checkpoints` was kept for another database when the one that a start brings began anew. */
  apart: z.boolean().default(false),
});
export type StateFolder = z.output<typeof mark>;

/** What a start uses that is not its own to bring. */
export type OwnServers = Pick<StateFolder, 'ownDatabase' | 'ownHistories'>;

/** What is known of a state folder, which need not be there; null: it holds things, and none of them is Reprise's. */
export async function recognise(stateDir: string, root: string): Promise<StateFolder | null> {
  const written = mark.safeParse(parsed(await readFile(join(stateDir, MARK), 'utf8').catch(() => '')));
  if (written.success) return written.data;
  const names = (await readdir(stateDir).catch(() => [])).filter((name) => !stays(name));
  const isKept = names.some((name) => [...OF_THE_DATABASE, ...OF_THE_HISTORIES].includes(name));
  const unmarked: StateFolder = {
    foreign: [],
    ownDatabase: false,
    ownHistories: false,
    before: isKept ? 'unknown' : 'unused',
    apart: false,
  };
  if (names.length === 0 || isWithin(join(root, '.reprise'), stateDir)) return unmarked;
  const told = await Promise.all(TELLING.map((file) => isThere(join(stateDir, file))));
  return told.includes(true) ? unmarked : null;
}

/** Writes down whose servers are used, before anything else is written there. What was once so stays so. */
export async function markFolder(stateDir: string, root: string, own: OwnServers): Promise<StateFolder> {
  const known = await recognise(stateDir, root);
  const folder: StateFolder = {
    foreign: known?.foreign ?? (await readdir(stateDir)).filter((name) => !stays(name)),
    ownDatabase: own.ownDatabase || known?.ownDatabase === true,
    ownHistories: own.ownHistories || known?.ownHistories === true,
    before: known?.before ?? 'unused',
    apart: known?.apart ?? false,
  };
  await write(stateDir, folder);
  return folder;
}

/**
 * Checkpoints of two evidence logs in one folder look like one log that was rewritten, so that none would be signed:
 * those of the database that a start brings go into another folder, where theirs was kept for a database of the user's.
 */
export async function checkpointsApart(
  stateDir: string,
  root: string,
): Promise<{ readonly REPRISE_CHECKPOINT_DIR?: string }> {
  const folder = await recognise(stateDir, root);
  return folder?.apart === true ? { REPRISE_CHECKPOINT_DIR: join(stateDir, 'embedded-checkpoints') } : {};
}

/**
 * Deletes the state of earlier runs, of which nothing may be running any more, and answers what it left, in sentences.
 * What may stand for a database of somebody's own stays, and where nobody knows it is put aside. So are archives in any
 * case: each may be all that is left of a history.
 */
export async function deleteState(
  stateDir: string,
  folder: StateFolder,
  now: Date,
): Promise<readonly string[]> {
  const names = (await readdir(stateDir)).filter((name) => !stays(name) && !name.startsWith(ASIDE));
  const isOurs = (name: string) => !folder.foreign.includes(name) && OURS.includes(draftOf(name) ?? name);
  const ours = names.filter(isOurs);
  const ofTheDatabase = ours.filter((name) => OF_THE_DATABASE.includes(name));
  const ofTheHistories = ours.filter((name) => OF_THE_HISTORIES.includes(name));
  const kept = [
    ...(folder.ownDatabase ? ofTheDatabase : []),
    ...(folder.ownDatabase || folder.ownHistories ? ofTheHistories : []),
  ];
  const doubtful = [...(folder.before === 'unknown' ? ofTheDatabase : []), ...ofTheHistories].filter(
    (name) => !kept.includes(name),
  );
  const aside = doubtful.length === 0 ? null : await putAside(stateDir, doubtful, now);
  if (ours.includes('kafka')) await removeVolume(join(stateDir, 'kafka'));
  for (const name of ours)
    if (!kept.includes(name)) await rm(join(stateDir, name), { recursive: true, force: true });
  if (!folder.foreign.includes('postgres'))
    for (const homeOf of [lastingHome, temporaryHome])
      await rm(homeOf(join(stateDir, 'postgres')), { recursive: true, force: true });
  await write(stateDir, { ...folder, before: 'unused', apart: folder.ownDatabase });
  const unknown = names.filter((name) => !isOurs(name));
  return [
    kept.length === 0 ? [] : `kept, since servers of your own were used with this folder: ${kept.join(', ')}`,
    aside === null
      ? []
      : `put aside in ${aside}, since it may be all that is left of something of your own: ${doubtful.join(', ')}`,
    unknown.length === 0 ? [] : `left alone, since Reprise did not write it: ${unknown.join(', ')}`,
  ].flat();
}

async function putAside(stateDir: string, names: readonly string[], now: Date): Promise<string> {
  const aside = join(stateDir, `${ASIDE}${now.toISOString().slice(0, 19).replaceAll(':', '')}`);
  await mkdir(aside, { recursive: true, mode: 0o700 });
  for (const name of names) await rename(join(stateDir, name), join(aside, name));
  return aside;
}

const ASIDE = 'put-aside-';

/** The file whose draft this is; a launcher that was killed leaves one. */
const draftOf = (name: string): string | null => /^(.+)\.\d+\.(?:tmp|draft)$/.exec(name)?.[1] ?? null;
const stays = (name: string): boolean => STAYS.includes(draftOf(name) ?? name);

function write(stateDir: string, folder: StateFolder): Promise<void> {
  return writeFileAtomically(join(stateDir, MARK), `${JSON.stringify(folder, null, 2)}\n`);
}

function isWithin(outer: string, path: string): boolean {
  const way = relative(outer, path);
  return way !== '..' && !way.startsWith('../') && !isAbsolute(way);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function isThere(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}
