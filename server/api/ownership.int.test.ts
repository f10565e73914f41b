import { createHash, randomUUID } from 'node:crypto';
import { TRPCError } from '@trpc/server';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { testSigning } from '../../demo/testing/signing.ts';
import { createMigratedDatabase, type ScratchDatabase } from '../adapters/postgres/scratch-database.ts';
import { composeDashboard } from '../composition/dashboard.ts';
import { mayDo, ownership, type Right, type Role, roles, type Whose } from '../domain/access/index.ts';
import { readSettings } from '../env.ts';
import { appRouter } from './root.ts';
import { callerOver } from './test-kit.ts';

let database: ScratchDatabase;
let pool: pg.Pool;
let dashboard: ReturnType<typeof composeDashboard>;

beforeAll(async () => {
  database = await createMigratedDatabase(inject('databaseUrl'));
  pool = new pg.Pool({ connectionString: database.ownerUrl, max: 3 });
  dashboard = composeDashboard(
    readSettings({ DATABASE_URL: database.url, LOG_LEVEL: 'silent', ...testSigning }, process.cwd()),
    'test',
  );
  await pool.query(
    `INSERT INTO contract_version (contract_id, version, digest, bundle, description, authors)
     VALUES ('stock', 1, encode(sha256('code'), 'hex'), 'code', '{}', '{}')`,
  );
  // The last administrator can't be shut out, and none of these is.
  await person(['admin']);
});
afterAll(async () => {
  await dashboard?.close();
  await pool?.end();
  await database?.drop();
});

type Person = { readonly id: string; readonly sessionId: string };

async function person(held: readonly Role[]): Promise<Person> {
  const [id, sessionId] = [randomUUID(), randomUUID()];
  await pool.query('INSERT INTO person (id, name, email, roles) VALUES ($1, $1, $2, $3)', [
    id,
    `${id}@example.test`,
    held,
  ]);
  await session(id, sessionId);
  return { id, sessionId };
}

const session = (personId: string, id: string = randomUUID()) =>
  pool
    .query(
      `INSERT INTO person_session (id, person_id, token, expires_at) VALUES ($1, $2, $1, now() + interval '1 hour')`,
      [id, personId],
    )
    .then(() => id);

/** A step of a runbook that somebody has asked for. */
async function waitingAttempt(personId: string) {
  const [runId, attemptId] = [randomUUID(), randomUUID()];
  const preview = { sentence: 'It would.', shown: [] };
  const plan = JSON.stringify({
    action: 'set-group-offset',
    params: {},
    runId,
    step: 'move',
    salt: attemptId,
    preview,
  });
  await pool.query(
    `INSERT INTO runbook_run (id, runbook_id, digest, title, runbook, parameters, started_by, leader)
     VALUES ($1, 'stuck', $2, 'Stuck', '{"steps":[]}', '[]', $3, $3)`,
    [runId, sha256('file'), personId],
  );
  await pool.query(
    `INSERT INTO runbook_attempt (id, run_id, step, section, title, action, touches, status, plan, plan_hash, preview,
       approvals_needed, timeout_seconds, requested_by)
     VALUES ($1, $2, 'move', 'mitigation', 'Move', 'set-group-offset', 'outside', 'awaiting-approval', $3, $4,
       $6, 1, 60, $5)`,
    [attemptId, runId, plan, sha256(plan), personId, JSON.stringify(preview)],
  );
  return { attemptId, planHash: sha256(plan) };
}

/** Dead letters that somebody wants to send again. */
async function waitingRedrive(personId: string) {
  const redriveId = randomUUID();
  const frozen = JSON.stringify({
    ...{ contract: 'stock', state: 'shelf', topic: 'stock.dlq', identity: 'one', target: 'stock.retry' },
    ...{ perSecond: 1, letters: [] },
  });
  await pool.query(
    `INSERT INTO redrive (id, contract_id, state, topic, identity, target, frozen, hash, letters, per_second,
       requested_by, reason, status)
     VALUES ($1, 'stock', 'shelf', 'stock.dlq', 'one', 'stock.retry', $2, $3, 0, 1, $4, 'x', 'awaiting-approval')`,
    [redriveId, frozen, sha256(frozen), personId],
  );
  return { redriveId, planHash: sha256(frozen) };
}

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

async function waitingReplay(requestedBy: string) {
  const id = randomUUID();
  const plan = JSON.stringify({
    approvalsNeeded: 2,
    ranges: [{}],
    history: { partitionCount: 1 },
  });
  await pool.query(
    `INSERT INTO replay (id, contract_id, contract_version, plan, plan_hash, scope, status, requested_by)
     VALUES ($1, 'stock', 1, $2, $3, '{"kind":"all"}', 'awaiting-approval', $4)`,
    [id, plan, sha256(plan), requestedBy],
  );
  return { replayId: id, planHash: sha256(plan) };
}

async function waitingPromotion(requestedBy: string) {
  const { replayId, planHash } = await waitingReplay(requestedBy);
  const [id, evidenceId, shadowDigest] = [randomUUID(), randomUUID(), sha256('shadow')];
  await pool.query(
    `INSERT INTO evidence_record (id, kind, contract_id, replay_id, statement, digest, status, confidence, requested_by)
     VALUES ($1::uuid, 'replay', 'stock', $2, convert_to($5, 'UTF8'), $3, 'finished', 'trusted', $4)`,
    [evidenceId, replayId, sha256(evidenceId), requestedBy, evidenceId],
  );
  await pool.query('UPDATE replay SET shadow_digest = $2, evidence_id = $3 WHERE id = $1', [
    replayId,
    shadowDigest,
    evidenceId,
  ]);
  const change = JSON.stringify({ fields: [], key: 'K', kind: 'extra', partition: 0 });
  const plan = JSON.stringify({
    contract: { id: 'stock', version: 1 },
    replay: { id: replayId, planHash, shadowDigest, evidenceId },
    derivedState: 'shelf',
    approvalsNeeded: 2,
    diffDigest: sha256(`${change}\n`),
    keys: 1,
    fields: 0,
  });
  await pool.query(
    `INSERT INTO promotion (id, contract_id, contract_version, replay_id, derived_state, plan, plan_hash, status, requested_by, reason)
     VALUES ($1, 'stock', 1, $2, 'shelf', $3, $4, 'awaiting-approval', $5, 'x')`,
    [id, replayId, plan, sha256(plan), requestedBy],
  );
  await pool.query(`INSERT INTO promotion_change VALUES ($1, 'K', $2, 1)`, [id, change]);
  return { promotionId: id, planHash: sha256(plan) };
}

/** Begun, and failing for longer than an hour. */
async function failingPromotion(requestedBy: string) {
  const { promotionId } = await waitingPromotion(requestedBy);
  await pool.query('ALTER TABLE promotion DISABLE TRIGGER promotion_moves');
  await pool.query(
    `UPDATE promotion SET status = 'running', problem = 'its target is away', problem_since = now() - interval '2 hours'
     WHERE id = $1`,
    [promotionId],
  );
  await pool.query('ALTER TABLE promotion ENABLE TRIGGER promotion_moves');
  return { promotionId };
}

async function brokenGlass(by: string) {
  const second = await person(['approver']);
  // Whoever broke it was an operator then, whatever they are now.
  const { rows } = await pool.query<{ roles: string[] }>('SELECT roles FROM person WHERE id = $1', [by]);
  await pool.query(`UPDATE person SET roles = '{operator}' WHERE id = $1`, [by]);
  const { replayId, planHash } = await waitingReplay(second.id);
  const id = randomUUID();
  await pool.query(
    `INSERT INTO break_glass (id, subject_kind, subject_id, contract_id, plan_hash, first_by, first_reason, expires_at)
     VALUES ($1, 'replay', $2, 'stock', $3, $4, 'x', now())`,
    [id, replayId, planHash, by],
  );
  await pool.query(
    `UPDATE break_glass SET second_by = $2, second_reason = 'y', second_at = now() WHERE id = $1`,
    [id, second.id],
  );
  await pool.query('UPDATE person SET roles = $2 WHERE id = $1', [by, rows[0]?.roles]);
  return { glassId: id };
}

async function passkey(personId: string): Promise<string> {
  const id = randomUUID();
  await pool.query(
    `INSERT INTO passkey (id, person_id, name, public_key, counter, transports, backed_up)
     VALUES ($1, $2, 'key', 'x', 0, '{}', false)`,
    [id, personId],
  );
  return id;
}

async function savedView(personId: string) {
  const viewId = randomUUID();
  await pool.query(
    `INSERT INTO saved_view (id, person_id, page, name, query, shared) VALUES ($1, $2, 'evidence', 'mine', '', true)`,
    [viewId, personId],
  );
  return { viewId };
}

/** What each of them is about, made for whoever it is to belong to. */
const inputs: Readonly<Record<string, (owner: Person, owned: readonly Role[]) => Promise<object>>> = {
  'account.endSession': async ({ id }) => ({ sessionId: await session(id) }),
  'account.revokeToken': async ({ id }) => {
    const tokenId = randomUUID();
    await pool.query(
      `INSERT INTO api_token (id, person_id, name, token_hash, scopes, expires_at)
       VALUES ($1, $2, 'x', $3, '{read}', now() + interval '1 day')`,
      [tokenId, id, randomUUID()],
    );
    return { tokenId };
  },
  'approvals.decide': async ({ id }) => ({ ...(await waitingReplay(id)), verdict: 'approved', reason: 'x' }),
  'promotions.decide': async ({ id }) => ({
    ...(await waitingPromotion(id)),
    verdict: 'approved',
    reason: 'x',
  }),
  'promotions.recordUnknown': async ({ id }) => ({ ...(await failingPromotion(id)), reason: 'x' }),
  'deadLetters.decideRedrive': async ({ id }) => ({
    ...(await waitingRedrive(id)),
    verdict: 'approved',
    reason: 'x',
  }),
  'runs.approve': async ({ id }) => ({ ...(await waitingAttempt(id)), reason: 'x' }),
  'runs.reject': async ({ id }) => ({ ...(await waitingAttempt(id)), reason: 'x' }),
  'breakGlass.break': async ({ id }) => {
    const { replayId, planHash } = await waitingReplay(id);
    return { subjectKind: 'replay', subjectId: replayId, planHash, reason: 'x' };
  },
  'breakGlass.close': async ({ id }) => ({ ...(await brokenGlass(id)), reason: 'x' }),
  'account.renamePasskey': async ({ id }) => ({ passkeyId: await passkey(id), name: 'phone' }),
  'account.removePasskey': async ({ id }) => ({ passkeyId: await passkey(id) }),
  'people.takeAuthenticatorAway': async ({ id }) => {
    await passkey(id);
    return { personId: id };
  },
  'views.change': async ({ id }) => ({ ...(await savedView(id)), name: 'another name' }),
  'views.remove': async ({ id }) => savedView(id),
  'people.changeRoles': async ({ id }, owned) => ({ personId: id, roles: owned }),
  'people.setDisabled': async ({ id }) => ({ personId: id, disabled: true }),
  'people.endSessions': async ({ id }) => ({ personId: id }),
};

type Declared = { readonly _def: { readonly type: string; readonly meta?: { readonly right?: Right } } };
const procedures = Object.entries(appRouter._def.procedures as unknown as Record<string, Declared>);
const rightOf = (path: string): Right =>
  procedures.find(([each]) => each === path)?.[1]._def.meta?.right ?? 'people';

/** null: it was done; else the code of the refusal. */
async function call(path: string, me: Person, held: readonly Role[], input: object): Promise<string | null> {
  // What is hidden is revealed before it is decided about, by whoever may.
  if (path === 'promotions.decide' && mayDo(held, 'values'))
    await pool.query(`INSERT INTO value_reveal VALUES ($1, 'stock', now() + interval '20 minutes')`, [me.id]);
  const caller = callerOver(dashboard, {
    id: me.id,
    roles: held,
    sessionId: me.sessionId,
  }) as unknown as Record<string, Record<string, (given: object) => Promise<unknown>>>;
  const [room = '', name = ''] = path.split('.');
  try {
    await caller[room]?.[name]?.(input);
    return null;
  } catch (error) {
    if (error instanceof TRPCError) return error.code;
    throw error;
  }
}

describe('whose something is', () => {
  it('is declared for every act about people, their accounts, and what they requested', () => {
    const acts = procedures.filter(([, { _def }]) => {
      const right = _def.meta?.right;
      return (
        _def.type === 'mutation' &&
        (right === 'account' ||
          right === 'approve' ||
          right === 'people' ||
          right === 'review' ||
          right === 'break-glass')
      );
    });
    expect(
      acts.map(([path]) => path).filter((path) => !(path in ownership) && !path.startsWith('notices.')),
    ).toEqual([]);
  });

  const allowed = (path: string, role: Role, whose: 'own' | 'others'): boolean => {
    const rule: Whose = ownership[path] ?? 'either';
    return mayDo([role], rightOf(path)) && (rule === 'either' || rule === whose);
  };
  const cells = Object.keys(inputs).flatMap((path) =>
    roles.flatMap((role) =>
      (['own', 'others'] as const).map((whose) => ({ path, role, whose, may: allowed(path, role, whose) })),
    ),
  );
  it.each(cells)('$path of $whose as $role: $may', async ({ path, role, whose, may }) => {
    const me = await person([role]);
    const owner = whose === 'own' ? me : await person([role]);
    const input = await inputs[path]?.(owner, [role]);
    const refusal = await call(path, me, [role], input ?? {});
    if (may) expect(refusal).toBeNull();
    // Of what is somebody else's it is not even said that it is there; the same input, being one's own, is taken.
    else expect(['FORBIDDEN', 'NOT_FOUND', 'BAD_REQUEST']).toContain(refusal);
  });
});
