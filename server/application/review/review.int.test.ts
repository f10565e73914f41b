import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { openIncidentWorld } from '../../../demo/testing/incident-world.ts';
import { evidenceLogStore } from '../../adapters/evidence-log/log-store.ts';
import { asyncSha256, signerOf, verifyEd25519 } from '../../adapters/evidence-log/node-keys.ts';
import { incidentReads } from '../../adapters/incidents/incident-reads.ts';
import { resultStore } from '../../adapters/replay-store/index.ts';
import { reviewFiles } from '../../composition/review-files.ts';
import { reviewDesk, reviewReminders } from '../../composition/reviews.ts';
import { parseStatement, reviewPredicateType } from '../../domain/evidence/index.ts';
import { opinionSections } from '../../domain/review/index.ts';
import { createIncidentDesk, type IncidentDesk } from '../incident/desk.ts';
import type { ReviewDesk } from './desk.ts';

let world: Awaited<ReturnType<typeof openIncidentWorld>>;
let incidents: IncidentDesk;
let desk: ReviewDesk;
let composed: Parameters<typeof reviewReminders>[0];
let incidentId: string;
let contractId: string;
let reviewId: string;

beforeAll(async () => {
  world = await openIncidentWorld(inject('databaseUrl'));
  incidents = createIncidentDesk({
    ...world.deps,
    reads: incidentReads,
    pages: { standing: async () => null },
  });
  composed = {
    replayDeps: {
      unitOfWork: world.deps.unitOfWork,
      audit: world.deps.audit,
      results: resultStore,
      sealing: {
        log: evidenceLogStore,
        signer: signerOf(generateKeyPairSync('ed25519').privateKey),
        sha256: asyncSha256,
        verifyEd25519,
        originOfNew: 'log.example.test',
      },
    },
  };
  desk = reviewDesk(composed, world.deps.audit, {
    files: reviewFiles,
    bundle: async () => {
      throw new Error('no record is asked for');
    },
  });
  await world.person('omar', ['operator'], 'Omar');
  await world.person('ada', ['approver'], 'Ada');
  await world.person('grace', ['auditor'], 'Grace');
  await world.person('vera', ['viewer', 'admin'], 'Vera');
});
afterAll(() => world.close());

beforeEach(async () => {
  contractId = `c-${randomUUID()}`;
  ({ incidentId } = await world.run((tx) =>
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
      scope: null,
    }),
  ));
  await recover();
  const id = await desk.ofIncident(incidentId);
  if (id === null) throw new Error('no draft was begun');
  reviewId = id;
});

async function incident() {
  const found = await incidents.get(incidentId);
  if (found === null) throw new Error('the incident is gone');
  return found;
}
async function recover(reason = 'rebuilt by hand') {
  const { version } = await incident();
  await incidents.recover({ incidentId, personId: 'omar', version, evidenceId: null, reason });
}
async function view(id = 'vera', roles: Parameters<ReviewDesk['get']>[1]['roles'] = ['viewer']) {
  const found = await desk.get(reviewId, { id, roles });
  if (found === null) throw new Error('the review is gone');
  return found;
}
const save = (personId: string, section: (typeof opinionSections)[number], text: string, baseVersion = 0) =>
  desk.save({ reviewId, personId, section, text, baseVersion });
async function writeAll() {
  for (const section of opinionSections) await save('omar', section, `about ${section}`);
}
const newAction = {
  actionId: null,
  version: 0,
  title: 'alert on it',
  owner: 'omar' as string | null,
  dueOn: '2026-12-24' as string | null,
  link: null,
  doneWhen: 'it fires',
  dropped: false,
};
const act = (over: Partial<Parameters<ReviewDesk['saveAction']>[0]> = {}) =>
  desk.saveAction({ ...newAction, reviewId, personId: 'omar', ...over });
async function signed() {
  await writeAll();
  await act();
  const { digest } = await desk.complete({ reviewId, personId: 'ada' });
  return { digest, ...(await desk.sign({ reviewId, personId: 'grace', digest })) };
}
const exported = (revision: number | null) =>
  desk.export({ reviewId, revision, as: 'json' }, { id: 'grace', rights: ['sign-review'] });
const audited = async () =>
  (
    await world.owner.query('SELECT actor, action FROM audit_entry WHERE subject = $1 ORDER BY id', [
      `review:${reviewId}`,
    ])
  ).rows.map(({ actor, action }) => `${action} ${actor}`);

describe('a draft', () => {
  it('is begun in the transaction of the recovery, with its facts', async () => {
    const { status, revision, facts, texts, createdBy } = await view();
    expect({ status, revision, texts, createdBy }).toEqual({
      status: 'draft',
      revision: 1,
      texts: [],
      createdBy: 'omar',
    });
    expect(facts.incident).toMatchObject({ id: incidentId, class: 'P2', contractId });
    expect(facts.figures.recoverMs).toBeGreaterThanOrEqual(60_000);
    expect(facts.history).toContainEqual(
      expect.objectContaining({ label: 'Replayed', value: null, absent: 'nothing-on-record' }),
    );
  });

  it('of an incident that comes back stays, and gets a new set of facts', async () => {
    await save('omar', 'summary', 'two keys');
    const before = (await view()).facts;
    const { version } = await incident();
    await incidents.reopen({ incidentId, personId: 'ada', version, reason: 'it is back' });
    await recover('again');
    const after = await view();
    expect(await desk.ofIncident(incidentId)).toBe(reviewId);
    expect(after.facts.incident.reopened).toBe(1);
    expect(after.changed).toContainEqual({ what: 'Opened again', before: 'never', after: '1 time' });
    expect(after.texts).toMatchObject([{ section: 'summary', text: 'two keys' }]);
    expect(before.incident.reopened).toBe(0);
  });

  it('gets what was said to matter, and recorded, since when its facts are computed anew', async () => {
    const { timeline } = await incident();
    const entryId = timeline[0]?.id ?? '';
    await incidents.star({ incidentId, personId: 'omar', entryId, starred: false });
    const { changed } = await desk.refresh({ reviewId, personId: 'omar' });
    expect(changed).toEqual([{ what: 'Timeline', before: null, after: null, says: '1 line fewer (raised)' }]);
    expect((await view()).facts.timeline.map((each) => each.entryId)).not.toContain(entryId);
    expect(await desk.refresh({ reviewId, personId: 'omar' })).toEqual({ changed: [] });
  });

  it('is begun by hand once, and of no incident that is open', async () => {
    expect(await desk.begin({ incidentId, personId: 'ada' })).toEqual({ reviewId });
    const { incidentId: open } = await incidents.open({
      personId: 'omar',
      title: 'x',
      class: 'P4',
      contractId: null,
      beganAt: null,
    });
    await expect(desk.begin({ incidentId: open, personId: 'ada' })).rejects.toMatchObject({
      code: 'review-conflict',
    });
  });
});

describe('what people write', () => {
  it('is versioned, with who wrote each', async () => {
    await save('omar', 'summary', 'one');
    await save('ada', 'summary', 'one\ntwo', 1);
    const newest = await desk.versions(reviewId, 'summary', { limit: 1 });
    expect(newest.rows).toMatchObject([
      { version: 2, letters: 7, writtenBy: 'ada', baseVersion: 1, merge: 'none' },
    ]);
    expect(await desk.versions(reviewId, 'summary', { limit: 1, cursor: newest.next ?? '' })).toMatchObject({
      rows: [{ version: 1, letters: 3, writtenBy: 'omar', baseVersion: 0 }],
      next: null,
    });
    expect(await desk.version(reviewId, 'summary', 1)).toMatchObject({ version: 1, text: 'one' });
    expect(await desk.version(reviewId, 'summary', 3)).toBeNull();
    expect((await view()).authors).toEqual(['ada', 'omar']);
  });

  it('by two at once in different places is merged', async () => {
    await save('omar', 'summary', 'a\nb\nc');
    const [one, other] = await Promise.all([
      save('omar', 'summary', 'A\nb\nc', 1),
      save('ada', 'summary', 'a\nb\nC', 1),
    ]);
    expect([one.version, other.version].toSorted()).toEqual([2, 3]);
    expect((await view()).texts[0]).toMatchObject({ text: 'A\nb\nC', version: 3, merge: 'merged' });
  });

  it('by two on the same lines keeps both, says so, and can’t be completed before somebody chooses', async () => {
    await writeAll();
    await save('omar', 'summary', 'mine', 1);
    const saved = await save('ada', 'summary', 'theirs', 1);
    expect(saved).toMatchObject({ version: 3, merge: 'conflict' });
    expect(saved.text.split('\n')).toEqual(expect.arrayContaining(['mine', 'theirs']));
    await expect(desk.complete({ reviewId, personId: 'ada' })).rejects.toMatchObject({
      code: 'input-invalid',
      message: expect.stringMatching(/two versions/),
    });
  });

  it('is refused to who may not respond, and from a version that is none', async () => {
    await expect(save('vera', 'summary', 'x')).rejects.toMatchObject({ code: 'forbidden' });
    await expect(save('omar', 'summary', 'x', 7)).rejects.toMatchObject({ code: 'input-invalid' });
    expect((await view()).texts).toEqual([]);
  });

  it('of an action that somebody changed meanwhile is refused with who did', async () => {
    const { actionId } = await act();
    await act({ actionId, version: 1, personId: 'ada', title: 'alert sooner' });
    await expect(act({ actionId, version: 1, title: 'mine' })).rejects.toMatchObject({
      code: 'review-conflict',
      message: expect.stringMatching(/^Meanwhile Ada /),
    });
    expect((await view()).actions).toMatchObject([{ title: 'alert sooner', version: 2 }]);
  });
});

describe('a signature', () => {
  it('fixes the bytes, reviews the incident, and leaves a record that verifies', async () => {
    const { digest, evidenceId, revision } = await signed();
    expect(revision).toBe(1);
    expect((await incident()).status).toBe('reviewed');
    const { made } = await exported(null);
    expect(made.jsonDigest).toBe(digest);
    expect(world.deps.sha256(made.json)).toBe(digest);
    const { rows } = await world.owner.query(
      `SELECT convert_from(statement, 'UTF8') AS text, kind, status FROM evidence_record WHERE id = $1`,
      [evidenceId],
    );
    expect(rows[0]).toMatchObject({ kind: 'review', status: 'signed' });
    const statement = parseStatement(JSON.parse(rows[0].text));
    if (!statement.ok || statement.value.predicateType !== reviewPredicateType) throw new Error('no review');
    expect(statement.value.predicate).toMatchObject({
      document: digest,
      signers: ['grace'],
      authors: ['omar'],
      completed_by: 'ada',
      counts: { sections_written: 5, actions: 1 },
    });
    // No word of it is in the leaf.
    expect(rows[0].text).not.toContain('about summary');
    expect(await audited()).toEqual(
      expect.arrayContaining(['review.drafted omar', 'review.completed ada', 'review.signed grace']),
    );
  });

  it.each([
    ['an author', 'omar', /You wrote/],
    ['whoever completed it', 'ada', /You completed/],
    ['who only looks', 'vera', /right/],
  ])('is refused to %s', async (_name, personId, why) => {
    await writeAll();
    const { digest } = await desk.complete({ reviewId, personId: 'ada' });
    await expect(desk.sign({ reviewId, personId, digest })).rejects.toMatchObject({
      code: 'forbidden',
      message: expect.stringMatching(why),
    });
  });

  it('is of what was read: what is changed afterwards is a draft again', async () => {
    await writeAll();
    const { digest } = await desk.complete({ reviewId, personId: 'ada' });
    await save('omar', 'summary', 'otherwise', 1);
    expect((await view()).status).toBe('draft');
    await expect(desk.sign({ reviewId, personId: 'grace', digest })).rejects.toMatchObject({
      code: 'review-conflict',
    });
    await desk.complete({ reviewId, personId: 'ada' });
    await expect(desk.sign({ reviewId, personId: 'grace', digest })).rejects.toMatchObject({
      message: expect.stringMatching(/not what you read/),
    });
  });

  it('is of what is on record by then: facts that are older are computed anew, and looked at, first', async () => {
    await writeAll();
    const { timeline } = await incident();
    const entryId = timeline[0]?.id ?? '';
    await incidents.star({ incidentId, personId: 'omar', entryId, starred: false });
    await expect(desk.complete({ reviewId, personId: 'ada' })).rejects.toMatchObject({
      code: 'review-conflict',
      message: expect.stringMatching(
        /older than what is on record \(Timeline: 1 line fewer \(raised\)\).* and complete it then\.$/,
      ),
    });
    expect((await view()).status).toBe('draft');
    await desk.refresh({ reviewId, personId: 'omar' });
    await desk.complete({ reviewId, personId: 'ada' });
    expect((await view()).status).toBe('complete');
  });

  it('is refused where something was done since it was completed, says what, and is of it once it is completed again', async () => {
    await writeAll();
    const { digest } = await desk.complete({ reviewId, personId: 'ada' });
    const { timeline } = await incident();
    const entryId = timeline[0]?.id ?? '';
    await incidents.star({ incidentId, personId: 'omar', entryId, starred: false });
    await expect(desk.sign({ reviewId, personId: 'grace', digest })).rejects.toMatchObject({
      code: 'review-conflict',
      message: expect.stringMatching(/\(Timeline: 1 line fewer \(raised\)\).* and complete it again\.$/),
    });
    expect((await view()).status).toBe('complete');
    await desk.refresh({ reviewId, personId: 'omar' });
    expect((await view()).status).toBe('draft');
    const again = await desk.complete({ reviewId, personId: 'ada' });
    expect(again.digest).not.toBe(digest);
    await desk.sign({ reviewId, personId: 'grace', digest: again.digest });
    expect((await view()).facts.timeline.map((each) => each.entryId)).not.toContain(entryId);
  });

  it('is not asked for while the incident is open again', async () => {
    await writeAll();
    const { version } = await incident();
    await incidents.reopen({ incidentId, personId: 'ada', version, reason: 'it is back' });
    await expect(desk.complete({ reviewId, personId: 'ada' })).rejects.toMatchObject({
      code: 'review-conflict',
      message: expect.stringMatching(/open again/),
    });
  });

  it('is not put off by a save that changes nothing', async () => {
    await writeAll();
    const { digest } = await desk.complete({ reviewId, personId: 'ada' });
    const before = await audited();
    expect(await save('omar', 'summary', 'about summary', 1)).toMatchObject({ version: 1 });
    expect(await view()).toMatchObject({ status: 'complete', completedDigest: digest });
    expect(await audited()).toEqual(before);
  });

  it('is followed by nothing but a new revision, which is signed again', async () => {
    const first = await signed();
    for (const change of [
      () => save('omar', 'summary', 'otherwise', 1),
      () => act(),
      () => desk.refresh({ reviewId, personId: 'omar' }),
    ])
      await expect(change()).rejects.toMatchObject({ code: 'review-conflict' });
    await desk.revise({ reviewId, personId: 'omar', reason: 'a wrong figure' });
    await save('omar', 'summary', 'otherwise', 1);
    const { digest } = await desk.complete({ reviewId, personId: 'ada' });
    await desk.sign({ reviewId, personId: 'grace', digest });
    const { signings } = await view();
    expect(signings.map((each) => each.revision)).toEqual([2, 1]);
    expect((await exported(1)).made.jsonDigest).toBe(first.digest);
  });
});

describe('the database', () => {
  it.each([
    ['a signature of an author', 'omar', /wrote some/],
    ['a signature of whoever completed it', 'ada', /completed it/],
    ['a signature of somebody without the right', 'vera', /right to sign/],
    ['a signature of nobody', 'nobody', /right to sign/],
  ])('refuses %s to the role that runs', async (_name, by, why) => {
    await writeAll();
    const { digest } = await desk.complete({ reviewId, personId: 'ada' });
    const { made } = await exported(null);
    const { json } = made;
    await expect(
      world.runner.query(
        `INSERT INTO review_signing (id, review_id, revision, document, digest, markdown, markdown_digest, signed_by, signed_at, evidence_id)
         VALUES (gen_random_uuid(), $1, 1, $2, $3, $2, $3, $4, now(), gen_random_uuid())`,
        [reviewId, Buffer.from(json), digest, by],
      ),
    ).rejects.toThrow(why);
  });

  it('refuses what is signed to be changed, and completeness without texts', async () => {
    await expect(
      world.runner.query(
        `UPDATE review SET status = 'complete', completed_digest = 'x', completed_by = 'ada', completed_at = now() WHERE id = $1`,
        [reviewId],
      ),
    ).rejects.toThrow(/is empty/);
    await expect(
      world.runner.query(
        `UPDATE review SET status = 'signed', completed_digest = 'x', completed_by = 'ada', completed_at = now() WHERE id = $1`,
        [reviewId],
      ),
    ).rejects.toThrow(/what was completed/);
    await signed();
    for (const statement of [
      `UPDATE review SET facts = '{}' WHERE id = $1`,
      `UPDATE review SET status = 'draft', completed_digest = NULL, completed_by = NULL, completed_at = NULL WHERE id = $1`,
      `INSERT INTO review_text (review_id, section, version, text, base_version, written_by) VALUES ($1, 'summary', 9, 'x', 8, 'omar')`,
    ])
      await expect(world.runner.query(statement, [reviewId])).rejects.toThrow(/signed|no draft/);
    for (const statement of [
      'DELETE FROM review WHERE id = $1',
      `UPDATE review_text SET text = 'x' WHERE review_id = $1`,
      'DELETE FROM review_action WHERE review_id = $1',
      `UPDATE review_signing SET digest = 'x' WHERE review_id = $1`,
    ])
      for (const by of [world.runner, world.owner])
        await expect(by.query(statement, [reviewId])).rejects.toThrow(/permission denied|never|not|final/);
  });
});

describe('an action', () => {
  it('is ticked beside what was signed, once, with a note', async () => {
    await signed();
    const actionId = (await view()).actions[0]?.id ?? '';
    await desk.mark({ reviewId, personId: 'ada', actionId, done: true, note: 'it fires' });
    expect((await view()).actions[0]?.mark).toMatchObject({ done: true, note: 'it fires', by: 'ada' });
    await expect(
      desk.mark({ reviewId, personId: 'ada', actionId, done: true, note: '' }),
    ).rejects.toMatchObject({ code: 'review-conflict' });
  });

  it('that is late is listed with by how much, and told once to its owner', async () => {
    const { actionId } = await act({ dueOn: '2026-01-01' });
    const remind = reviewReminders(composed);
    expect(await remind()).toBeGreaterThanOrEqual(1);
    expect(await remind()).toBe(0);
    const { rows } = await world.owner.query(
      `SELECT d.person_id FROM notice n JOIN notice_delivery d ON d.notice_id = n.id
       WHERE n.subject_id = $1 AND n.kind = 'review-overdue' AND d.channel = 'email'`,
      [reviewId],
    );
    expect(rows).toEqual([{ person_id: 'omar' }]);
    const { overdue } = await desk.overview();
    const { rows: reviews } = await desk.list({ contractId }, { limit: 50 });
    expect(overdue.find((each) => each.actionId === actionId)?.daysLate).toBeGreaterThan(300);
    expect(reviews).toMatchObject([{ id: reviewId, overdue: 1, actions: 1 }]);
  });
});

describe('the list', () => {
  it('goes page by page through all of them, those that are not signed first', async () => {
    await signed();
    const seen: { id: string; isSigned: boolean }[] = [];
    let cursor: string | undefined;
    do {
      const page = await desk.list({}, { cursor, limit: 2 });
      seen.push(...page.rows.map(({ id, status }) => ({ id, isSigned: status === 'signed' })));
      cursor = page.next ?? undefined;
    } while (cursor !== undefined);
    const { rows } = await world.owner.query('SELECT id::text FROM review');
    expect(seen.map(({ id }) => id).toSorted()).toEqual(rows.map(({ id }) => id).toSorted());
    expect(seen.map(({ isSigned }) => isSigned)).toEqual(
      seen.map(({ isSigned }) => isSigned).toSorted((one, other) => Number(one) - Number(other)),
    );
    expect((await desk.overview()).unsigned).toBe(seen.filter(({ isSigned }) => !isSigned).length);
    await expect(desk.list({}, { cursor: 'nope', limit: 2 })).rejects.toMatchObject({
      code: 'input-invalid',
    });
  });

  it('names a cause that came back as one more incident, and times by month', async () => {
    const again = await world.run(async (tx) => {
      await tx.query(`SELECT 1`);
      return world.signals.raise(tx, {
        kind: 'lost-event',
        contractId,
        cause: `lost:${contractId}:1`,
        suggestedClass: 'P2',
        title: 'lost',
        since: new Date(),
        facts: {},
        href: null,
        runbook: null,
        scope: null,
      });
    });
    await world.run((tx) =>
      world.signals.raise(tx, {
        kind: 'lost-event',
        contractId,
        cause: `lost:${contractId}:2`,
        suggestedClass: 'P2',
        title: 'lost',
        since: new Date(),
        facts: {},
        href: null,
        runbook: null,
        scope: null,
      }),
    );
    expect(again.incidentId).toBeTruthy();
    const { recurring, months } = await desk.overview();
    expect(recurring).toContainEqual(
      expect.objectContaining({ by: 'kind', what: 'lost-event', contractId, count: 2 }),
    );
    expect(months).toHaveLength(12);
    expect(months.at(-1)?.recover?.count).toBeGreaterThanOrEqual(1);
  });
});
