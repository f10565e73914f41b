/** A worker process of the product itself, on a database of its own, and what its rows say about the time it took. */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { bundleWorker, compiledBeside } from '../cli/start/worker-bundle.ts';
import { testSigning } from '../demo/testing/signing.ts';
import { migrate } from '../server/adapters/postgres/migrate.ts';
import { createScratchDatabase } from '../server/adapters/postgres/scratch-database.ts';
import { composeReplayCommands } from '../server/composition/replay-commands.ts';
import { composeWorker } from '../server/composition/worker.ts';
import { readSettings } from '../server/env.ts';
import { workerArguments, workerEnvironment } from '../server/workers/arguments.ts';
import { peakMemoryMb, processorMs, residentMb } from './process-figures.ts';
import type { Servers } from './servers.ts';
import type { BenchTopic } from './topic.ts';

const root = resolve(import.meta.dirname, '..');

export type EngineRun = {
  readonly replayId: string;
  readonly threads: number;
  readonly counters: Readonly<Record<string, number>>;
  /** When the replay came to each status, in milliseconds after its start. */
  readonly phases: ReadonlyMap<string, number>;
  readonly foldMs: number;
  readonly evidenceMs: number;
  readonly checkpoints: number;
  readonly confidence: string | null;
  readonly agreement: string | null;
  readonly shadowDigest: string | null;
  /** Processor time of the worker process until the fold was seen to be done; up to one look (50 ms) too much. */
  readonly foldCpuMs: number | null;
  /** Resident before the replay was launched. */
  readonly restingMb: number | null;
  readonly peakMb: number | null;
};

export type Engine = {
  readonly pool: pg.Pool;
  /** The settings that the worker runs with, for other processes of the same installation. */
  readonly env: Readonly<Record<string, string>>;
  readonly root: string;
  readonly run: () => Promise<EngineRun>;
  readonly close: () => Promise<void>;
};

/**
 * Makes a fresh database, registers the contract over the topic, and starts a worker with so many threads. `fill`
 * writes the live table.
 */
export async function openEngine(
  servers: Servers,
  topic: BenchTopic,
  threads: number,
  fill: (pool: pg.Pool) => Promise<void>,
): Promise<Engine> {
  const scratch = await createScratchDatabase(servers.databaseUrl);
  await migrate(scratch);
  const pool = new pg.Pool({ connectionString: scratch.ownerUrl, max: 4 });
  pool.on('error', () => undefined);
  const contractsDir = join(root, '.reprise', `bench-contracts-${randomUUID().slice(0, 8)}`);
  const checkpointsDir = `${contractsDir}-checkpoints`;
  await mkdir(contractsDir, { recursive: true });
  const source = await readFile(join(import.meta.dirname, 'contracts/items.ts'), 'utf8');
  await writeFile(join(contractsDir, 'items.ts'), source.replaceAll('TOPIC', topic.name));
  await pool.query(`CREATE TABLE shelf (item text PRIMARY KEY, total bigint NOT NULL);
    CREATE TABLE shelf_position (partition integer PRIMARY KEY, next_offset bigint NOT NULL);
    CREATE TABLE bench_phase (replay_id uuid, status text, at timestamptz NOT NULL DEFAULT clock_timestamp());
    CREATE FUNCTION bench_note_phase() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS
      $$ BEGIN INSERT INTO bench_phase VALUES (NEW.id, NEW.status); RETURN NULL; END $$;
    CREATE TRIGGER bench_phase AFTER UPDATE ON replay FOR EACH ROW
      WHEN (OLD.status IS DISTINCT FROM NEW.status) EXECUTE FUNCTION bench_note_phase()`);
  await fill(pool);
  for (const [partition, end] of topic.ends.entries())
    await pool.query('INSERT INTO shelf_position VALUES ($1, $2)', [partition, end]);
  // What autovacuum would have done long before a replay of a table that has stood for a while.
  await pool.query('VACUUM ANALYZE shelf');
  const env = {
    DATABASE_URL: scratch.url,
    KAFKA_BROKERS: servers.brokers,
    REPRISE_CONNECTION_SHOP: scratch.ownerUrl,
    REPRISE_CONTRACTS_DIR: contractsDir,
    REPRISE_CHECKPOINT_DIR: checkpointsDir,
    REPRISE_WORKER_THREADS: String(threads),
    ...testSigning,
    LOG_LEVEL: 'error',
  };
  const settings = readSettings(env, root);
  const composed = composeWorker(settings, { name: 'bench' });
  await composed.prepare();
  const jobs = await composed.openJobs();
  const { commands, close } = composeReplayCommands(settings, jobs, { name: 'bench' });
  const { value: file } = await bundleWorker(root, join(root, '.reprise/cache'));
  const worker = startWorker(file, env);
  return {
    pool,
    env,
    root,
    run: async () => {
      const pid = await readyWorker(pool, worker);
      await atRest(pid);
      const before = processorMs(pid);
      const restingMb = residentMb(pid);
      const { replayId } = await commands.launch({
        contractId: 'items',
        scope: { kind: 'all' },
        reason: 'bench',
        actor: 'bench',
      });
      await folded(pool, worker, replayId);
      const after = processorMs(pid);
      await ended(pool, worker, replayId);
      const foldCpuMs = before === null || after === null ? null : after - before;
      return { ...(await readRun(pool, replayId, threads)), foldCpuMs, restingMb, peakMb: peakMemoryMb(pid) };
    },
    close: async () => {
      await stopWorker(worker);
      await Promise.all([jobs.stop(1_000), close(), composed.close(), pool.end()]);
      for (const dir of [contractsDir, checkpointsDir]) await rm(dir, { recursive: true, force: true });
      await scratch.drop();
    },
  };
}

/** Those that run now, so that a bench that is interrupted leaves none behind. */
const running = new Set<ChildProcess>();

export function killWorkers(): void {
  for (const child of running) child.kill('SIGKILL');
}

type WorkerProcess = { readonly child: ChildProcess; readonly exited: Promise<void>; output: string };

/** From what `npm start` starts it from. */
function startWorker(file: string, env: Readonly<Record<string, string>>): WorkerProcess {
  const { REPRISE_BENCH_NODE_OPTIONS: profiling } = process.env;
  const child = spawn(process.execPath, workerArguments(file), {
    cwd: root,
    env: {
      NODE_ENV: 'production',
      PATH: process.env.PATH ?? '',
      ...workerEnvironment,
      ...compiledBeside(root, file),
      ...(profiling === undefined ? {} : { NODE_OPTIONS: profiling }),
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  const exited = new Promise<void>((done) => {
    child.once('exit', () => {
      running.delete(child);
      done();
    });
  });
  const worker: WorkerProcess = { child, exited, output: '' };
  const keep = (chunk: Buffer) => {
    worker.output = `${worker.output}${chunk.toString()}`.slice(-4_000);
  };
  child.stdout?.on('data', keep);
  child.stderr?.on('data', keep);
  return worker;
}

async function stopWorker({ child, exited }: WorkerProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
  await exited;
}

/** Waits until the worker has told that it is alive and has checked the contract's readiness; answers its pid. */
async function readyWorker(pool: pg.Pool, worker: WorkerProcess): Promise<number> {
  return waitFor(worker, 60_000, async () => {
    const { rows } = await pool.query<{ pid: number }>('SELECT pid FROM worker, readiness LIMIT 1');
    return rows[0]?.pid ?? null;
  });
}

/** Waits until the worker has loaded its code and does nothing: until it has used next to no processor time for a second. */
async function atRest(pid: number): Promise<void> {
  for (let last = processorMs(pid), looks = 0; last !== null && looks < 30; looks++) {
    await sleep(1_000);
    const now = processorMs(pid);
    if (now === null || now - last < 50) return;
    last = now;
  }
}

async function folded(pool: pg.Pool, worker: WorkerProcess, replayId: string): Promise<void> {
  await waitFor(worker, 900_000, async () => {
    const { rows } = await pool.query(
      `SELECT FROM replay WHERE id = $1 AND status NOT IN ('queued', 'folding')`,
      [replayId],
    );
    return rows[0] ?? null;
  });
}

async function ended(pool: pg.Pool, worker: WorkerProcess, replayId: string): Promise<void> {
  await waitFor(worker, 900_000, async () => {
    const { rows } = await pool.query<{ status: string; failure: string | null }>(
      `SELECT status, failure FROM replay WHERE id = $1 AND status IN ('finished', 'failed', 'refused', 'cancelled')`,
      [replayId],
    );
    const [row] = rows;
    if (row === undefined) return null;
    if (row.status !== 'finished') throw new Error(`the replay is ${row.status}: ${row.failure}`);
    return row;
  });
}

async function waitFor<T>(worker: WorkerProcess, boundMs: number, look: () => Promise<T | null>): Promise<T> {
  const end = performance.now() + boundMs;
  for (;;) {
    const found = await look();
    if (found !== null) return found;
    if (worker.child.exitCode !== null || performance.now() > end)
      throw new Error(`the worker did not come so far. It said:\n${worker.output}`);
    await sleep(50);
  }
}

/** Times are those that PostgreSQL's clock gave the replay's own row, so that no start-up and no polling is in them. */
async function readRun(
  pool: pg.Pool,
  replayId: string,
  threads: number,
): Promise<Omit<EngineRun, 'peakMb' | 'restingMb' | 'foldCpuMs'>> {
  const replay = await pool.query<{
    counters: Record<string, number>;
    confidence: string | null;
    agreement: string | null;
    shadow_digest: string | null;
    checkpoints: number;
  }>(
    `SELECT counters, confidence, agreement, shadow_digest,
       (SELECT sum(checkpoints)::int FROM replay_partition WHERE replay_id = r.id) AS checkpoints
     FROM replay r WHERE id = $1`,
    [replayId],
  );
  const phases = await pool.query<{ status: string; ms: number }>(
    `SELECT p.status, extract(epoch FROM p.at - r.started_at)::float8 * 1000 AS ms
     FROM bench_phase p JOIN replay r ON r.id = p.replay_id WHERE r.id = $1 ORDER BY p.at`,
    [replayId],
  );
  const [row] = replay.rows;
  const at = new Map(phases.rows.map(({ status, ms }) => [status, ms]));
  const foldMs = at.get('merging');
  const evidenceMs = at.get('finished');
  if (row === undefined || foldMs === undefined || evidenceMs === undefined)
    throw new Error(`the replay's row does not say when it folded and when it finished: ${[...at.keys()]}`);
  return {
    replayId,
    threads,
    counters: row.counters,
    phases: at,
    foldMs,
    evidenceMs,
    checkpoints: row.checkpoints,
    confidence: row.confidence,
    agreement: row.agreement,
    shadowDigest: row.shadow_digest,
  };
}
