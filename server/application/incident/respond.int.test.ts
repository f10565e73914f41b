import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { openIncidentWorld } from '../../../demo/testing/incident-world.ts';
import { incidentReads } from '../../adapters/incidents/incident-reads.ts';
import { noticeStore } from '../../adapters/notices/notice-store.ts';
import { createPageReads } from '../../adapters/postgres/pages/index.ts';
import { mayDo, roles } from '../../domain/access/index.ts';
import { evolveIncident, incidentActs, incidentStatuses } from '../../domain/incident/index.ts';
import { createIncidentDesk, type IncidentDesk } from './desk.ts';
import { escalateMissed } from './escalate.ts';

let world: Awaited<ReturnType<typeof openIncidentWorld>>;
let desk: IncidentDesk;
let contractId: string;
let id: string;

beforeAll(async () => {
  world = await openIncidentWorld(inject('databaseUrl'));
  desk = createIncidentDesk({
    ...world.deps,
    reads: incidentReads,
    pages: { standing: async () => null },
  });
  await world.person('omar', ['operator'], 'Omar');
  await world.person('ada', ['approver'], 'Ada');
  await world.run((tx) => noticeStore.noteChannel(tx, 'email', { configured: true, target: 'mail' }));
  await world.person('vera', ['viewer', 'auditor', 'admin'], 'Vera');
});
afterAll(() => world.close());
beforeEach(async () => {
  contractId = `c-${randomUUID()}`;
  ({ incidentId: id } = await world.run((tx) =>
    world.signals.raise(tx, {
      kind: 'reconciliation',
      contractId,
      cause: `reconciliation:${contractId}`,
      suggestedClass: 'P2',
      title: 'selling differs from history on 2 keys.',
      since: new Date(Date.now() - 60_000),
      facts: { 'differing keys': '2' },
      href: null,
      runbook: null,
      scope: { partitions: [{ partition: 0, from: '10', to: '20' }] },
    }),
  ));
});

const view = async () => {
  const found = await desk.get(id);
  if (found === null) throw new Error('the incident is gone');
  return found;
};
const as = async (personId: string) => ({ incidentId: id, personId, version: (await view()).version });
const lines = async () => (await view()).timeline.map(({ kind, actor }) => `${kind} ${actor}`);
const audited = async () =>
  (
    await world.owner.query('SELECT actor, action FROM audit_entry WHERE subject = $1 ORDER BY id', [
      `incident:${id}`,
    ])
  ).rows.map(({ actor, action }) => `${action} ${actor}`);

describe('an act', () => {
  it('of each kind moves the incident on, stands in its timeline, and is audited', async () => {
    await desk.acknowledge(await as('omar'));
    expect(await view()).toMatchObject({ status: 'acknowledged', acknowledgedBy: 'omar', escalateAt: null });
    await desk.assign({ ...(await as('omar')), assignee: 'ada' });
    await desk.setClass({ ...(await as('ada')), class: 'P3', reason: 'nobody sells these' });
    await desk.mitigate(await as('ada'));
    await desk.recover({ ...(await as('ada')), evidenceId: null, reason: 'rebuilt by hand' });
    await desk.review({ ...(await as('omar')), reason: 'the projector skipped a poll' });
    await desk.close(await as('omar'));
    expect(await view()).toMatchObject({
      status: 'closed',
      class: 'P3',
      classSaidBy: 'ada',
      assignee: 'ada',
      recoveryReason: 'rebuilt by hand',
      recoveryEvidenceId: null,
    });
    expect((await lines()).filter((each) => !each.endsWith('reprise'))).toEqual([
      'acknowledged omar',
      'assigned omar',
      'class-changed ada',
      'mitigating ada',
      'recovered ada',
      'reviewed omar',
      'closed omar',
    ]);
    expect(await audited()).toEqual([
      'incident.opened reprise',
      'incident.acknowledged omar',
      'incident.assigned omar',
      'incident.class-changed ada',
      'incident.mitigating ada',
      'incident.recovered ada',
      'incident.reviewed omar',
      'incident.closed omar',
    ]);
    const closed = await view();
    await expect(desk.setClass({ ...(await as('ada')), class: 'P1', reason: 'x' })).rejects.toThrow(
      /is closed/,
    );
    expect(await view()).toEqual(closed);
    await desk.reopen({ ...(await as('ada')), reason: 'it is back' });
    expect(await view()).toMatchObject({
      status: 'detected',
      reopened: 1,
      acknowledgedAt: null,
      recoveredAt: null,
    });
  });

  it('is refused to who may not respond, and leaves nothing', async () => {
    const before = await view();
    for (const act of [
      () => desk.acknowledge({ incidentId: id, personId: 'vera', version: before.version }),
      () => desk.addNote({ incidentId: id, personId: 'vera', text: 'hello', occurredAt: null }),
      () =>
        desk.star({ incidentId: id, personId: 'vera', entryId: before.timeline[0]?.id ?? '', starred: true }),
      () => desk.open({ personId: 'vera', title: 'x', class: 'P1', contractId: null, beganAt: null }),
    ])
      await expect(act()).rejects.toMatchObject({ code: 'forbidden' });
    expect(await view()).toEqual(before);
  });

  it('on what somebody else changed meanwhile says who did what, and does nothing', async () => {
    const mine = await as('ada');
    await desk.acknowledge(await as('omar'));
    await expect(desk.mitigate(mine)).rejects.toMatchObject({
      code: 'incident-conflict',
      message: expect.stringMatching(/^Meanwhile Omar has acknowledged it/),
    });
    expect(await view()).toMatchObject({ status: 'acknowledged' });
  });

  it('by two at once is done by one of them', async () => {
    const seen = await as('omar');
    const both = await Promise.allSettled([
      desk.acknowledge(seen),
      desk.acknowledge({ ...seen, personId: 'ada' }),
    ]);
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect((await lines()).filter((each) => each.startsWith('acknowledged'))).toHaveLength(1);
  });

  it('that can not be done from where it stands says so', async () => {
    await expect(desk.close(await as('omar'))).rejects.toMatchObject({ code: 'incident-conflict' });
    await expect(desk.reopen({ ...(await as('omar')), reason: 'x' })).rejects.toMatchObject({
      code: 'incident-conflict',
    });
  });

  it('assigns to nobody who may not respond', async () => {
    await expect(desk.assign({ ...(await as('omar')), assignee: 'vera' })).rejects.toMatchObject({
      code: 'input-invalid',
    });
  });

  it('opens nothing again while its cause has another that is open', async () => {
    await desk.recover({ ...(await as('omar')), evidenceId: null, reason: 'over' });
    await world.owner.query(`UPDATE incident SET recovered_at = now() - interval '5 hours' WHERE id = $1`, [
      id,
    ]);
    const other = await world.run((tx) =>
      world.signals.raise(tx, {
        kind: 'reconciliation',
        contractId,
        cause: `reconciliation:${contractId}`,
        suggestedClass: 'P2',
        title: 'again',
        since: new Date(),
        facts: {},
        href: null,
        runbook: null,
        scope: null,
      }),
    );
    expect(other.isNew).toBe(true);
    await expect(desk.reopen({ ...(await as('omar')), reason: 'x' })).rejects.toThrow(/same cause is open/);
  });
});

describe('a recovery', () => {
  type Own = {
    confidence?: string;
    agreement?: string;
    contractId?: string;
    coverage?: 'whole' | 'part';
    replayId?: string;
  };
  const record = (own: Own = {}) =>
    world.insertEvidence({
      ...{ contractId, replayId: null, confidence: 'trusted', agreement: 'equal', coverage: 'whole' },
      ...own,
    });
  const over = () =>
    world.run((tx) =>
      world.signals.clear(tx, {
        ...{ cause: `reconciliation:${contractId}`, at: new Date(), sentence: 'It agrees.', facts: {} },
      }),
    );

  const recoverPastCode = (evidenceId: string) =>
    world.owner.query(
      `UPDATE incident SET status = 'recovered', recovered_at = now(), recovery_evidence_id = $2 WHERE id = $1`,
      [id, evidenceId],
    );

  it('by a trusted record of the contract from after it began is proven', async () => {
    await over();
    const evidenceId = await record();
    await desk.recover({ ...(await as('omar')), evidenceId, reason: '' });
    expect(await view()).toMatchObject({ status: 'recovered', recoveryEvidenceId: evidenceId });
  });

  it.each([
    ['is suspect', { confidence: 'suspect' }],
    ['found a difference', { agreement: 'different' }],
    ['is of another contract', { contractId: 'another' }],
    ['is of a part of the history', { coverage: 'part' }],
  ] as const)('by a record that %s is none', async (_name, own) => {
    await over();
    const evidenceId = await record(own);
    await expect(desk.recover({ ...(await as('omar')), evidenceId, reason: 'x' })).rejects.toMatchObject({
      code: 'input-invalid',
    });
    // Nor past all code.
    await expect(recoverPastCode(evidenceId)).rejects.toThrow(/does not prove/);
  });

  it('of states that differ again is not proven by what agreed before, by the code and by the database', async () => {
    await over();
    const before = await record();
    await world.run((tx) =>
      world.signals.raise(tx, {
        ...{
          kind: 'reconciliation',
          contractId,
          cause: `reconciliation:${contractId}`,
          suggestedClass: 'P2',
        },
        ...{
          title: 'It differs again.',
          since: new Date(),
          facts: {},
          href: null,
          runbook: null,
          scope: null,
        },
      }),
    );
    const refused = async (evidenceId: string, why: RegExp) => {
      await expect(desk.recover({ ...(await as('omar')), evidenceId, reason: 'x' })).rejects.toThrow(why);
      await expect(recoverPastCode(evidenceId)).rejects.toThrow(/does not prove/);
    };
    await refused(before, /before the incident came back/);
    const after = await record();
    await refused(after, /since a difference was found last/);
    await over();
    await refused(before, /before the incident came back/);
    await desk.recover({ ...(await as('omar')), evidenceId: after, reason: '' });
    expect(await view()).toMatchObject({ status: 'recovered', recoveryEvidenceId: after });
  });

  it('by a replay that compared before its cause came back is none, though it ended after', async () => {
    await over();
    await world.owner.query('UPDATE incident SET returned_at = now() WHERE id = $1', [id]);
    const replayId = await world.insertReplay(contractId);
    const client = await world.owner.connect();
    const compared = (sql: string) =>
      client.query(
        `INSERT INTO replay_comparison (replay_id, derived_state, outcome, result, compared_at)
         VALUES ($1, $2, 'equal', '{}', now() + $3::interval)`,
        [replayId, sql, sql],
      );
    try {
      // As it would be had they been written before it ended.
      await client.query(`SET session_replication_role = 'replica'`);
      await compared('-4 minutes');
      await compared('1 second');
    } finally {
      client.release(true);
    }
    const evidenceId = await record({ replayId });
    await expect(desk.recover({ ...(await as('omar')), evidenceId, reason: 'x' })).rejects.toThrow(
      /measured before the incident came back/,
    );
    await expect(recoverPastCode(evidenceId)).rejects.toThrow(/does not prove/);
  });

  it('by a record whose writer’s clock goes ahead is none where the log has had it since before', async () => {
    await over();
    const evidenceId = await record();
    // As a worker would write it whose clock is an hour ahead.
    const client = await world.owner.connect();
    try {
      await client.query(`SET session_replication_role = 'replica'`);
      await client.query(`UPDATE evidence_record SET recorded_at = now() + interval '1 hour' WHERE id = $1`, [
        evidenceId,
      ]);
      await client.query(
        `INSERT INTO log_entry (index, evidence_id, envelope, leaf_hash, appended_at)
         VALUES (0, $1, '', sha256('\\x00'), now() - interval '2 minutes')`,
        [evidenceId],
      );
    } finally {
      client.release(true);
    }
    await expect(desk.recover({ ...(await as('omar')), evidenceId, reason: 'x' })).rejects.toThrow(
      /measured before the incident began/,
    );
    await expect(recoverPastCode(evidenceId)).rejects.toThrow(/does not prove/);
  });

  it('by a record from before it began is none', async () => {
    const evidenceId = await record();
    await world.owner.query(`UPDATE incident SET began_at = now() + interval '1 second' WHERE id = $1`, [id]);
    await expect(desk.recover({ ...(await as('omar')), evidenceId, reason: 'x' })).rejects.toThrow(
      /before the incident began/,
    );
  });

  it.each(['saga', 'budget', 'stuck-offset', 'lost-event'] as const)(
    'of a %s by a record is none while its cause goes on, by the code and by the database',
    async (kind) => {
      const cause = `${kind}:${contractId}`;
      ({ incidentId: id } = await world.run((tx) =>
        world.signals.raise(tx, {
          kind,
          contractId,
          cause,
          suggestedClass: 'P2',
          title: 'It is stuck.',
          since: new Date(Date.now() - 60_000),
          facts: {},
          href: null,
          runbook: null,
          scope: null,
        }),
      ));
      const evidenceId = await record();
      await expect(desk.recover({ ...(await as('omar')), evidenceId, reason: 'x' })).rejects.toThrow(
        /does not measure what is wrong here/,
      );
      expect((await view()).records).toMatchObject([
        { evidenceId, whyNoProof: expect.stringMatching(/its cause goes on/) },
      ]);
      await expect(recoverPastCode(evidenceId)).rejects.toThrow(/does not prove/);
      await world.run((tx) =>
        world.signals.clear(tx, { cause, at: new Date(), sentence: 'It goes on.', facts: {} }),
      );
      await desk.recover({ ...(await as('omar')), evidenceId, reason: '' });
      expect(await view()).toMatchObject({ status: 'recovered', recoveryEvidenceId: evidenceId });
    },
  );

  it('without a record has a reason, by the code and by the database', async () => {
    await expect(
      desk.recover({ ...(await as('omar')), evidenceId: null, reason: '  ' }),
    ).rejects.toMatchObject({
      code: 'input-invalid',
    });
    await expect(
      world.owner.query(`UPDATE incident SET status = 'recovered', recovered_at = now() WHERE id = $1`, [id]),
    ).rejects.toThrow(/incident_recovery/);
  });
});

describe('the database', () => {
  const inserted = (status: string, more: Readonly<Record<string, unknown>> = {}) => {
    const over = status === 'recovered' || status === 'reviewed' || status === 'closed';
    const row = {
      id: randomUUID(),
      cause: randomUUID(),
      kind: 'by-hand',
      contract_id: contractId,
      class: 'P2',
      status,
      title: 'x',
      facts: '{}',
      began_at: new Date(),
      opened_by: 'x',
      clock_from: new Date(),
      respond_by: new Date(),
      last_told_at: new Date(),
      ...(over ? { recovered_at: new Date(), recovery_reason: 'x' } : {}),
      ...more,
    };
    const names = Object.keys(row);
    return {
      id: row.id,
      done: world.owner.query(
        `INSERT INTO incident (${names.join(', ')}) VALUES (${names.map((_, at) => `$${at + 1}`).join(', ')})`,
        Object.values(row),
      ),
    };
  };

  it('lets an incident begin by being detected alone, and by no record', async () => {
    for (const status of incidentStatuses.filter((each) => each !== 'detected'))
      await expect(inserted(status).done).rejects.toThrow(/begins by being detected/);
    const evidenceId = await world.insertEvidence({ contractId, replayId: null, confidence: 'trusted' });
    await expect(inserted('detected', { recovery_evidence_id: evidenceId }).done).rejects.toThrow(
      /begins by/,
    );
  });

  it('lets it move as its life goes, and no other way', async () => {
    const open = (status: string) => ['detected', 'acknowledged', 'mitigating'].includes(status);
    const to = (status: string) =>
      `UPDATE incident SET status = '${status}', recovered_at = ${open(status) ? 'NULL' : 'now()'}, recovery_reason = 'x',
       acknowledged_at = ${status === 'detected' ? 'NULL' : 'now()'},
       acknowledged_by = ${status === 'detected' ? 'NULL' : "'x'"} WHERE id = $1`;
    const ways: Readonly<Record<string, readonly string[]>> = {
      detected: [],
      acknowledged: ['acknowledged'],
      mitigating: ['mitigating'],
      recovered: ['recovered'],
      reviewed: ['recovered', 'reviewed'],
      closed: ['recovered', 'reviewed', 'closed'],
    };
    for (const from of incidentStatuses)
      for (const next of incidentStatuses.filter((each) => each !== from)) {
        const { id: one, done } = inserted('detected');
        await done;
        for (const step of ways[from] ?? []) await world.owner.query(to(step), [one]);
        const moved = await world.owner.query(to(next), [one]).then(
          () => true,
          () => false,
        );
        const allowed = incidentActs.some((each) => evolveIncident(from, each) === next);
        expect([from, next, moved]).toEqual([from, next, allowed]);
      }
  });

  it('takes no record from before it began, whenever it is said to have begun', async () => {
    const evidenceId = await world.insertEvidence({
      contractId,
      replayId: null,
      confidence: 'trusted',
      agreement: 'equal',
    });
    await world.owner.query(`UPDATE incident SET began_at = now() + interval '1 second' WHERE id = $1`, [id]);
    await expect(
      world.owner.query(
        `UPDATE incident SET status = 'recovered', recovered_at = now(), began_at = '1970-01-01', recovery_evidence_id = $2
         WHERE id = $1`,
        [id, evidenceId],
      ),
    ).rejects.toThrow(/never changed/);
    await expect(
      world.runner.query(`UPDATE incident SET began_at = now() WHERE id = $1`, [id]),
    ).rejects.toThrow(/permission denied/);
  });
});

describe('what people add', () => {
  it('stands beside what Reprise recorded, with when it happened and when it was recorded', async () => {
    const occurredAt = new Date(Date.now() - 30_000);
    const { entryId } = await desk.addNote({
      incidentId: id,
      personId: 'omar',
      text: 'it began here',
      occurredAt,
    });
    const { timeline } = await view();
    const line = timeline.find((each) => each.id === entryId);
    expect(line).toMatchObject({ kind: 'note', text: 'it began here', occurredAt: occurredAt.toISOString() });
    expect(Date.parse(line?.recordedAt ?? '')).toBeGreaterThan(occurredAt.getTime());
    expect(timeline.map((each) => each.occurredAt)).toEqual(
      timeline.map((each) => each.occurredAt).toSorted(),
    );
    await expect(
      desk.addNote({
        incidentId: id,
        personId: 'omar',
        text: 'x',
        occurredAt: new Date(Date.now() + 60_000),
      }),
    ).rejects.toMatchObject({ code: 'input-invalid' });
  });

  it('is corrected by another line that names it, and what Reprise recorded is not', async () => {
    const { entryId } = await desk.addNote({
      incidentId: id,
      personId: 'omar',
      text: '3 keys',
      occurredAt: null,
    });
    await desk.correct({ incidentId: id, personId: 'ada', entryId, text: '2 keys' });
    const { timeline } = await view();
    expect(timeline.filter((each) => each.text.endsWith('keys')).map(({ text }) => text)).toEqual([
      '3 keys',
      '2 keys',
    ]);
    expect(timeline.at(-1)).toMatchObject({ kind: 'correction', corrects: entryId, actor: 'ada' });
    const raised = timeline.find((each) => each.kind === 'raised')?.id ?? '';
    await expect(
      desk.correct({ incidentId: id, personId: 'ada', entryId: raised, text: 'no' }),
    ).rejects.toMatchObject({ code: 'incident-conflict' });
  });

  it('is starred and starred no more, without a line being changed', async () => {
    const [line] = (await view()).timeline;
    const star = (starred: boolean) =>
      desk.star({ incidentId: id, personId: 'omar', entryId: line?.id ?? '', starred });
    // What raised it matters by itself.
    expect([line?.kind, line?.starred]).toEqual(['raised', true]);
    await star(false);
    expect((await view()).timeline[0]?.starred).toBe(false);
    await star(true);
    expect((await view()).timeline[0]?.starred).toBe(true);
    const { rowCount } = await world.owner.query('SELECT FROM incident_star WHERE entry_id = $1', [line?.id]);
    expect(rowCount).toBe(2);
  });

  it('may be a file of a bounded size, kept byte by byte and called what its bytes are', async () => {
    const content = new TextEncoder().encode('<html><script>alert(1)</script></html>');
    const about = { incidentId: id, personId: 'omar', text: '' };
    await desk.attachFile({ ...about, name: '../../etc/lag"\r\n.png', content });
    const line = (await view()).timeline.find((each) => each.kind === 'file');
    expect(line?.detail).toMatchObject({ name: 'lag.png', mediaType: 'application/octet-stream', bytes: 38 });
    const file = await desk.file(id, line?.fileId ?? '');
    expect(Buffer.from(file?.content ?? []).equals(Buffer.from(content))).toBe(true);
    expect(await desk.file(randomUUID(), line?.fileId ?? '')).toBeNull();
    const big = new Uint8Array(2 * 1024 * 1024 + 1);
    await expect(desk.attachFile({ ...about, name: 'big', content: big })).rejects.toMatchObject({
      code: 'input-invalid',
    });
    await expect(
      desk.attachFile({ ...about, name: 'none', content: new Uint8Array() }),
    ).rejects.toMatchObject({
      code: 'input-invalid',
    });
  });

  it('may be a record, once', async () => {
    const evidenceId = await world.insertEvidence({
      contractId: 'other',
      replayId: null,
      confidence: 'trusted',
    });
    const attach = () => desk.attachEvidence({ incidentId: id, personId: 'omar', evidenceId, text: '' });
    await attach();
    await expect(attach()).rejects.toMatchObject({ code: 'incident-conflict' });
    expect(await desk.ofRecord(evidenceId)).toMatchObject([{ id }]);
    expect((await view()).records).toMatchObject([{ evidenceId, linkedBy: 'omar' }]);
    const listed = await createPageReads(world.runner).evidence({ incidentId: id }, { limit: 10 });
    expect(listed.rows.map((each) => each.id)).toEqual([evidenceId]);
  });
});

describe('a long timeline', () => {
  it('is read to its first line, page by page', async () => {
    await world.owner.query(
      `INSERT INTO incident_entry (incident_id, kind, occurred_at, actor, text)
       SELECT $1, 'note', now() + n / 3 * interval '1 ms', 'omar', 'note ' || n FROM generate_series(1, 1100) AS n`,
      [id],
    );
    const { timeline, earlier } = await view();
    expect(timeline.at(-1)?.text).toBe('note 1100');
    let before = earlier;
    let all = [...timeline];
    while (before !== null) {
      const page = await desk.timeline(id, { cursor: before, limit: 200 });
      all = [...page.lines, ...all];
      before = page.earlier;
    }
    expect(all.filter(({ kind }) => kind === 'note').map(({ text }) => text)).toEqual(
      Array.from({ length: 1100 }, (_, at) => `note ${at + 1}`),
    );
    expect(all[0]?.kind).toBe('raised');
    expect(new Set(all.map((line) => line.id)).size).toBe(all.length);
  });
});

describe('what an audit of the evidence log finds', () => {
  const cause = 'evidence-log';
  const clear = () =>
    world.run((tx) =>
      world.signals.clear(tx, { cause, at: new Date(), sentence: 'Nothing more.', facts: {} }),
    );

  it('is neither made small nor said to be over by anybody, until an audit finds nothing', async () => {
    ({ incidentId: id } = await world.run((tx) =>
      world.signals.raise(tx, {
        kind: 'evidence-log',
        contractId: null,
        cause,
        suggestedClass: 'P1',
        title: 'The evidence log does not say what was recorded.',
        since: new Date(),
        facts: {},
        href: null,
        runbook: null,
        scope: null,
      }),
    ));
    await expect(desk.setClass({ ...(await as('omar')), class: 'P4', reason: 'no' })).rejects.toThrow(
      /is a P1, whoever looks at it/,
    );
    await expect(
      desk.recover({ ...(await as('omar')), evidenceId: null, reason: 'all fine' }),
    ).rejects.toThrow(/has found the evidence log clean/);
    expect(await view()).toMatchObject({ status: 'detected', class: 'P1', classSaidBy: null });
    await clear();
    if ((await view()).status !== 'recovered')
      await desk.recover({ ...(await as('omar')), evidenceId: null, reason: 'restored from the backup' });
    expect(await view()).toMatchObject({ status: 'recovered' });
  });
});

describe('opening again by hand while a signal tells of the same cause', () => {
  const signal = () => ({
    kind: 'reconciliation' as const,
    contractId,
    cause: `reconciliation:${contractId}`,
    suggestedClass: 'P2' as const,
    title: 'selling differs from history on 3 keys.',
    since: new Date(),
    facts: {},
    href: null,
    runbook: null,
    scope: null,
  });
  /** So long ago that a signal opens another. */
  const recoveredLongAgo = async () => {
    await desk.recover({ ...(await as('omar')), evidenceId: null, reason: 'mended' });
    await world.owner.query(`UPDATE incident SET recovered_at = now() - interval '5 hours' WHERE id = $1`, [
      id,
    ]);
  };

  it('waits for the signal, and says that another incident is open', async () => {
    await recoveredLongAgo();
    const request = { ...(await as('ada')), reason: 'it is back' };
    let reopened: Promise<unknown> = Promise.resolve();
    await world.run(async (tx) => {
      await world.signals.raise(tx, signal());
      reopened = desk.reopen(request).catch((error: unknown) => error);
      // As long as it takes to reach the lock, or to pass it by.
      await tx.query('SELECT pg_sleep(0.5)', []);
    });
    expect(await reopened).toMatchObject({
      code: 'incident-conflict',
      message: expect.stringMatching(/same cause is open/),
    });
  });

  it('leaves one open incident and no raw error, whichever comes first', async () => {
    for (let round = 0; round < 8; round += 1) {
      await recoveredLongAgo();
      const request = { ...(await as('ada')), reason: 'it is back' };
      const [byHand, bySignal] = await Promise.allSettled([
        desk.reopen(request),
        world.run((tx) => world.signals.raise(tx, signal())),
      ]);
      expect(bySignal.status).toBe('fulfilled');
      if (byHand.status === 'rejected') expect(byHand.reason).toMatchObject({ code: 'incident-conflict' });
      const { rows } = await world.owner.query(
        `SELECT id FROM incident WHERE cause = $1 AND status IN ('detected', 'acknowledged', 'mitigating')`,
        [`reconciliation:${contractId}`],
      );
      expect(rows).toHaveLength(1);
      id = rows[0]?.id;
    }
  });
});

describe('an incident that nobody acknowledges in time', () => {
  const miss = () =>
    world.owner.query(`UPDATE incident SET escalate_at = now() - interval '1 second' WHERE id = $1`, [id]);
  const escalate = () => escalateMissed(world.deps);
  const told = async () =>
    (
      await world.owner.query(
        `SELECT d.person_id FROM notice n JOIN notice_delivery d ON d.notice_id = n.id
         WHERE n.subject_id = $1 AND n.kind = 'incident-escalated' AND d.channel = 'email' ORDER BY n.created_at`,
        [id],
      )
    ).rows.map((each) => each.person_id);

  it('is asked of the next person exactly once, however many workers look', async () => {
    await miss();
    await Promise.all(Array.from({ length: 6 }, escalate));
    expect((await view()).asked).toEqual(['omar']);
    expect(await told()).toEqual(['omar']);
    expect((await lines()).filter((each) => each.startsWith('escalated'))).toHaveLength(1);
    expect((await audited()).filter((each) => each.startsWith('incident.escalated'))).toHaveLength(1);
    // Not again before the next has had their time.
    await escalate();
    expect((await view()).asked).toEqual(['omar']);
  });

  it('says in the notice, on every channel, who is asked', async () => {
    await miss();
    await escalate();
    const { rows } = await world.owner.query(
      `SELECT d.id FROM notice n JOIN notice_delivery d ON d.notice_id = n.id
       WHERE n.subject_id = $1 AND n.kind = 'incident-escalated'`,
      [id],
    );
    expect(rows).toHaveLength(2);
    for (const each of rows) {
      const facts = await world.run(async (tx) => {
        const taken = await noticeStore.take(tx, each.id, 1000);
        return taken === null ? null : noticeStore.facts(tx, taken);
      });
      expect(facts?.incident?.asked).toBe('Omar');
    }
  });

  it('is asked of each twice in the stated order, and then says that nobody is left', async () => {
    for (let at = 0; at < 6; at += 1) {
      await miss();
      await escalate();
    }
    expect((await view()).asked).toEqual(['omar', 'ada', 'omar', 'ada']);
    expect((await lines()).filter((each) => each.startsWith('not-escalated'))).not.toHaveLength(0);
  });

  it('is asked first of whom it is assigned to', async () => {
    await desk.assign({ ...(await as('omar')), assignee: 'ada' });
    await miss();
    await escalate();
    expect((await view()).asked).toEqual(['ada']);
  });

  describe('of people whom no notice reaches', () => {
    const email = (on: boolean, ...people: readonly string[]) =>
      world.owner.query('UPDATE person SET notices_by_email = $1 WHERE id = ANY($2)', [on, people]);
    const last = async () => (await view()).timeline.findLast(({ kind }) => kind !== 'notice');
    afterEach(async () => {
      await email(true, 'omar', 'ada');
      await world.owner.query(`DELETE FROM notice_channel WHERE channel = 'webhook'`);
    });

    it('asks the next one at once, and says who was asked by which way and who was not', async () => {
      await email(false, 'omar');
      await miss();
      await escalate();
      expect((await view()).asked).toEqual(['ada']);
      expect(await told()).toEqual(['ada']);
      expect(await last()).toMatchObject({
        kind: 'escalated',
        detail: { to: 'ada', by: ['e-mail'], passedOver: ['omar'] },
      });
    });

    it('says that nobody can be reached where no way is left, and tries again later', async () => {
      await email(false, 'omar', 'ada');
      await miss();
      await escalate();
      expect((await view()).asked).toEqual([]);
      expect(await last()).toMatchObject({
        kind: 'not-escalated',
        detail: {
          why: 'nobody who may respond can be reached by e-mail or webhook',
          passedOver: ['omar', 'ada'],
        },
      });
      expect(Date.parse((await view()).escalateAt ?? '')).toBeGreaterThan(Date.now());
    });

    it('asks by the webhook where that is set up', async () => {
      await email(false, 'omar', 'ada');
      await world.run((tx) => noticeStore.noteChannel(tx, 'webhook', { configured: true, target: 'hook' }));
      await miss();
      await escalate();
      expect(await last()).toMatchObject({ detail: { to: 'omar', by: ['webhook'], passedOver: [] } });
    });
  });

  it('is not asked of an account that only tokens act for', async () => {
    await world.person('machine', ['operator'], 'A command line', false);
    expect((await desk.responders()).map((each) => each.id)).toEqual(['omar', 'ada']);
    await miss();
    await escalate();
    expect((await view()).asked).toEqual(['omar']);
    await world.owner.query(`UPDATE person SET disabled_at = now() WHERE id = 'machine'`);
  });

  it('is asked of nobody once it is acknowledged', async () => {
    await desk.acknowledge(await as('omar'));
    await escalate();
    expect((await view()).asked).toEqual([]);
  });
});

describe('people', () => {
  const told = async (kind: string) =>
    (
      await world.owner.query(
        `SELECT d.person_id FROM notice n JOIN notice_delivery d ON d.notice_id = n.id
         WHERE n.subject_id = $1 AND n.kind = $2 AND d.channel = 'email' ORDER BY d.person_id`,
        [id, kind],
      )
    ).rows.map((each) => each.person_id);

  it('hear that it was opened and is over where they may respond, and not of their own act', async () => {
    expect(await told('incident-opened')).toEqual(['ada', 'omar']);
    await desk.recover({ ...(await as('omar')), evidenceId: null, reason: 'over' });
    expect(await told('incident-recovered')).toEqual(['ada']);
    expect((await lines()).filter((each) => each.startsWith('notice'))).toHaveLength(2);
    const taken = { subject: { kind: 'incident', id }, kind: 'incident-recovered' } as const;
    const facts = await world.run((tx) => noticeStore.facts(tx, { ...taken, contractId }));
    expect(facts?.incident).toMatchObject({ class: 'P2', isAcknowledged: true, isProven: false });
  });

  it('may respond by the database as by the matrix', async () => {
    for (const role of roles) {
      const personId = randomUUID();
      await world.person(personId, [role]);
      const { rows } = await world.owner.query('SELECT reprise_may_respond($1) AS may', [personId]);
      expect([role, rows[0]?.may]).toEqual([role, mayDo([role], 'respond')]);
      await world.owner.query(`UPDATE person SET disabled_at = now() WHERE id = $1`, [personId]);
    }
  });
});

describe('the list', () => {
  it('shows what is open first, the most urgent before the others, page by page without a gap', async () => {
    const closed = id;
    await desk.recover({ ...(await as('omar')), evidenceId: null, reason: 'over' });
    for (const incidentClass of ['P3', 'P1', 'P4'] as const)
      await desk.open({
        personId: 'omar',
        title: 'by hand',
        class: incidentClass,
        contractId: null,
        beganAt: null,
      });
    const all: string[] = [];
    const classes: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await desk.list({}, { limit: 2, cursor });
      all.push(...page.rows.map((each) => each.id));
      classes.push(...page.rows.map((each) => (each.isOpen ? each.class : 'ended')));
      cursor = page.next ?? undefined;
    } while (cursor !== undefined);
    expect(new Set(all).size).toBe(all.length);
    expect(classes).toEqual(classes.toSorted((a, b) => (a < b ? -1 : Number(a > b))));
    expect(all).toContain(closed);
    const { count } = await desk.openNow();
    expect(classes.filter((each) => each !== 'ended')).toHaveLength(count);
    expect(await desk.countOpen()).toBe(count);
    expect((await desk.list({ contractId }, { limit: 10 })).rows).toMatchObject([{ id: closed }]);
    const urgent = await desk.list({ status: 'open', class: 'P1' }, { limit: 10 });
    expect(urgent.rows.every((each) => each.isOpen && each.class === 'P1')).toBe(true);
  });

  it('opens nothing by hand for a contract that there is not, and nothing that is still to come', async () => {
    await expect(
      desk.open({
        personId: 'omar',
        title: 'x',
        class: 'P1',
        contractId: null,
        beganAt: new Date(Date.now() + 60_000),
      }),
    ).rejects.toThrow(/give a time that is past/);
    await expect(
      desk.open({ personId: 'omar', title: 'x', class: 'P1', contractId: 'nowhere', beganAt: null }),
    ).rejects.toMatchObject({ code: 'contract-not-found' });
  });
});
