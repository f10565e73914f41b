import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { openIncidentWorld } from '../../../demo/testing/incident-world.ts';
import type { Spend } from '../../application/ports/budget-meter.ts';
import { draftFacts } from '../../domain/review/index.ts';
import { budgetMeter } from '../budgets/budget-meter.ts';
import { reviewStore } from './review-store.ts';

/** The rows that a draft is computed from, each as its own part of Reprise writes it. */
let world: Awaited<ReturnType<typeof openIncidentWorld>>;
let contractId: string;
let incidentId: string;
const MINUTE_MS = 60_000;
const began = new Date(Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS - 60 * MINUTE_MS);
const minute = (minutes: number) => new Date(began.getTime() + minutes * MINUTE_MS);

beforeAll(async () => {
  world = await openIncidentWorld(inject('databaseUrl'));
  await world.person('omar', ['operator'], 'Omar');
  await world.person('ada', ['approver'], 'Ada');
});
afterAll(() => world.close());

beforeEach(async () => {
  contractId = `c-${randomUUID()}`;
  ({ incidentId } = await world.run((tx) =>
    world.signals.raise(tx, {
      ...{ kind: 'reconciliation', contractId, cause: `reconciliation:${contractId}`, suggestedClass: 'P3' },
      ...{ title: 'selling differs from history on 2 keys.', since: began, facts: {}, href: null },
      ...{ runbook: null, scope: null },
    }),
  ));
});

async function read() {
  const found = await world.run((tx) => reviewStore.rows(tx, incidentId));
  if (found === null) throw new Error('the incident is gone');
  return found.rows;
}
async function facts() {
  const all = draftFacts({ ...(await read()), runs: [] });
  return [...all.impact, ...all.detection, ...all.history];
}

/** As if it had been recovered then; `by` is the record that proves it. */
const recovered = (at: Date, by: string | null = null) =>
  world.owner.query(
    `UPDATE incident SET status = 'recovered', recovered_at = $2, recovery_evidence_id = $3,
       cleared_at = CASE WHEN $3::uuid IS NOT NULL THEN $2::timestamptz END,
       recovery_reason = CASE WHEN $3::uuid IS NULL THEN 'by hand' END WHERE id = $1`,
    [incidentId, at, by],
  );

type Ended = {
  readonly at: Date;
  readonly status?: 'finished' | 'cancelled';
  readonly differing?: number | null;
  readonly scope?: object;
  readonly invariant?: 'passed' | 'failed';
};
/** A replay of the contract with its record, which the open incident gets. */
async function replayed({ at, status = 'finished', differing = 0, scope, invariant }: Ended) {
  const [replayId, evidenceId] = [randomUUID(), randomUUID()];
  await world.owner.query(
    `INSERT INTO replay (id, contract_id, contract_version, scope, status, requested_by, failure_code, failure)
     VALUES ($1, $2, 1, $3, 'refused', 'ada', 'scope-invalid', 'a test')`,
    [replayId, contractId, JSON.stringify(scope ?? { kind: 'all' })],
  );
  if (invariant !== undefined)
    await world.owner.query(
      `INSERT INTO replay_invariant (replay_id, name, outcome, result) VALUES ($1, 'no stock below zero', $2, '{}')`,
      [replayId, invariant],
    );
  await record({
    id: evidenceId,
    kind: 'replay',
    at,
    replayId,
    status,
    differing,
    isPart: scope !== undefined,
  });
  return { replayId, evidenceId };
}
const record = (of: {
  readonly id: string;
  readonly kind: string;
  readonly at: Date;
  readonly replayId?: string;
  readonly status?: string;
  readonly differing?: number | null;
  readonly isPart?: boolean;
}) =>
  world.owner.query(
    `INSERT INTO evidence_record (id, kind, contract_id, replay_id, statement, digest, status, coverage_kind,
       events_processed, projections_changed, confidence, agreement, requested_by, recorded_at)
     VALUES ($1, $2, $3, $4, convert_to($9, 'UTF8'), encode(sha256(convert_to($9, 'UTF8')), 'hex'), $5, $6, 10, $7,
       'trusted', CASE WHEN $7::bigint = 0 THEN 'equal' ELSE 'different' END, 'ada', $8)`,
    [
      ...[of.id, of.kind, contractId, of.replayId ?? null, of.status ?? 'finished'],
      ...[of.isPart === true ? 'part' : 'whole', of.differing ?? null, of.at, of.id],
    ],
  );

describe('the budget that was spent', () => {
  const count = (fromMinute: number, minutes: number, spends: readonly Spend[]) =>
    world.run((tx) =>
      budgetMeter.count(tx, [
        {
          ...{ contractId, indicator: 'lag', subject: 'group:warehouse' },
          ...{ from: minute(fromMinute), to: minute(fromMinute + minutes) },
          ...{ total: minutes * MINUTE_MS, unknown: 0 },
          bad: spends.reduce((sum, { amount }) => sum + amount, 0),
          spends,
        },
      ]),
    );
  const lag = (minutes: number): Spend => ({
    ...{ cause: 'lag', amount: minutes * MINUTE_MS, sentence: 'It lags.' },
    link: { kind: 'lag', subject: 'group:warehouse' } as unknown as Spend['link'],
  });

  it('is that of its minutes, however long its cause went on before and afterwards', async () => {
    for (const from of [-20, -10, 0, 10, 20]) await count(from, 10, [lag(10)]);
    await recovered(minute(20));
    const { rows } = await world.owner.query(
      'SELECT amount::float8 FROM budget_spend WHERE contract_id = $1',
      [contractId],
    );
    expect(rows).toEqual([{ amount: 50 * MINUTE_MS }]);
    expect((await read()).spent).toEqual([
      { indicator: 'lag', subject: 'group:warehouse', amount: 20 * MINUTE_MS },
    ]);
  });

  it('is not measured where nothing was measured while it lasted, though something was at another time', async () => {
    await count(-30, 10, [lag(10)]);
    await count(30, 10, []);
    await recovered(minute(20));
    expect((await read()).spent).toBeNull();
  });

  it('is nothing where it was measured, and nothing was spent', async () => {
    await count(5, 10, []);
    await recovered(minute(20));
    expect((await read()).spent).toEqual([]);
  });
});

describe('what history proved', () => {
  it('is of the replay that proves the recovery, whatever was replayed after it', async () => {
    await replayed({
      at: minute(1),
      differing: 2,
      invariant: 'failed',
      scope: { kind: 'keys', keys: ['K1'] },
    });
    const proof = await replayed({ at: minute(10), invariant: 'passed' });
    await replayed({ at: minute(12), status: 'cancelled', differing: null });
    await replayed({ at: minute(13), differing: 5, invariant: 'failed' });
    await recovered(minute(15), proof.evidenceId);
    const all = await facts();
    const value = (label: string) => all.find((each) => each.label === label)?.value;
    expect(value('Invariant no stock below zero')).toBe('passed');
    expect(value('Replayed')).toBe('the whole history, 10 events');
    expect(value('Differing rows before')).toBe('2 (trusted, different) of part of the history: 1 key');
    expect(value('Differing rows after')).toBe('0 (trusted, equal) of the whole history');
  });

  it('is of the one that finished last where none proves the recovery', async () => {
    await replayed({ at: minute(1), differing: 2, invariant: 'failed' });
    await replayed({ at: minute(2), differing: 1, invariant: 'passed' });
    await replayed({ at: minute(3), status: 'cancelled', differing: null });
    expect((await read()).invariants).toEqual([{ name: 'no stock below zero', outcome: 'passed' }]);
  });
});

describe('by how much rows differed', () => {
  const describedAs = (version: number, shown: object | undefined) =>
    world.owner.query(
      `INSERT INTO contract_version (contract_id, version, digest, bundle, description, authors)
       VALUES ($1, $2, encode(sha256(convert_to($4, 'UTF8')), 'hex'), convert_to($4, 'UTF8'), $3, '{}')`,
      [contractId, version, JSON.stringify({ watch: shown === undefined ? {} : { shown } }), `${version}`],
    );
  const off = (replayId: string, key: string, kind: string, fields: object) =>
    world.owner.query(
      `INSERT INTO discrepancy (replay_id, derived_state, key, partition, kind, fields, magnitude)
       VALUES ($1, 'selling', $2, 0, $3, $4, 1)`,
      [replayId, key, kind, JSON.stringify(fields)],
    );
  const field = (name: string, history: unknown, live: unknown) => ({
    field: name,
    history,
    live,
    delta: null,
  });

  async function differing() {
    const { replayId } = await replayed({ at: minute(1), differing: 3 });
    await replayed({ at: minute(2), differing: 0 });
    await off(replayId, 'K1', 'different', [field('quantity', 5, 3), field('price', '0.1', '0.3')]);
    await off(replayId, 'K2', 'missing', [field('quantity', 7, null), field('price', '1.00', null)]);
    await off(replayId, 'K3', 'extra', [field('quantity', null, 4), field('name', null, 'K3 of PERSON-88')]);
    return replayId;
  }

  it('is summed up by state and field, exactly, with a row that is missing counted whole', async () => {
    await describedAs(1, { selling: ['quantity', 'price'] });
    await differing();
    expect((await read()).differences).toEqual({
      keys: 3,
      amounts: [
        { derivedState: 'selling', field: 'price', rows: 2, sum: '-0.8', size: '1.2' },
        { derivedState: 'selling', field: 'quantity', rows: 3, sum: '-5', size: '13' },
      ],
      hidden: 0,
    });
    expect(JSON.stringify(await facts())).not.toMatch(/K1|PERSON/);
  });

  it('is summed up beside texts that PostgreSQL can not read out of JSON', async () => {
    await describedAs(1, { selling: ['quantity', 'name'] });
    const { replayId } = await replayed({ at: minute(1), differing: 3 });
    const names = ['a\0b', '\0\0', '\\\0', '\\u0000', 'half \ud83d', '\\\\\udfff'];
    for (const [at, name] of names.entries())
      await off(replayId, `K${at}`, 'different', [field('name', name, 'x'), field('quantity', 5, 3)]);
    expect((await read()).differences).toEqual({
      keys: names.length,
      amounts: [{ derivedState: 'selling', field: 'quantity', rows: 6, sum: '-12', size: '12' }],
      hidden: 0,
    });
  });

  it.each([
    ['the contract hides', [{ selling: ['quantity'] }]],
    ['a newer version hides', [{ selling: ['quantity', 'price'] }, { selling: ['quantity'] }]],
    ['the version that was replayed hid', [{ selling: ['quantity'] }, { selling: ['quantity', 'price'] }]],
  ])('leaves out what %s', async (_name, versions) => {
    for (const [at, shown] of versions.entries()) await describedAs(at + 1, shown);
    await differing();
    const { differences } = await read();
    expect(differences?.amounts.map((each) => each.field)).toEqual(['quantity']);
    expect(differences?.hidden).toBe(1);
  });

  it('says nothing of fields of which an older description does not say that they are shown', async () => {
    await describedAs(1, undefined);
    await differing();
    expect((await read()).differences).toEqual({ keys: 3, amounts: [], hidden: 2 });
  });
});

describe('the timeline', () => {
  const entry = async (kind: string, over: { text?: string; corrects?: string; detail?: object }) => {
    const { rows } = await world.owner.query(
      `INSERT INTO incident_entry (incident_id, kind, occurred_at, actor, text, detail, corrects)
       VALUES ($1, $2, $3, 'omar', $4, $5, $6) RETURNING id::text`,
      [
        ...[incidentId, kind, minute(3), over.text ?? '', JSON.stringify(over.detail ?? {})],
        over.corrects ?? null,
      ],
    );
    return String(rows[0].id);
  };
  const star = (entryId: string) =>
    world.owner.query(`INSERT INTO incident_star (entry_id, starred, actor) VALUES ($1, true, 'omar')`, [
      entryId,
    ]);

  /** Without the line that raised it, which is of another minute. */
  const since = async () => (await read()).starred.filter(({ kind }) => kind !== 'raised');

  it('has each starred line with what was said instead of it, and instead of that', async () => {
    const note = await entry('note', { text: 'two carts' });
    const plain = await entry('note', { text: 'a call' });
    const first = await entry('correction', { text: 'three carts', corrects: note });
    await entry('correction', { text: 'four carts', corrects: first });
    for (const each of [note, plain]) await star(each);
    const starred = await since();
    expect(starred.map(({ text, corrections }) => [text, corrections?.map((each) => each.text)])).toEqual([
      ['two carts', ['three carts', 'four carts']],
      ['a call', undefined],
    ]);
    expect(starred[0]?.corrections?.[0]).toEqual({
      ...{ entryId: first, actor: 'omar', text: 'three carts', at: minute(3).toISOString() },
    });
  });

  it('says which class it became, and whose it is', async () => {
    const changed = await entry('class-changed', { text: 'worse', detail: { from: 'P3', to: 'P1' } });
    const assigned = await entry('assigned', { detail: { to: 'ada' } });
    const nobody = await entry('assigned', { detail: { to: null } });
    for (const each of [changed, assigned, nobody]) await star(each);
    expect(await since()).toMatchObject([
      { classes: { from: 'P3', to: 'P1' } },
      { assignee: 'ada' },
      { assignee: null },
    ]);
  });

  it('has what the incident came to, unless somebody has said that it does not matter', async () => {
    for (const kind of ['raised-again', 'acknowledged', 'assigned', 'recovered', 'closed'])
      await entry(kind, {});
    const kinds = async () => (await read()).starred.map(({ kind }) => kind);
    expect(await kinds()).toEqual(['raised', 'acknowledged', 'recovered']);
    await world.owner.query(
      `INSERT INTO incident_star (entry_id, starred, actor)
       SELECT id, kind <> 'acknowledged', 'omar' FROM incident_entry
       WHERE incident_id = $1 AND kind IN ('acknowledged', 'assigned')`,
      [incidentId],
    );
    expect(await kinds()).toEqual(['raised', 'assigned', 'recovered']);
  });

  it('that is too long says how much of it is left out', async () => {
    await world.owner.query(
      `WITH noted AS (
         INSERT INTO incident_entry (incident_id, kind, occurred_at, actor, text)
         SELECT $1, 'note', $2, 'omar', n::text FROM generate_series(1, 503) AS n RETURNING id)
       INSERT INTO incident_star (entry_id, starred, actor) SELECT id, true, 'omar' FROM noted`,
      [incidentId, minute(3)],
    );
    const { starred, leftOut } = await read();
    // With the line that raised it.
    expect([starred.length, leftOut.timeline]).toEqual([500, 4]);
  });
});

describe('records', () => {
  it('that are too many leave out steps of runbooks first, and figures are of all of them', async () => {
    await replayed({ at: minute(1), differing: 9 });
    await world.owner.query(
      `WITH made AS (
         INSERT INTO evidence_record (id, kind, contract_id, statement, digest, status, requested_by, recorded_at)
         SELECT gen_random_uuid(), 'runbook-step', $2, convert_to($2 || n, 'UTF8'),
           encode(sha256(convert_to($2 || n, 'UTF8')), 'hex'), 'finished', 'ada', $3
         FROM generate_series(1, 205) AS n RETURNING id)
       INSERT INTO incident_evidence (incident_id, evidence_id, linked_by) SELECT $1, id, 'ada' FROM made`,
      [incidentId, contractId, minute(5)],
    );
    const { records, leftOut, replays } = await read();
    expect([records.length, leftOut.evidence]).toEqual([200, 6]);
    expect(records[0]?.kind).toBe('replay');
    expect(replays.map((each) => each.differing)).toEqual([9]);
    expect(draftFacts({ ...(await read()), runs: [] }).leftOut).toEqual({ timeline: 0, evidence: 6 });
  });
});
