/** People, and what they do about promotions, for the tests of these. */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type pg from 'pg';
import { childEnv } from './child-env.ts';
import { eventually, type ReplayWorld } from './replay-world.ts';

/** What docs/promotion.md asks of a target. */
export const promotionTables = `
  CREATE TABLE reprise_promotion (promotion_id uuid PRIMARY KEY, token bigint NOT NULL, applied_at timestamptz, outcome jsonb)`;

export type Someone = { readonly personId: string; readonly sessionId: string };

/** Somebody who has just signed in. */
export async function signIn(pool: pg.Pool, name: string, roles: readonly string[]): Promise<Someone> {
  const someone = { personId: randomUUID(), sessionId: randomUUID() };
  await pool.query('INSERT INTO person (id, name, email, roles) VALUES ($1, $2, $3, $4)', [
    someone.personId,
    name,
    `${name}@${someone.personId.slice(0, 8)}.example.test`,
    roles,
  ]);
  await pool.query(
    `INSERT INTO person_session (id, person_id, token, expires_at) VALUES ($1, $2, $1, now() + interval '1 hour')`,
    [someone.sessionId, someone.personId],
  );
  return someone;
}

export type PromotionView = {
  readonly id: string;
  readonly status: string;
  readonly plan_hash: string;
  readonly contract_id: string;
  readonly failure_code: string | null;
  readonly failure: string | null;
  readonly problem: string | null;
  readonly evidence_id: string | null;
  readonly undone_by: string | null;
  readonly outcome: {
    readonly written: number;
    readonly alreadyRight: number;
    readonly changed: number;
    readonly heldMs: number | null;
    readonly token: string;
    readonly after: {
      readonly comparisons: readonly { readonly outcome: string; readonly equal: number }[];
    } | null;
  } | null;
};

export async function promotionOf(pool: pg.Pool, id: string): Promise<PromotionView> {
  const { rows } = await pool.query<PromotionView>(
    `SELECT id, status, plan_hash, contract_id, failure_code, failure, problem, evidence_id, undone_by, outcome
     FROM promotion WHERE id = $1`,
    [id],
  );
  const [row] = rows;
  if (row === undefined) throw new Error(`no promotion ${id}`);
  return row;
}

export function promotionEnded(pool: pg.Pool, id: string, boundMs = 60_000): Promise<PromotionView> {
  return eventually(`promotion ${id} to end`, boundMs, async () => {
    const row = await promotionOf(pool, id);
    return {
      done: ['promoted', 'refused', 'failed', 'withdrawn'].includes(row.status),
      value: row,
      seen: row,
    };
  });
}

/** Asks for what a replay has found of the shelf. */
export function askFor(
  world: ReplayWorld,
  replayId: string,
  who: Someone,
  keys: readonly string[] | null = null,
) {
  return world.commands.requestPromotion({
    replayId,
    derivedState: 'shelf',
    keys,
    fields: null,
    reason: 'the shelf is wrong',
    actor: who.personId,
    sessionId: who.sessionId,
  });
}

export async function approve(
  world: ReplayWorld,
  promotionId: string,
  who: Someone,
  verdict: 'approved' | 'rejected' = 'approved',
) {
  const { plan_hash, contract_id } = await promotionOf(world.pool, promotionId);
  await world.commands.revealValues({
    contractId: contract_id,
    reason: 'to decide about them',
    actor: who.personId,
  });
  return world.commands.decidePromotion({
    promotionId,
    planHash: plan_hash,
    verdict,
    reason: 'read it',
    ...who,
  });
}

export type PromotionWorker = {
  readonly child: ChildProcess;
  /** Fails after a minute, with how far it has come. */
  readonly exited: Promise<void>;
  /** The points that it has come to. */
  readonly points: readonly string[];
  reached(point: string): Promise<unknown>;
};

/** A process that carries one promotion out, and is killed or stands still at a point of it. */
export function startPromotionWorker(
  world: Pick<ReplayWorld, 'env'>,
  promotionId: string,
  point = 'none',
  signal: 'SIGKILL' | 'SIGSTOP' = 'SIGKILL',
  holdMs = 10_000,
): PromotionWorker {
  const script = 'demo/testing/promotion-worker.ts';
  const child = spawn(process.execPath, [script, promotionId, point, signal, String(holdMs)], {
    cwd: resolve(import.meta.dirname, '../..'),
    env: childEnv(world.env),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const points: string[] = [];
  child.stdout.on('data', (chunk: Buffer) => points.push(...chunk.toString().trim().split('\n')));
  const exit = once(child, 'exit');
  const reached = (wanted: string) =>
    eventually(`the worker to come to ${wanted}`, 30_000, async () => ({
      done: points.includes(wanted),
      value: null,
      seen: points,
    }));
  const ended = async () => {
    const bound = setTimeout(60_000, 'overdue' as const, { ref: false });
    if ((await Promise.race([exit, bound])) !== 'overdue') return;
    const state = /State:\s+(.+)/.exec(await readFile(`/proc/${child.pid}/status`, 'utf8').catch(() => ''));
    throw new Error(`The worker does not end: it came to ${points.join(', ')}; ${state?.[1] ?? 'no state'}.`);
  };
  return {
    ...{ child, points, reached },
    get exited() {
      return ended();
    },
  };
}

/** As its clock would, later: nobody holds it, and another try is due. */
export async function promotionLeaseRunsOut(pool: pg.Pool, promotionId: string): Promise<void> {
  await pool.query(
    `UPDATE promotion SET lease_until = now() - interval '1 second', retry_at = NULL WHERE id = $1 AND status IN ('queued', 'running')`,
    [promotionId],
  );
}
