import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { openIncidentWorld } from '../../../demo/testing/incident-world.ts';
import { somebodyWaits } from '../../../demo/testing/locks.ts';
import { systemClock } from '../../adapters/clock/system-clock.ts';
import { sha256 } from '../../adapters/digests.ts';
import { evidenceLogStore } from '../../adapters/evidence-log/log-store.ts';
import { asyncSha256, signerOf, verifyEd25519 } from '../../adapters/evidence-log/node-keys.ts';
import { incidentReads } from '../../adapters/incidents/incident-reads.ts';
import { noticeStore } from '../../adapters/notices/notice-store.ts';
import { resultStore } from '../../adapters/replay-store/index.ts';
import { attemptStore } from '../../adapters/runbook-runs/attempt-store.ts';
import { runReads } from '../../adapters/runbook-runs/run-reads.ts';
import { runStore } from '../../adapters/runbook-runs/run-store.ts';
import { rightsOf } from '../../domain/access/index.ts';
import { checkRunbookStep, parseStatement, runbookStepPredicateType } from '../../domain/evidence/index.ts';
import {
  actionNames,
  parseArgument,
  parseCondition,
  type Runbook,
  type Step,
} from '../../domain/runbook/index.ts';
import { RepriseError } from '../../domain/shared/errors.ts';
import type { Job } from '../ports/jobs.ts';
import type { ActionContext, ActionResult, ActionSet } from '../ports/runbook-actions.ts';
import { notifyAction } from '../runbook/actions/evidence.ts';
import type { RunDeps } from './deps.ts';
import { createRunDesk, type RunDesk } from './desk.ts';
import { reapAttempts } from './reap-attempts.ts';
import { runAttempt } from './run-attempt.ts';
import { startRun } from './start-run.ts';

const argument = (text: string) => {
  const parsed = parseArgument(text);
  if ('mistake' in parsed) throw new Error(parsed.mistake);
  return parsed;
};
const condition = (text: string) => {
  const parsed = parseCondition(text);
  if ('mistake' in parsed) throw new Error(parsed.mistake);
  return parsed;
};
const step = (id: string, own: Partial<Step>): Step => ({
  ...{ id, section: 'diagnosis', title: id, body: '', line: 1, action: null, when: null },
  ...own,
});
const runbook: Runbook = {
  id: 'stuck',
  title: 'A group stands still',
  failureMode: 'poison-message',
  severity: 'P2',
  contracts: [],
  owner: 'team',
  lastRehearsed: null,
  incidents: ['stuck-offset'],
  parameters: [
    { name: 'group', type: 'group', title: 'Group', required: true, default: 'warehouse', from: null },
  ],
  introduction: '',
  steps: [
    step('look', {
      section: 'symptoms',
      action: {
        name: 'inspect-group',
        args: { group: argument('${group}'), topic: argument('events') },
        // Longer than it takes until a worker hears that it is to stop.
        timeoutSeconds: 5,
        shows: condition('${look.lagMs} > 60000'),
      },
    }),
    step('move', {
      section: 'mitigation',
      when: condition('${look.lagMs} > 60000'),
      action: {
        name: 'set-group-offset',
        args: {
          group: argument('${group}'),
          topic: argument('events'),
          partition: { kind: 'literal', value: 0 },
          to: argument('${look.stuckOffset}'),
        },
        timeoutSeconds: 60,
        shows: null,
      },
    }),
    step('tell', { section: 'post-incident' }),
  ],
};
const telling: Runbook = {
  ...runbook,
  id: 'telling',
  parameters: [],
  steps: [
    step('announce', {
      section: 'mitigation',
      action: {
        name: 'notify',
        args: { text: argument('The warehouse stands still.') },
        timeoutSeconds: 60,
        shows: null,
      },
    }),
  ],
};
const searching: Runbook = {
  ...runbook,
  id: 'searching',
  parameters: [],
  steps: [
    step('find', {
      action: {
        name: 'search-history',
        args: { contract: argument('orders'), key: argument('K1'), eventId: argument('${look.reason}') },
        timeoutSeconds: 60,
        shows: null,
      },
    }),
  ],
};
const digest = sha256('the file');

/** What is not to be had here, each with its reason. */
const noActions = Object.fromEntries(
  actionNames.map((name) => [name, { unavailable: 'it is not to be had here' }]),
) as unknown as ActionSet;

let world: Awaited<ReturnType<typeof openIncidentWorld>>;
let desk: RunDesk;
let deps: RunDeps & { readonly log: { info(): void; warn(): void; error(): void } };
let sent: Job[];
/** What the actions of these tests do; each test says. */
let act: (context: ActionContext) => Promise<Partial<ActionResult>>;
let previewed: Record<string, unknown>;
/** What a preview refuses. */
let refusal: RepriseError | null;
let looked = 0;
let performed: unknown;

beforeAll(async () => {
  world = await openIncidentWorld(inject('databaseUrl'));
  const current = {
    runbookId: 'stuck',
    digest,
    file: 'stuck.md',
    registeredAt: '2026-11-26T00:00:00Z',
    runbook,
    goneAt: null,
    problems: [],
  };
  const action = {
    preview: async () => {
      looked += 1;
      if (refusal !== null) throw refusal;
      return {
        sentence: 'It would.',
        shown: [{ kind: 'text' as const, text: 'As shown.' }],
        frozen: previewed,
      };
    },
    perform: async (_params: unknown, frozen: unknown, context: ActionContext) => {
      performed = frozen;
      return {
        sentence: 'It did.',
        outputs: {},
        shown: [],
        links: [],
        ...(await act(context)),
      };
    },
  };
  const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };
  deps = {
    ...world.deps,
    runs: runStore,
    attempts: attemptStore,
    results: resultStore,
    sealing: {
      log: evidenceLogStore,
      signer: signerOf(generateKeyPairSync('ed25519').privateKey),
      sha256: asyncSha256,
      verifyEd25519,
      originOfNew: 'reprise.test/log',
    },
    clock: systemClock,
    newId: randomUUID,
    software: { reprise: 'test' },
    jobs: { send: async (_tx, jobs) => void sent.push(...jobs) },
    actions: {
      ...noActions,
      'inspect-group': action,
      'set-group-offset': action,
      'search-history': action,
      // Of what it is given, it uses these alone.
      notify: notifyAction(world.deps as unknown as Parameters<typeof notifyAction>[0]),
    },
    runbooks: {
      current: async () => [current],
      get: async (_tx, id) =>
        [
          current,
          ...[telling, searching].map((each) => ({ ...current, runbookId: each.id, runbook: each })),
        ].find(({ runbookId }) => runbookId === id) ?? null,
    },
    incidentReads,
    runReads,
    groupsOf: async () => new Map([['selling', 'selling-projector']]),
    log: quiet,
  };
  desk = createRunDesk(deps);
  await world.person('omar', ['operator'], 'Omar');
  await world.person('ada', ['approver'], 'Ada');
  await world.person('bela', ['approver', 'operator'], 'Bela');
  await world.person('vera', ['viewer'], 'Vera');
});
afterAll(() => world.close());

let incidentId: string;
let runId: string;
beforeEach(async () => {
  sent = [];
  refusal = null;
  previewed = { from: '10' };
  act = async () => ({ outputs: { lagMs: 84_000, stuckOffset: '17' } });
  incidentId = (
    await world.run((tx) =>
      world.signals.raise(tx, {
        kind: 'stuck-offset',
        contractId: null,
        cause: `stuck-offset:${randomUUID()}`,
        suggestedClass: 'P2',
        title: 'Orders stand still.',
        since: new Date(Date.now() - 60_000),
        facts: {},
        href: null,
        runbook: null,
        scope: null,
      }),
    )
  ).incidentId;
  // Its symptom is left to each test.
  ({ runId } = await startRun(deps, {
    personId: 'omar',
    runbookId: 'stuck',
    digest,
    incidentId,
    parameters: { group: 'warehouse' },
  }));
});

const reader = (id: string) => ({
  id,
  email: `${id}@example.test`,
  roles: ['operator', 'approver'] as const,
  rights: rightsOf(['operator', 'approver']),
});
const view = async (as = 'omar') => {
  const found = await desk.get(runId, reader(as));
  if (found === null) throw new Error('the run is gone');
  return found;
};
const as = async (personId: string) => ({ runId, personId, version: (await view()).version });
const stepOf = async (id: string) => (await view()).steps.find((each) => each.id === id);
const lastOf = async (id: string) => (await stepOf(id))?.attempts.at(-1);
async function ask(id: string, personId = 'omar'): Promise<string> {
  const { previewId } = await desk.preview({ ...(await as(personId)), step: id });
  await desk.do({ ...(await as(personId)), previewId, sessionId: null });
  return previewId;
}
const work = (attemptId: string, owner = 'w1', stop = new AbortController().signal) =>
  runAttempt(deps, attemptId, owner, stop);
const audited = async (attemptId: string) =>
  (
    await world.owner.query('SELECT actor, action FROM audit_entry WHERE subject = $1 ORDER BY id', [
      `runbook-attempt:${attemptId}`,
    ])
  ).rows.map(({ actor, action }) => `${action} ${actor}`);
/** By the database alone, past the application: as the role that Reprise runs by. */
const raw = (text: string, values: unknown[]) => world.runner.query(text, values);
const approve = (attemptId: string, personId: string, hash: string) =>
  raw(
    `INSERT INTO runbook_decision (id, attempt_id, plan_hash, person_id, verdict, reason, expires_at)
     VALUES ($1, $2, $3, $4, 'approved', 'read it', now() + interval '1 hour')`,
    [randomUUID(), attemptId, hash, personId],
  );
const until = async (what: () => Promise<boolean>) => {
  for (let look = 0; look < 200; look += 1) {
    if (await what()) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error('it never came');
};

describe('a step', () => {
  it('is shown, queued, done by a worker, and leaves evidence, audit and a line in its incident', async () => {
    act = async (context) => {
      context.say('asking the group');
      return { outputs: { lagMs: 84_000, stuckOffset: '17', secret: 'dropped' } };
    };
    const attemptId = await ask('look');
    expect(sent).toEqual([{ kind: 'action', attemptId }]);
    await work(attemptId);
    expect(await lastOf('look')).toMatchObject({
      status: 'succeeded',
      outputs: { lagMs: 84_000, stuckOffset: '17' },
      output: [expect.objectContaining({ line: 'asking the group' })],
    });
    const shown = await view();
    expect(shown.current).toBe('move');
    expect(shown.steps[0]?.symptom).toEqual({ shown: true, figure: 'lagMs is 84000 (> 60000)' });
    expect(await audited(attemptId)).toEqual([
      'runbook-step.requested omar',
      'runbook-step.began reprise',
      'runbook-step.succeeded reprise',
    ]);
    const { rows } = await world.owner.query(
      `SELECT convert_from(e.statement, 'UTF8') AS text, e.kind, l.incident_id::text AS incident FROM evidence_record e
       JOIN runbook_attempt a ON a.evidence_id = e.id JOIN incident_evidence l ON l.evidence_id = e.id
       JOIN log_entry g ON g.evidence_id = e.id WHERE a.id = $1`,
      [attemptId],
    );
    expect(rows).toMatchObject([{ kind: 'runbook-step', incident: incidentId }]);
    const read = parseStatement(JSON.parse(rows[0].text));
    if (!read.ok || read.value.predicateType !== runbookStepPredicateType) throw new Error('another record');
    expect(checkRunbookStep(read.value.predicate).outcome).toBe('passed');
    expect(rows[0].text).not.toMatch(/warehouse|84000/);
    const { lines: timeline } = await world.run((tx) =>
      incidentReads.timeline(tx, incidentId, { limit: 100 }),
    );
    expect(timeline.filter(({ kind }) => kind === 'runbook').map(({ text }) => text)).toEqual([
      'A group stands still',
      'look: succeeded',
    ]);
    expect(timeline.filter(({ kind }) => kind === 'evidence')).toEqual([]);
    expect((await desk.ofIncident(incidentId))[0]?.attempts).toMatchObject([
      { step: 'look', status: 'succeeded', action: 'inspect-group', by: 'omar' },
    ]);
  });

  it('that looked and declined is refused, one that broke off failed, and both stay in the history', async () => {
    act = async () => {
      throw new RepriseError('runbook-refused', 'The group has members.');
    };
    await work(await ask('look'));
    expect(await lastOf('look')).toMatchObject({ status: 'refused', sentence: 'The group has members.' });
    act = async () => {
      throw new Error('a value that nobody should see');
    };
    const failed = await ask('look');
    await work(failed);
    expect(await lastOf('look')).toMatchObject({ status: 'failed', code: 'internal' });
    expect((await lastOf('look'))?.sentence).not.toMatch(/nobody should see/);
    expect((await stepOf('look'))?.attempts).toHaveLength(2);
    expect((await stepOf('look'))?.state).toBe('failed');
  });

  it('keeps every line that it says, page by page, and their digest beside its record', async () => {
    const said = Array.from({ length: 450 }, (_, at) => `line ${at + 1}`);
    act = async (context) => {
      for (const line of said) context.say(line);
      return {};
    };
    const attemptId = await ask('look');
    await work(attemptId);
    const newest = (await lastOf('look'))?.output ?? [];
    expect(newest.map(({ line }) => line)).toEqual(said.slice(250));
    const before = await desk.lines(attemptId, 251);
    expect(before?.map(({ line }) => line)).toEqual(said.slice(50, 250));
    expect((await desk.lines(attemptId, 51))?.at(0)).toMatchObject({ number: 1, line: 'line 1' });
    expect(await desk.lines(randomUUID(), 51)).toBeNull();
    const { rows } = await world.owner.query(
      `SELECT convert_from(t.content, 'UTF8') AS text FROM evidence_attachment t JOIN runbook_attempt a ON a.evidence_id = t.evidence_id
       WHERE a.id = $1 AND t.name = 'result'`,
      [attemptId],
    );
    const digest = sha256(said.map((line) => `${line}\n`).join(''));
    expect(JSON.parse(rows[0].text).output).toEqual({ lines: 450, sha256: digest });
  });

  it('ends when its time is over, also where it does not heed that', async () => {
    act = (context) =>
      new Promise((_resolve, reject) => {
        context.signal.addEventListener('abort', () => reject(new Error('aborted')));
      });
    await work(await ask('look'));
    expect(await lastOf('look')).toMatchObject({
      status: 'failed',
      code: 'timed-out',
      sentence: 'It did not end within 5 s.',
    });
  });

  it('is cancelled while it is done, and before it began', async () => {
    let began = false;
    act = (context) =>
      new Promise((_resolve, reject) => {
        began = true;
        context.signal.addEventListener('abort', () => reject(new Error('aborted')));
      });
    const attemptId = await ask('look');
    await desk.cancel({ attemptId, personId: 'ada', reason: 'not now' });
    expect(await lastOf('look')).toMatchObject({ status: 'cancelled', cancelledBy: 'ada' });
    const second = await ask('look');
    const working = work(second);
    await until(async () => began);
    await desk.cancel({ attemptId: second, personId: 'omar', reason: '' });
    await working;
    expect(await lastOf('look')).toMatchObject({
      status: 'cancelled',
      code: 'cancelled',
      cancelledBy: 'omar',
      sentence: 'It was cancelled while it was done.',
    });
  });

  it('whose words hold what can’t be kept ends all the same, with each such character as its code', async () => {
    act = async ({ say }) => {
      say('a\0line');
      return {
        sentence: 'It read \ud800.',
        outputs: { lagMs: 84_000, stuckOffset: '17', state: 'S\0' },
        shown: [{ kind: 'table', title: 'Rows', columns: ['\0'], rows: [['whole \u{1f600}']] }],
      };
    };
    await work(await ask('look'));
    expect(await lastOf('look')).toMatchObject({
      status: 'succeeded',
      sentence: 'It read \\ud800.',
      outputs: { state: 'S\\u0000' },
      output: [expect.objectContaining({ line: 'a\\u0000line' })],
      shown: [
        { kind: 'table', columns: ['\\u0000'], rows: [['whole \u{1f600}']] },
        { kind: 'text', text: expect.stringMatching(/^3 characters that can’t be kept/) },
      ],
    });
  });

  it('is done for nobody whose row is gone', async () => {
    const plan = JSON.stringify({ runId, step: 'look', action: 'inspect-group', params: {}, frozen: {} });
    const id = randomUUID();
    await raw(
      `INSERT INTO runbook_attempt (id, run_id, step, section, title, action, touches, status, plan, plan_hash, preview,
         approvals_needed, timeout_seconds, requested_by)
       VALUES ($1, $2, 'look', 'symptoms', 'Look', 'inspect-group', 'nothing', 'queued', $3, $4,
         '{"sentence":"It would.","shown":[]}', 0, 60, 'nobody')`,
      [id, runId, plan, sha256(plan)],
    );
    await work(id);
    expect(await lastOf('look')).toMatchObject({ status: 'refused', code: 'forbidden' });
  });

  it('is done once, however often its job is delivered', async () => {
    let times = 0;
    act = async () => {
      times += 1;
      return {};
    };
    const attemptId = await ask('look');
    await Promise.all([work(attemptId, 'w1'), work(attemptId, 'w2')]);
    await work(attemptId, 'w3');
    expect(times).toBe(1);
  });

  it('is refused to who may not, and where the run has moved on says who did what', async () => {
    looked = 0;
    await expect(desk.preview({ ...(await as('vera')), step: 'look' })).rejects.toThrow(/needs the right/);
    expect(looked).toBe(0);
    const before = await as('omar');
    await desk.tick({ ...(await as('ada')), step: 'tell', note: 'told them' });
    await expect(desk.skip({ ...before, step: 'tell', reason: 'x' })).rejects.toThrow(
      /Meanwhile Ada has ticked “tell”/,
    );
  });

  it('takes files that people attach to it, which stay as they are', async () => {
    const content = new TextEncoder().encode('lag 84 s');
    const file = { step: 'tell', name: '../console\u202E.log', content, text: 'before' };
    await desk.attachFile({ ...(await as('omar')), ...file });
    const { marks } = await view();
    const [kept] = (await stepOf('tell'))?.files ?? [];
    expect(kept).toMatchObject({ name: 'console.log', bytes: content.length, addedBy: 'omar' });
    expect(kept?.sha256).toBe(sha256(content));
    expect(marks.at(-1)).toMatchObject({ kind: 'noted', step: 'tell', text: 'Attached console.log: before' });
    expect(Buffer.from((await desk.file(runId, kept?.id ?? ''))?.content ?? []).equals(content)).toBe(true);
    expect(await desk.file(randomUUID(), kept?.id ?? '')).toBeNull();
    for (const bytes of [0, 2 * 1024 * 1024 + 1])
      await expect(
        desk.attachFile({ ...(await as('omar')), ...file, content: new Uint8Array(bytes) }),
      ).rejects.toMatchObject({ code: 'input-invalid' });
    await expect(desk.attachFile({ ...(await as('vera')), ...file })).rejects.toThrow(/needs the right/);
    await expect(desk.attachFile({ ...(await as('omar')), ...file, step: 'none' })).rejects.toThrow();
    expect((await view()).steps.flatMap(({ files }) => files)).toHaveLength(1);
    await expect(raw(`DELETE FROM runbook_file WHERE run_id = $1`, [runId])).rejects.toThrow();
    await expect(
      world.owner.query(`UPDATE runbook_file SET name = 'x' WHERE run_id = $1`, [runId]),
    ).rejects.toThrow();
  });

  it('that was only looked at is forgotten after a day, and what was done of it is not', async () => {
    const { previewId } = await desk.preview({ ...(await as('omar')), step: 'look' });
    const done = await ask('look');
    const age = (ids: readonly string[], by: string) =>
      world.owner.query(
        `ALTER TABLE runbook_preview DISABLE TRIGGER runbook_preview_is_kept;
         UPDATE runbook_preview SET previewed_at = now() - interval '${by}' WHERE id IN (${ids.map((id) => `'${id}'`).join()});
         ALTER TABLE runbook_preview ENABLE TRIGGER runbook_preview_is_kept`,
      );
    const sweep = () => world.run((tx) => runStore.sweepPreviews(tx));
    const left = async () =>
      (await world.owner.query('SELECT id::text FROM runbook_preview WHERE run_id = $1', [runId])).rows
        .length;
    await age([previewId, done], '23 hours');
    await sweep();
    expect(await left()).toBe(2);
    await expect(raw('DELETE FROM runbook_preview WHERE id = $1', [previewId])).rejects.toThrow(
      /a day after/,
    );
    await age([previewId, done], '25 hours');
    await sweep();
    expect(await left()).toBe(1);
    await expect(raw('DELETE FROM runbook_preview WHERE id = $1', [done])).rejects.toThrow(/a day after/);
  });

  it('whose preview is refused says so in the run, once for each thing that is said', async () => {
    refusal = new RepriseError('runbook-refused', 'The group has members.');
    const look = async (id: string) => {
      await expect(desk.preview({ ...(await as('omar')), step: id })).rejects.toBe(refusal);
    };
    const { version } = await view();
    await look('look');
    await look('look');
    refusal = new RepriseError('history-unavailable', 'The broker does not answer.');
    await look('look');
    const kept = (await view()).marks.map(({ kind, step: of, actor, text }) => [kind, of, actor, text]);
    expect(kept).toEqual([
      ['refused', 'look', 'omar', 'The group has members.'],
      ['refused', 'look', 'omar', 'The broker does not answer.'],
    ]);
    // Nobody else's view of it is overtaken by that.
    expect((await view()).version).toBe(version);
    expect((await stepOf('look'))?.state).toBe('todo');
  });

  it('is done without what nothing gives and its action finds by itself, and its preview says so', async () => {
    ({ runId } = await desk.start({
      ...{ personId: 'omar', runbookId: 'searching', digest, incidentId: null, parameters: {} },
    }));
    const why = '`${look.reason}`: the step `look` has not given it';
    expect((await stepOf('find'))?.action).toMatchObject({
      missing: null,
      arguments: expect.arrayContaining([{ name: 'eventId', value: null, from: `left out: ${why}` }]),
    });
    const { previewId } = await desk.preview({ ...(await as('omar')), step: 'find' });
    await desk.do({ ...(await as('omar')), previewId, sessionId: null });
    expect((await lastOf('find'))?.preview?.sentence).toBe(
      `It would. It is done without \`eventId\`: ${why}.`,
    );
    await work(previewId);
    expect(await lastOf('find')).toMatchObject({ status: 'succeeded' });
  });

  it('that two ask for at once is begun once', async () => {
    const first = await desk.preview({ ...(await as('omar')), step: 'look' });
    const second = await desk.preview({ ...(await as('bela')), step: 'look' });
    const [omar, bela] = [await as('omar'), await as('bela')];
    const done = await Promise.allSettled([
      desk.do({ ...omar, previewId: first.previewId, sessionId: null }),
      desk.do({ ...bela, previewId: second.previewId, sessionId: null }),
    ]);
    expect(done.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect((await stepOf('look'))?.attempts).toHaveLength(1);
  });

  it('is not done with other values than those that were shown', async () => {
    await work(await ask('look'));
    const { previewId } = await desk.preview({ ...(await as('omar')), step: 'move' });
    act = async () => ({ outputs: { lagMs: 90_000, stuckOffset: '18' } });
    await work(await ask('look'));
    await expect(desk.do({ ...(await as('omar')), previewId, sessionId: null })).rejects.toThrow(
      /other values/,
    );
  });
});

describe('telling people', () => {
  const start = async (of: string | null) => {
    ({ runId } = await desk.start({
      personId: 'omar',
      runbookId: 'telling',
      digest,
      incidentId: of,
      parameters: {},
    }));
  };

  it('says that nobody can be reached where no channel is set up', async () => {
    await start(incidentId);
    await work(await ask('announce'));
    expect(await lastOf('announce')).toMatchObject({
      sentence: expect.stringMatching(/^Nobody else who may respond can be reached/),
      outputs: { told: 0 },
    });
  });

  it('tells everybody else who responds, once, and says how many', async () => {
    await world.run((tx) => noticeStore.noteChannel(tx, 'email', { configured: true, target: 'mail' }));
    await start(incidentId);
    const attemptId = await ask('announce');
    await work(attemptId);
    await work(attemptId);
    // Omar has asked for it, and Vera only reads.
    expect(await lastOf('announce')).toMatchObject({
      status: 'succeeded',
      touches: 'outside',
      changingSince: expect.any(String),
      outputs: { told: 2 },
    });
    const { rows } = await world.owner.query(
      `SELECT detail ->> 'why' AS why FROM notice WHERE kind = 'incident-told' AND subject_id = $1`,
      [incidentId],
    );
    expect(rows).toEqual([{ why: 'The warehouse stands still.' }]);
  });

  it('of no incident is refused before anything is asked for', async () => {
    await start(null);
    await expect(ask('announce')).rejects.toThrow(/belongs to no incident/);
  });
});

describe('a worker that vanishes', () => {
  const askApproved = async () => {
    await work(await ask('look'));
    const attemptId = await ask('move');
    await approve(attemptId, 'ada', (await lastOf('move'))?.planHash ?? '');
    await raw(`UPDATE runbook_attempt SET status = 'queued' WHERE id = $1`, [attemptId]);
    return attemptId;
  };
  const vanish = async (attemptId: string) => {
    await world.run((tx) => attemptStore.claim(tx, attemptId, 'gone', 1));
    await new Promise((resolve) => setTimeout(resolve, 20));
  };

  it('leaves to another what touches nothing, and then commits nothing any more', async () => {
    const attemptId = await ask('look');
    let release: () => void = () => undefined;
    act = () =>
      new Promise((resolve) => {
        release = () => resolve({ sentence: 'The first.' });
      });
    const first = work(attemptId, 'slow');
    await until(async () => (await lastOf('look'))?.status === 'running');
    await raw(`UPDATE runbook_attempt SET lease_until = now() - interval '1 s' WHERE id = $1`, [attemptId]);
    sent = [];
    await reapAttempts(deps);
    expect(sent).toContainEqual({ kind: 'action', attemptId });
    const letGo = release;
    act = async () => ({ sentence: 'The second.' });
    await work(attemptId, 'next');
    letGo();
    await first;
    expect(await lastOf('look')).toMatchObject({ status: 'succeeded', sentence: 'The second.', tries: 2 });
  });

  it('leaves to another what has changed nothing yet, whatever it would change', async () => {
    const attemptId = await askApproved();
    await vanish(attemptId);
    await reapAttempts(deps);
    expect((await lastOf('move'))?.status).toBe('queued');
    act = async ({ changing }) => {
      await changing();
      return {};
    };
    await work(attemptId);
    expect(await lastOf('move')).toMatchObject({ status: 'succeeded', tries: 2 });
  });

  it('and comes back begins nothing any more', async () => {
    const attemptId = await askApproved();
    let letGo: () => void = () => undefined;
    let changed = 0;
    act = async ({ changing }) => {
      await new Promise<void>((resolve) => {
        letGo = resolve;
      });
      await changing();
      changed += 1;
      return {};
    };
    const slow = work(attemptId, 'slow');
    await until(async () => (await lastOf('move'))?.status === 'running');
    await raw(`UPDATE runbook_attempt SET lease_until = now() - interval '1 s' WHERE id = $1`, [attemptId]);
    await reapAttempts(deps);
    letGo();
    await slow;
    expect(changed).toBe(0);
    expect((await lastOf('move'))?.status).toBe('queued');
  });

  it('stops what it does once its lease can’t be renewed', async () => {
    const attemptId = await askApproved();
    let reason: unknown;
    act = (context) =>
      new Promise((_resolve, reject) => {
        context.signal.addEventListener('abort', () => {
          reason = context.signal.reason;
          reject(new Error('aborted'));
        });
      });
    const began = Date.now();
    // Ten times as fast, so that ten seconds are one.
    const clock = {
      now: () => new Date(began + (Date.now() - began) * 10),
      wait: (ms: number, signal?: AbortSignal) => systemClock.wait(ms / 10, signal),
    };
    let answer: () => void = () => undefined;
    const hold = () =>
      new Promise<never>((_resolve, reject) => {
        answer = () => reject(new Error('the connection is gone'));
      });
    const alone = { ...deps, clock, attempts: { ...attemptStore, hold } };
    const working = runAttempt(alone, attemptId, 'cut off', new AbortController().signal);
    await until(async () => reason !== undefined);
    expect(reason).toBe('lost');
    answer();
    await working;
    expect((await lastOf('move'))?.status).toBe('running');
  });

  it('leaves what has begun to whoever takes it up next, who calls it off where that is asked', async () => {
    const attemptId = await ask('look');
    const lease = await world.run((tx) => attemptStore.claim(tx, attemptId, 'gone', 20));
    if (lease === null) throw new Error('it was not queued');
    await world.run((tx) => attemptStore.setChanging(tx, attemptId, lease, 1, true));
    await raw(`UPDATE runbook_attempt SET status = 'queued' WHERE id = $1`, [attemptId]);
    await expect(desk.abandon({ ...(await as('omar')), reason: 'enough' })).rejects.toThrow(/taken up/);
    expect(await desk.cancel({ attemptId, personId: 'ada', reason: 'enough' })).toEqual({ status: 'queued' });
    expect((await lastOf('look'))?.evidenceId).toBeNull();
    act = ({ signal }) =>
      new Promise((_resolve, reject) => {
        if (signal.aborted) reject(signal.reason);
        signal.addEventListener('abort', () => reject(signal.reason), { once: true });
      });
    await work(attemptId);
    expect((await lastOf('look'))?.status).toMatch(/cancelled|unknown|failed/);
    expect((await lastOf('look'))?.evidenceId).not.toBeNull();
  });

  it('whose step is not approved any more ends it as failed, and keeps no other from being found', async () => {
    const attemptId = await askApproved();
    await vanish(attemptId);
    const other = await ask('look');
    await vanish(other);
    await world.owner.query(`UPDATE person SET roles = '{viewer}' WHERE id = 'ada'`);
    try {
      await reapAttempts(deps);
    } finally {
      await world.owner.query(`UPDATE person SET roles = '{approver}' WHERE id = 'ada'`);
    }
    expect(await lastOf('move')).toMatchObject({
      status: 'failed',
      code: 'worker-lost',
      sentence: expect.stringMatching(/Nothing was changed: ask for it once more/),
    });
    expect((await lastOf('look'))?.status).toBe('queued');
  });

  it('whose step can’t be queued again keeps no other from being found', async () => {
    const attemptId = await askApproved();
    await vanish(attemptId);
    const other = await ask('look');
    await vanish(other);
    const queueAgain: typeof attemptStore.queueAgain = async (tx, id) => {
      if (id === attemptId) throw new Error('the database does not take it');
      await attemptStore.queueAgain(tx, id);
    };
    await reapAttempts({ ...deps, attempts: { ...attemptStore, queueAgain } });
    expect((await lastOf('move'))?.status).toBe('running');
    expect((await lastOf('look'))?.status).toBe('queued');
    await reapAttempts(deps);
    expect((await lastOf('move'))?.status).toBe('queued');
  });

  it('leaves what it has taken up just before it is told to go', async () => {
    const attemptId = await ask('look');
    const going = new AbortController();
    const claim: typeof attemptStore.claim = async (...given) => {
      const lease = await attemptStore.claim(...given);
      going.abort();
      return lease;
    };
    let reason: unknown;
    act = async ({ signal }) => {
      reason = signal.reason;
      signal.throwIfAborted();
      return {};
    };
    await runAttempt({ ...deps, attempts: { ...attemptStore, claim } }, attemptId, 'going', going.signal);
    expect(reason).toBe('shutdown');
    expect((await lastOf('look'))?.status).toBe('running');
  });

  it('leaves unknown what may have changed something, and says what to do', async () => {
    const attemptId = await askApproved();
    const lease = await world.run((tx) => attemptStore.claim(tx, attemptId, 'gone', 20));
    if (lease === null) throw new Error('it was not queued');
    await world.run((tx) => attemptStore.setChanging(tx, attemptId, lease, 1, true));
    // Well past the lease, which the database's clock ends.
    await new Promise((resolve) => setTimeout(resolve, 200));
    await expect(
      raw(`UPDATE runbook_attempt SET status = 'queued' WHERE id = $1`, [attemptId]),
    ).rejects.toThrow(/is not tried again/);
    await reapAttempts(deps);
    expect(await lastOf('move')).toMatchObject({
      status: 'unknown',
      code: 'worker-lost',
      sentence: expect.stringMatching(/look, then do it again/),
    });
    expect((await lastOf('move'))?.evidenceId).not.toBeNull();
  });
});

describe('an approval', () => {
  let attemptId: string;
  let hash: string;
  beforeEach(async () => {
    await work(await ask('look'));
    sent = [];
    attemptId = await ask('move', 'bela');
    hash = (await lastOf('move'))?.planHash ?? '';
  });
  const start = () => raw(`UPDATE runbook_attempt SET status = 'queued' WHERE id = $1`, [attemptId]);

  it('is waited for, and shown to who may give it', async () => {
    expect(sent).toEqual([]);
    expect((await lastOf('move'))?.status).toBe('awaiting-approval');
    expect(await desk.waiting(reader('ada'))).toMatchObject(
      expect.arrayContaining([expect.objectContaining({ id: attemptId, whyNot: null })]),
    );
    const { rows } = await world.owner.query(
      `SELECT kind FROM notice WHERE subject_kind = 'runbook-run' AND subject_id = $1`,
      [runId],
    );
    expect(rows).toEqual([{ kind: 'waiting' }]);
  });

  it('is not given by who wrote the contract that the step is about', async () => {
    const [id, contract] = [randomUUID(), `written-${randomUUID().slice(0, 8)}`];
    await world.owner.query(
      `INSERT INTO contract_version (contract_id, version, digest, bundle, description, authors)
       VALUES ($1, 1, $2, '', '{}', '{ada}')`,
      [contract, sha256('')],
    );
    const plan = JSON.stringify({
      action: 'set-group-offset',
      params: { contract },
      runId,
      step: 'elsewhere',
      salt: id,
    });
    await raw(
      `INSERT INTO runbook_attempt (id, run_id, step, section, title, action, touches, status, plan, plan_hash, preview,
         approvals_needed, timeout_seconds, requested_by)
       VALUES ($1, $2, 'elsewhere', 'mitigation', 'Move', 'set-group-offset', 'outside', 'awaiting-approval', $3, $4,
         '{"sentence":"It would.","shown":[]}', 1, 60, 'omar')`,
      [id, runId, plan, sha256(plan)],
    );
    await expect(approve(id, 'ada', sha256(plan))).rejects.toThrow(/who wrote the contract/);
    const whyNot = async (who: string) =>
      (await desk.waiting(reader(who))).find((each) => each.id === id)?.whyNot;
    expect(await whyNot('ada')).toMatch(/author of this contract/);
    expect(await whyNot('bela')).toBeNull();
    const decision = {
      attemptId: id,
      planHash: sha256(plan),
      verdict: 'approved',
      reason: 'read it',
    } as const;
    await expect(desk.decide({ ...decision, personId: 'ada', sessionId: null })).rejects.toMatchObject({
      code: expect.stringMatching(/forbidden|session/),
    });
    await approve(id, 'bela', sha256(plan));
  });

  it('is told of with the step that it is about, and not to who wrote the contract', async () => {
    const [id, contract] = [randomUUID(), `written-${randomUUID().slice(0, 8)}`];
    await world.owner.query(
      `INSERT INTO contract_version (contract_id, version, digest, bundle, description, authors)
       VALUES ($1, 1, $2, '', '{}', '{ada}')`,
      [contract, sha256('')],
    );
    const plan = JSON.stringify({
      ...{ action: 'set-group-offset', params: { contract } },
      runId,
      step: 'elsewhere',
      salt: id,
    });
    await raw(
      `INSERT INTO runbook_attempt (id, run_id, step, section, title, action, touches, status, plan, plan_hash, preview,
         approvals_needed, timeout_seconds, requested_by)
       VALUES ($1, $2, 'elsewhere', 'mitigation', 'Elsewhere', 'set-group-offset', 'outside', 'awaiting-approval', $3, $4,
         '{"sentence":"It would.","shown":[]}', 1, 60, 'omar')`,
      [id, runId, plan, sha256(plan)],
    );
    await approve(id, 'bela', sha256(plan));
    await world.owner.query(`UPDATE person SET roles = '{viewer}' WHERE id = 'bela'`);
    await world.owner.query(`UPDATE person SET roles = '{approver,operator}' WHERE id = 'bela'`);
    const { rows } = await world.owner.query(
      `SELECT n.kind, d.id, d.person_id FROM notice n JOIN notice_delivery d ON d.notice_id = n.id
       WHERE n.subject_id = $1 AND d.channel = 'email' ORDER BY n.created_at, d.person_id`,
      [runId],
    );
    expect(rows.map((each) => `${each.kind} ${each.person_id}`)).toEqual(['waiting ada', 'voided omar']);
    const titles = await world.run((tx) =>
      Promise.all(
        rows.map(async (each) => {
          const taken = await noticeStore.take(tx, each.id, 1000);
          return taken === null ? null : (await noticeStore.facts(tx, taken))?.contractTitle;
        }),
      ),
    );
    expect(titles).toEqual([expect.stringMatching(/^(?!Elsewhere)/), expect.stringMatching(/^Elsewhere \(/)]);
    // Of one from before that was kept, it is the newest that waits.
    const old = { kind: 'waiting', subject: { kind: 'runbook-run', id: runId }, contractId: '' } as const;
    expect((await world.run((tx) => noticeStore.facts(tx, old)))?.contractTitle).toMatch(/^Elsewhere/);
  });

  it('is needed by the database itself, from another person, of this very plan', async () => {
    await expect(start()).rejects.toThrow(/needs 1 approvals that count, and has 0/);
    await expect(approve(attemptId, 'bela', hash)).rejects.toThrow(/who requested it does not decide/);
    await expect(approve(attemptId, 'omar', hash)).rejects.toThrow(/does not approve/);
    await expect(approve(attemptId, 'ada', 'b'.repeat(64))).rejects.toThrow(/another plan/);
    await expect(
      raw(`UPDATE runbook_attempt SET approvals_needed = 0 WHERE id = $1`, [attemptId]),
    ).rejects.toThrow(/permission denied/);
    await approve(attemptId, 'ada', hash);
    await expect(start()).resolves.toBeDefined();
  });

  it('does not count any more once who gave it loses the right, or it ran out', async () => {
    await approve(attemptId, 'ada', hash);
    await start();
    await world.owner.query(`UPDATE person SET roles = '{viewer}' WHERE id = 'ada'`);
    try {
      await work(attemptId);
      expect((await lastOf('move'))?.status).toBe('awaiting-approval');
      expect(await audited(attemptId)).toContain('runbook-step.approval-lost reprise');
    } finally {
      await world.owner.query(`UPDATE person SET roles = '{approver}' WHERE id = 'ada'`);
    }
  });

  it('is of what was shown, with what it would be done with as that was frozen', async () => {
    const frozen = [
      { name: 'group', value: 'warehouse' },
      { name: 'topic', value: 'events' },
      { name: 'partition', value: '0' },
      { name: 'to', value: '17' },
    ];
    act = async () => ({ outputs: { lagMs: 90_000, stuckOffset: '18' } });
    await work(await ask('look'));
    const waits = (await desk.waiting(reader('ada'))).find(({ id }) => id === attemptId);
    expect(waits?.params).toEqual(expect.arrayContaining(frozen));
    expect((await lastOf('move'))?.params).toEqual(expect.arrayContaining(frozen));
    const { rows } = await world.owner.query('SELECT plan, preview FROM runbook_attempt WHERE id = $1', [
      attemptId,
    ]);
    expect(sha256(rows[0].plan)).toBe(hash);
    expect(JSON.parse(rows[0].plan).preview).toEqual(rows[0].preview);
    expect(rows[0].preview).toEqual({ sentence: 'It would.', shown: [{ kind: 'text', text: 'As shown.' }] });
  });

  it('is not given to what is shown otherwise than its hash has it', async () => {
    const id = randomUUID();
    const plan = JSON.stringify({ runId, step: 'other', action: 'set-group-offset', params: {}, salt: id });
    await raw(
      `INSERT INTO runbook_attempt (id, run_id, step, section, title, action, touches, status, plan, plan_hash, preview,
         approvals_needed, timeout_seconds, requested_by)
       VALUES ($1, $2, 'other', 'mitigation', 'Move', 'set-group-offset', 'outside', 'awaiting-approval', $3, $4,
         '{"sentence":"Something harmless.","shown":[]}', 1, 60, 'omar')`,
      [id, runId, plan, sha256(plan)],
    );
    const { rows } = await world.owner.query(
      `INSERT INTO person_session (id, person_id, token, expires_at)
       VALUES (gen_random_uuid(), 'ada', gen_random_uuid(), now() + interval '1 hour') RETURNING id::text`,
    );
    const decision = {
      attemptId: id,
      planHash: sha256(plan),
      verdict: 'approved',
      reason: 'read it',
    } as const;
    await expect(desk.decide({ ...decision, personId: 'ada', sessionId: rows[0].id })).rejects.toThrow(
      /not what its hash is over/,
    );
  });

  it('lets exactly what was previewed be done', async () => {
    await approve(attemptId, 'ada', hash);
    await start();
    previewed = { from: 'something else by now' };
    act = async () => ({ outputs: { before: '10', after: '17' } });
    await work(attemptId);
    expect(performed).toEqual({ from: '10' });
    expect(await lastOf('move')).toMatchObject({
      status: 'succeeded',
      outputs: { before: '10', after: '17' },
    });
  });

  it('calls off nothing that a worker takes up meanwhile, and says so', async () => {
    await approve(attemptId, 'ada', hash);
    await start();
    const asked = { ...(await as('omar')), reason: 'another runbook' };
    const [abandoned] = await Promise.allSettled([
      world.run(async (tx) => {
        await deps.attempts.claim(tx, attemptId, 'w1', 10_000);
        const abandoning = desk.abandon(asked);
        abandoning.catch(() => undefined);
        await somebodyWaits(world.owner);
        return { abandoning };
      }),
    ]);
    if (abandoned?.status !== 'fulfilled') throw new Error('the worker did not take it up');
    await expect(abandoned.value.abandoning).rejects.toThrow(/was taken up meanwhile/);
    expect((await lastOf('move'))?.status).toBe('running');
    expect((await view()).status).toBe('running');
  });

  it('can be called off, and a run with it', async () => {
    await desk.abandon({ ...(await as('omar')), reason: 'another runbook' });
    expect((await lastOf('move'))?.status).toBe('cancelled');
    expect((await view()).status).toBe('abandoned');
    await expect(approve(attemptId, 'ada', hash)).rejects.toThrow(/does not wait/);
  });
});

describe('an attempt of what changes something outside', () => {
  let attemptId: string;
  beforeEach(async () => {
    await work(await ask('look'));
    attemptId = await ask('move');
    await approve(attemptId, 'ada', (await lastOf('move'))?.planHash ?? '');
    await raw(`UPDATE runbook_attempt SET status = 'queued' WHERE id = $1`, [attemptId]);
  });
  const declines = () => {
    throw new RepriseError('runbook-refused', 'The group has members.');
  };

  it.each<[string, (context: ActionContext) => Promise<void>, string]>([
    ['declined before it began has refused', async () => declines(), 'refused'],
    [
      'declined after it began leaves unknown what it did',
      async ({ changing }) => {
        await changing();
        declines();
      },
      'unknown',
    ],
    [
      'was declined by whoever it asked has refused',
      async ({ changing, changedNothing }) => {
        await changing();
        changedNothing();
        declines();
      },
      'refused',
    ],
    [
      'broke off before it began has failed',
      async () => {
        throw new Error('a bug');
      },
      'failed',
    ],
  ])('that %s', async (_rule, does, status) => {
    act = async (context) => {
      await does(context);
      return {};
    };
    await work(attemptId);
    expect(await lastOf('move')).toMatchObject({ status });
  });

  it('that corrects an event is found by who corrects the same one in another run, once it may have done so', async () => {
    const originalEventId = randomUUID();
    const known = () =>
      world.run((tx) => attemptStore.corrections(tx, { contract: 'orders', originalEventId }));
    const [id, frozen] = [randomUUID(), { again: false }];
    const params = { contract: 'orders', originalEventId };
    const plan = JSON.stringify({ action: 'compensate', params, frozen, runId, step: 'correct', salt: id });
    await raw(
      `INSERT INTO runbook_attempt (id, run_id, step, section, title, action, touches, status, plan, plan_hash, preview,
         approvals_needed, timeout_seconds, requested_by)
       VALUES ($1, $2, 'correct', 'mitigation', 'Correct', 'compensate', 'outside', 'awaiting-approval', $3, $4,
         '{"sentence":"It would.","shown":[]}', 1, 60, 'omar')`,
      [id, runId, plan, sha256(plan)],
    );
    await approve(id, 'ada', sha256(plan));
    await raw(`UPDATE runbook_attempt SET status = 'queued' WHERE id = $1`, [id]);
    const lease = await world.run((tx) => attemptStore.claim(tx, id, 'w1', 60_000));
    if (lease === null) throw new Error('it was not queued');
    expect(await known()).toEqual([]);
    await world.run((tx) => attemptStore.setChanging(tx, id, lease, 60_000, true));
    expect(await known()).toMatchObject([
      {
        attemptId: id,
        runId,
        runTitle: 'A group stands still',
        status: 'running',
        requestedBy: 'omar',
        frozen,
      },
    ]);
    const other = { contract: 'orders', originalEventId: randomUUID() };
    expect(await world.run((tx) => attemptStore.corrections(tx, other))).toEqual([]);
  });

  it('that ended otherwise than was wished has failed, with what it gave', async () => {
    act = async ({ changing }) => {
      await changing();
      return { failed: true, sentence: 'It was stopped.', outputs: { before: '10', after: '12' } };
    };
    await work(attemptId);
    expect(await lastOf('move')).toMatchObject({
      status: 'failed',
      code: 'ended-otherwise',
      sentence: 'It was stopped.',
      outputs: { before: '10', after: '12' },
    });
    expect((await stepOf('move'))?.state).toBe('failed');
  });
});

describe('a run', () => {
  it('has its symptoms looked at when it begins and when somebody asks, as far as Reprise can', async () => {
    const start = {
      personId: 'omar',
      runbookId: 'stuck',
      digest,
      incidentId,
      parameters: { group: 'warehouse' },
    };
    ({ runId } = await desk.start(start));
    const first = await lastOf('look');
    expect(first).toMatchObject({ status: 'queued', requestedBy: 'omar' });
    expect(sent).toEqual([{ kind: 'action', attemptId: first?.id }]);
    expect((await stepOf('move'))?.attempts).toEqual([]);
    // What is being looked at is not asked for twice.
    expect(await desk.checkSymptoms({ runId, personId: 'ada' })).toEqual({ asked: 0 });
    await work(first?.id ?? '');
    expect((await view()).steps[0]?.symptom).toEqual({ shown: true, figure: 'lagMs is 84000 (> 60000)' });
    act = async () => ({ outputs: { lagMs: 12 } });
    expect(await desk.checkSymptoms({ runId, personId: 'omar' })).toEqual({ asked: 1 });
    await work((await lastOf('look'))?.id ?? '');
    expect((await view()).steps[0]?.symptom?.shown).toBe(false);
    expect((await stepOf('look'))?.attempts).toHaveLength(2);
    // What a run has stopped stands still: looked at then, its later steps would be about other records.
    act = async () => ({ outputs: { lagMs: 84_000, stuckOffset: '10' } });
    await work(await ask('look'));
    await ask('move');
    await expect(desk.checkSymptoms({ runId, personId: 'omar' })).rejects.toThrow(/was begun/);
  });

  it('begins all the same where its symptom can’t be looked at, or not by whoever asks', async () => {
    refusal = new RepriseError('history-unavailable', 'The broker does not answer.');
    const start = {
      personId: 'omar',
      runbookId: 'stuck',
      digest,
      incidentId,
      parameters: { group: 'warehouse' },
    };
    ({ runId } = await desk.start(start));
    expect(await stepOf('look')).toMatchObject({ state: 'todo', attempts: [] });
    expect((await view()).marks).toMatchObject([{ kind: 'refused', text: 'The broker does not answer.' }]);
    refusal = null;
    expect(await desk.checkSymptoms({ runId, personId: 'vera' })).toEqual({ asked: 0 });
  });

  it('is done once every step that applies is done or skipped, and handed over with a note', async () => {
    act = async () => ({ outputs: { lagMs: 3 } });
    await work(await ask('look'));
    await expect(desk.end(await as('omar'))).rejects.toThrow(/“tell” is still to be done/);
    await desk.handOver({ ...(await as('omar')), to: 'ada', text: 'only telling is left' });
    expect((await view()).leader).toBe('ada');
    await desk.skip({ ...(await as('ada')), step: 'tell', reason: 'everybody was there' });
    await desk.end(await as('ada'));
    expect(await view()).toMatchObject({ status: 'done', current: null });
    await expect(raw(`UPDATE runbook_run SET status = 'running' WHERE id = $1`, [runId])).rejects.toThrow();
  });

  it('is proposed with why, and with values that say where they come from', async () => {
    const [proposed] = await desk.propose({ incidentId, runbookId: null });
    expect(proposed).toMatchObject({
      runbookId: 'stuck',
      why: expect.stringMatching(/of this kind/),
      parameters: [{ name: 'group', value: 'warehouse', from: 'default' }],
    });
    expect((await view()).parameters).toMatchObject([{ name: 'group', value: 'warehouse', from: 'default' }]);
  });

  it('is proposed and begun with the group that keeps the state of which the cause speaks', async () => {
    const contractId = `c-${randomUUID().slice(0, 8)}`;
    const { incidentId: id } = await world.run((tx) =>
      world.signals.raise(tx, {
        kind: 'budget',
        contractId,
        cause: `budget:${contractId}:lag:state:selling`,
        suggestedClass: 'P3',
        title: 'Selling lags.',
        since: new Date(),
        facts: {},
        href: null,
        runbook: null,
        scope: null,
      }),
    );
    const [parameter] = runbook.parameters;
    if (parameter === undefined) throw new Error('the runbook has no parameter');
    const slow = { ...runbook, parameters: [{ ...parameter, from: 'incident.cause.4' }] };
    const other = createRunDesk({
      ...deps,
      runbooks: {
        ...deps.runbooks,
        get: async (tx, asked) => {
          const found = await deps.runbooks.get(tx, asked);
          return found === null ? null : { ...found, runbook: slow };
        },
      },
      groupsOf: async (of) => new Map(of === contractId ? [['selling', 'selling-projector']] : []),
    });
    const proposed = { name: 'group', value: 'selling-projector', from: 'incident.cause.4' };
    const [offer] = await other.propose({ incidentId: id, runbookId: 'stuck' });
    expect(offer?.parameters).toMatchObject([proposed]);
    const begun = await other.start({
      ...{ personId: 'omar', runbookId: 'stuck', digest, incidentId: id },
      parameters: { group: 'selling-projector' },
    });
    expect((await other.get(begun.runId, reader('omar')))?.parameters).toMatchObject([proposed]);
  });

  it('says of an action that is not here that it can be done by hand', async () => {
    expect((await stepOf('look'))?.action?.unavailable).toBeNull();
    const without = createRunDesk({ ...deps, actions: noActions });
    await expect(without.preview({ ...(await as('omar')), step: 'look' })).rejects.toThrow(/Do it by hand/);
    await desk.tick({ ...(await as('omar')), step: 'look', note: 'looked in the console: 84 s' });
    expect((await stepOf('look'))?.state).toBe('done');
  });
});
