import { randomUUID } from 'node:crypto';
import { resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { actionContext } from '../../demo/testing/action-context.ts';
import { projectShelf, shelfTables } from '../../demo/testing/projector.ts';
import { approve, promotionTables, type Someone, signIn } from '../../demo/testing/promotions.ts';
import {
  eventually,
  openReplayWorld,
  type ReplayWorld,
  type Tally,
} from '../../demo/testing/replay-world.ts';
import { checkpointSinkStore } from '../adapters/evidence-log/sink-store.ts';
import type { Action } from '../application/ports/runbook-actions.ts';
import { type Composed, compose } from '../composition/compose.ts';
import { sendersOnDemand } from '../composition/jobs.ts';
import { type OwnActions, ownActions } from '../composition/runbook-actions-own.ts';
import { actions as definitions } from '../domain/runbook/index.ts';
import { readSettings } from '../env.ts';

/** Without a broker these can't run; the set-up has said so, and CI requires one. */
const suite = describe.runIf(inject('kafkaBrokers') !== '');

let world: ReplayWorld;
let composed: Composed;
let jobs: ReturnType<typeof sendersOnDemand>;
let own: OwnActions;
let olga: Someone;
let ada: Someone;
beforeAll(async () => {
  if (inject('kafkaBrokers') === '') return;
  world = await openReplayWorld({
    databaseUrl: inject('databaseUrl'),
    kafkaBrokers: inject('kafkaBrokers'),
  });
  await world.pool.query(`${shelfTables};${promotionTables}`);
  world.startWorker();
  const settings = readSettings(world.env, resolve('.'));
  composed = compose(settings, 'test actions', 4);
  jobs = sendersOnDemand(settings, composed.log);
  const auditing = { ...composed.replayDeps, sinks: checkpointSinkStore, keeps: [], place: 'test' };
  own = ownActions(settings, composed, { jobs, auditing });
  olga = await signIn(world.pool, 'olga', ['operator']);
  ada = await signIn(world.pool, 'ada', ['approver']);
});
afterAll(async () => {
  await jobs?.close();
  await composed?.close();
  await world?.close();
});

const contextOf = (said: string[] = [], signal = new AbortController().signal) =>
  actionContext({ personId: olga.personId, signal, say: (line) => said.push(line) });

/** As a run does it: looked at first, and then done as it was looked at. Outputs are of the declared names alone. */
async function perform<Name extends keyof OwnActions>(name: Name, given: unknown, said: string[] = []) {
  const action = own[name] as unknown as Action<Name>;
  const params = definitions[name].params.parse(given) as Parameters<Action<Name>['preview']>[0];
  const context = contextOf(said);
  const { frozen, sentence } = await action.preview(params, context);
  expect(sentence).not.toBe('');
  const result = await action.perform(params, frozen, context);
  for (const [output, value] of Object.entries(result.outputs)) {
    const declared = (definitions[name].outputs as Readonly<Record<string, string>>)[output];
    const isOfType =
      declared === 'integer'
        ? Number.isInteger(value)
        : declared === 'boolean'
          ? typeof value === 'boolean'
          : typeof value === 'string';
    expect([output, declared, isOfType]).toEqual([output, expect.any(String), true]);
  }
  return result;
}

const events = (count: number): Tally[] =>
  Array.from({ length: count }, (_, i) => ({ id: randomUUID(), key: `K${i % 4}`, value: { amount: 1 } }));

/** A shelf of 40 events on which one key is wrong. */
async function wrongShelf() {
  await world.pool.query('TRUNCATE shelf, shelf_position');
  const topic = await world.topic(2);
  const given = events(40);
  await world.produce(topic, given);
  const ends = (await world.admin.fetchTopicOffsets(topic)).map(({ partition, offset }) => ({
    partition,
    offset,
  }));
  await projectShelf(world.pool, given, ends);
  await world.pool.query(`UPDATE shelf SET total = 7 WHERE item = 'K1'`);
}

suite('the actions that use what Reprise does anyway', () => {
  it('replay, promote and replay again, each as a person would, with what was found as outputs', async () => {
    await wrongShelf();
    expect(await perform('compare-states', { contract: 'tally' })).toMatchObject({
      outputs: { agreement: 'not-compared' },
    });
    await perform('replay', { contract: 'tally', keys: ['K2'], reason: 'a key that is right' });
    expect((await perform('compare-states', { contract: 'tally' })).sentence).toMatch(
      /equal, 0 differing rows in 1 derived state\..* It is of a part of the history alone: /,
    );
    const first = await perform('replay', { contract: 'tally', reason: 'a step of a runbook' });
    expect(first.outputs).toMatchObject({
      status: 'finished',
      confidence: 'trusted',
      agreement: 'different',
      events: '40',
      differing: 1,
      quarantined: 0,
      outOfOrder: 0,
      erased: 0,
    });
    expect(first.sentence).toBe('Replayed 40 events: trusted, different, 1 key with a difference.');
    const { replayId, evidenceId } = first.outputs;
    expect(await perform('compare-states', { contract: 'tally' })).toMatchObject({
      outputs: { agreement: 'different', differing: 1, replayId },
    });

    const said: string[] = [];
    const promoting = perform('promote', { replayId, state: 'shelf', reason: 'a step of a runbook' }, said);
    const promotionId = await eventually('the promotion to be asked for', 30_000, async () => {
      const { rows } = await world.pool.query<{ id: string }>('SELECT id FROM promotion');
      const id = rows[0]?.id ?? '';
      return { done: id !== '', value: id, seen: rows };
    });
    await approve(world, promotionId, ada);
    expect(await promoting).toMatchObject({ outputs: { promotionId, status: 'promoted', written: 1 } });
    expect(said[0]).toBe('It waits for approval, on its own page.');

    const after = await perform('replay', { contract: 'tally', keys: ['K1'], reason: 'to prove it' });
    expect(after.outputs).toMatchObject({ confidence: 'trusted', agreement: 'equal', differing: 0 });

    const verified = await perform('verify-evidence', { evidenceId });
    expect(verified.outputs).toEqual({ verified: true, failed: 0 });
    expect(await perform('audit-log', {})).toMatchObject({ outputs: { findings: 0 } });
  });

  it('a replay that is refused ends the step as failed, with what came of it', async () => {
    await wrongShelf();
    const action = own.replay as Action<'replay'>;
    const refused = await action.perform(
      { contract: 'tally', partitions: [99], reason: 'no such partition' },
      {},
      contextOf(),
    );
    expect(refused).toMatchObject({
      failed: true,
      sentence: expect.stringMatching(/^The replay was refused: /),
      outputs: { replayId: expect.any(String), status: 'refused' },
    });
  });

  it('an attempt that is taken up again finds its replay and its promotion, and asks for no other', async () => {
    await wrongShelf();
    const about = contextOf();
    const replay = own.replay as Action<'replay'>;
    const given = { contract: 'tally', reason: 'a step' };
    const first = await replay.perform(given, {}, about);
    expect((await replay.perform(given, {}, about)).outputs).toEqual(first.outputs);
    expect((await replay.perform(given, {}, contextOf())).outputs).not.toEqual(first.outputs);

    const promote = own.promote as Action<'promote'>;
    const params = { replayId: String(first.outputs.replayId), state: 'shelf', reason: 'a step' };
    const { frozen } = await promote.preview(params, about);
    const waits = new AbortController();
    const said: string[] = [];
    const lost = promote.perform(params, frozen, {
      ...about,
      signal: waits.signal,
      say: (line) => {
        said.push(line);
        waits.abort('shutdown');
      },
    });
    await expect(lost).rejects.toBeDefined();
    const ids = async () =>
      (
        await world.pool.query<{ id: string }>('SELECT id FROM promotion WHERE replay_id = $1', [
          params.replayId,
        ])
      ).rows.map(({ id }) => id);
    const [promotionId = ''] = await ids();
    const going = promote.perform(params, frozen, about);
    await approve(world, promotionId, ada, 'rejected');
    expect(await going).toMatchObject({
      failed: true,
      sentence: expect.stringMatching(/^The promotion ended as refused/),
      outputs: { promotionId, status: 'refused', written: 0 },
    });
    expect(await ids()).toEqual([promotionId]);
  });

  it('promotes nothing that the replay does not say any more', async () => {
    await wrongShelf();
    const { outputs } = await perform('replay', { contract: 'tally', reason: 'a step' });
    const action = own.promote as Action<'promote'>;
    const params = { replayId: String(outputs.replayId), state: 'shelf', reason: 'a step' };
    const other = action.perform(params, { diffDigest: 'of something else' }, contextOf());
    await expect(other).rejects.toMatchObject({ code: 'runbook-overtaken' });
  });

  it('looks at nothing to promote that is always refused afterwards', async () => {
    await wrongShelf();
    const { outputs } = await perform('replay', { contract: 'tally', partitions: [0, 1], reason: 'a step' });
    const part = await perform('replay', { contract: 'tally', partitions: [0], reason: 'a step' });
    const promote = own.promote as Action<'promote'>;
    const look = (replayId: unknown) =>
      promote.preview({ replayId: String(replayId), state: 'shelf', reason: 'a step' }, contextOf());
    expect((await look(outputs.replayId)).sentence).toMatch(/1 keys of shelf/);
    await expect(look(part.outputs.replayId)).rejects.toMatchObject({
      message: expect.stringMatching(/has read 1 of 2 partitions/),
    });
  });

  it('a wait that is cancelled ends at once, and the replay goes on', async () => {
    await wrongShelf();
    const cancel = new AbortController();
    const said: string[] = [];
    const action = own.replay as Action<'replay'>;
    const waiting = action.perform(
      { contract: 'tally', reason: 'a step' },
      {},
      {
        ...contextOf(said, cancel.signal),
        say: (line) => {
          said.push(line);
          cancel.abort('cancelled');
        },
      },
    );
    expect(await waiting).toMatchObject({
      failed: true,
      sentence: expect.stringMatching(/^The step was cancelled\. The replay goes on/),
      outputs: { replayId: expect.any(String) },
    });
    const replayId = /Replay (\S+) is/.exec(said[0] ?? '')?.[1] ?? '';
    expect(await world.ended(replayId)).toMatchObject({ status: 'finished' });
  });

  it('says of readiness what the checks say, and of an unknown invariant which there are', async () => {
    await wrongShelf();
    expect((await perform('check-readiness', { contract: 'tally' })).outputs).toHaveProperty('ready');
    await expect(perform('check-invariant', { contract: 'tally', invariant: 'nothing' })).rejects.toThrow(
      /has no SQL invariant nothing/,
    );
  });

  it('waits until measured lag is low in two samples, and says what it is when time is up', async () => {
    await wrongShelf();
    const said: string[] = [];
    const waited = await perform('await-lag', { contract: 'tally', of: 'shelf', withinSeconds: 60 }, said);
    expect(waited.outputs).toMatchObject({ lag: '0', lagMs: 0 });
    // What was measured before it began says nothing of how it is now, whatever it was.
    expect(said[0]).toMatch(/, before it waited\.$/);
    expect(said.length).toBeGreaterThan(2);
    await world.pool.query('UPDATE shelf_position SET next_offset = 0');
    const late = perform('await-lag', { contract: 'tally', of: 'shelf', underMs: 0, withinSeconds: 12 });
    await expect(late).rejects.toThrow(/After 12 s shelf is not under 0 ms yet/);
    const params = definitions['await-lag'].params.parse({ contract: 'tally', of: 'shelf', underMs: 0 });
    const takenUp = (own['await-lag'] as Action<'await-lag'>).perform(
      params,
      {},
      {
        ...contextOf(),
        begunMs: params.withinSeconds * 1_000,
      },
    );
    await expect(takenUp).rejects.toThrow(/is not under 0 ms yet/);
    await expect(perform('await-lag', { contract: 'tally', of: 'nobody' })).rejects.toThrow(
      /Nothing of tally is measured under the name nobody/,
    );
  });
});
