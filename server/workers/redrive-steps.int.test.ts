import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { actionContext } from '../../demo/testing/action-context.ts';
import { openRedriveWorld, type RedriveWorld } from '../../demo/testing/redrive-world.ts';
import { eventually } from '../../demo/testing/replay-world.ts';
import type { Action } from '../application/ports/runbook-actions.ts';
import { compose } from '../composition/compose.ts';
import { createLetterActions } from '../composition/runbook-actions-letters.ts';
import { canonicalJson } from '../domain/shared/canonical-json.ts';

/** Without a broker these can't run; the set-up has said so, and CI requires one. */
describe.runIf(inject('kafkaBrokers') !== '')('a redrive that a step of a runbook asks for', () => {
  let letters: RedriveWorld;
  let composed: ReturnType<typeof compose>;
  let action: Action<'redrive'>;

  beforeAll(async () => {
    letters = await openRedriveWorld({
      databaseUrl: inject('databaseUrl'),
      kafkaBrokers: inject('kafkaBrokers'),
    });
    composed = compose(letters.settings, 'test', 4);
    const { redrive } = createLetterActions(composed, composed.replayDeps.audit);
    if ('unavailable' in redrive) throw new Error(redrive.unavailable);
    action = redrive;
  });
  afterAll(async () => {
    await composed.close();
    await letters.close();
  });

  /** An attempt that a worker does, as the database has it once it was approved and taken up. */
  async function runningAttempt(groupId: string, atMost = 100) {
    const [attemptId, runId] = [randomUUID(), randomUUID()];
    const { personId } = letters.olga;
    const params = { contract: 'tally', state: 'shelf', cause: groupId, perSecond: 100, atMost };
    const context = { attemptId, runId, personId };
    const { frozen } = await action.preview(params, actionContext(context));
    const plan = canonicalJson({ action: 'redrive', params, frozen, runId, step: 'send' });
    const client = await letters.world.pool.connect();
    try {
      await client.query(`SET session_replication_role = 'replica'`);
      await client.query(
        `INSERT INTO runbook_attempt (id, run_id, step, section, title, action, touches, status, plan, plan_hash,
           preview, approvals_needed, timeout_seconds, requested_by)
         VALUES ($1, $2, 'send', 'recovery', 'Send', 'redrive', 'outside', 'running', $3,
           encode(sha256(convert_to($3, 'UTF8')), 'hex'), '{}', 1, 60, $4)`,
        [attemptId, runId, plan, personId],
      );
      await client.query(
        `INSERT INTO runbook_decision (id, attempt_id, plan_hash, person_id, verdict, reason, expires_at)
         SELECT gen_random_uuid(), id, plan_hash, $2, 'approved', 'read it', now() + interval '1 day'
         FROM runbook_attempt WHERE id = $1`,
        [attemptId, letters.ada.personId],
      );
    } finally {
      // As it was for everybody else again.
      client.release(true);
    }
    const redrive = async () => {
      const { rows } = await letters.world.pool.query<{ id: string; status: string }>(
        'SELECT id, status FROM redrive WHERE attempt_id = $1',
        [attemptId],
      );
      return rows;
    };
    const begin = (other: Readonly<Record<string, unknown>> = {}) => {
      const stop = new AbortController();
      const ended = action.perform(
        params,
        { ...frozen, ...other },
        actionContext({ ...context, signal: stop.signal }),
      );
      ended.catch(() => undefined);
      return { stop, ended };
    };
    const begun = () =>
      eventually('it to be asked for', 30_000, async () => {
        const rows = await redrive();
        return { done: rows.length === 1, value: rows, seen: rows };
      });
    return { begin, begun, redrive };
  }

  it.each(['shutdown', 'lost'])(
    'goes on where its worker ends (%s), and is found by the next',
    async (why) => {
      const attempt = await runningAttempt(await letters.park(`left-by-${why}`, [1, 2]));
      const first = attempt.begin();
      const [redrive] = await attempt.begun();
      first.stop.abort(why);
      await expect(first.ended).rejects.toBe(why);
      expect(await attempt.redrive()).toEqual([{ ...redrive, status: 'queued' }]);
      const second = attempt.begin();
      await letters.untilEnded(redrive?.id ?? '');
      expect(await second.ended).toMatchObject({ outputs: { redriveId: redrive?.id, reprocessed: 2 } });
      expect(await attempt.redrive()).toHaveLength(1);
    },
  );

  it('says what of its cause it sends and what is left, and is refused where nothing is', async () => {
    const groupId = await letters.park('cut', [1, 2, 3]);
    const params = { contract: 'tally', state: 'shelf', cause: groupId, perSecond: 100, atMost: 2 };
    const previewed = () => action.preview(params, actionContext({ attemptId: randomUUID() }));
    expect((await previewed()).sentence).toContain('Sends 2 dead letters');
    expect((await previewed()).sentence).toContain('the first of more');
    const send = async (chosen: number, left: number) => {
      const attempt = await runningAttempt(groupId, 2);
      const { ended } = attempt.begin();
      const [redrive] = await attempt.begun();
      await letters.untilEnded(redrive?.id ?? '');
      expect(await ended).toMatchObject({ outputs: { chosen, reprocessed: chosen, left } });
    };
    await send(2, 1);
    expect((await previewed()).sentence).toContain('Left out: 2 letters reprocessed already');
    await send(1, 0);
    await expect(previewed()).rejects.toMatchObject({
      code: 'redrive-conflict',
      message: expect.stringContaining('Nothing of this choice is left'),
    });
  });

  it('is what was approved of its step, and nothing else', async () => {
    const attempt = await runningAttempt(await letters.park('otherwise', [1]));
    await expect(attempt.begin({ perSecond: 900 }).ended).rejects.toMatchObject({ code: 'forbidden' });
    expect(await attempt.redrive()).toEqual([]);
  });

  it.each(['cancelled', 'timed-out'])('is called off with its step (%s)', async (why) => {
    const attempt = await runningAttempt(await letters.park(`ended-by-${why}`, [1, 2]));
    const { stop, ended } = attempt.begin();
    await attempt.begun();
    stop.abort(why);
    expect(await ended).toMatchObject({ failed: true, outputs: { reprocessed: 0 } });
    expect(await attempt.redrive()).toMatchObject([{ status: 'cancelled' }]);
  });
});
