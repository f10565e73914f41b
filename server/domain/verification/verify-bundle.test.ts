import { beforeAll, describe, expect, it } from 'vitest';
import { envelopeBytes, preAuthEncoding, signStatement, statementPayloadType } from '../attestation/index.ts';
import {
  approvalRecord,
  breakGlassRecord,
  promotionRecord,
  replayRecord,
  statementText,
} from '../evidence/index.ts';
import { leafHash, parseNote, proveConsistency, rootOf } from '../log/index.ts';
import { utf8 } from '../shared/bytes.ts';
import { canonicalJson } from '../shared/canonical-json.ts';
import { type Exported, exported } from '../test-kit/bundles.ts';
import { logOf } from '../test-kit/memory-log.ts';
import {
  approvalFactsOf,
  breakGlassFactsOf,
  digestOf,
  promotionFactsOf,
  replayFactsOf,
  sha256Hex,
} from '../test-kit/records.ts';
import { newKey, sha256 } from '../test-kit/signing.ts';
import { type Bundle, bundleBytes } from './bundle.ts';
import { type CheckName, checkNames, type Report } from './report.ts';
import { type VerifyInput, verifyBundle } from './verify-bundle.ts';

const remarks = { name: 'remarks', text: 'remarks', sha256: digestOf('remarks') };
const replay = (change: Parameters<typeof replayFactsOf>[0] = {}) => ({
  ...replayRecord(replayFactsOf(change), sha256Hex),
  attachments: [remarks],
});

const review = { by: 'iris', at: '2026-11-27T10:00:00.000Z', conclusion: 'it was needed' };
const reviewedGlass = breakGlassFactsOf({
  approvals: null,
  review: { ...review, actRecord: { id: 'e1', sha256: digestOf('act') } },
});

let made: Exported;
beforeAll(async () => {
  made = await exported(replay());
});

/** Outcome and code of each check that is no pass. */
const notPassed = ({ checks }: Report) =>
  Object.fromEntries(
    checks.flatMap((check) =>
      check.outcome === 'pass' ? [] : [[check.name, `${check.outcome}: ${check.code}`]],
    ),
  );
const notAsked = { consistency: 'not-run: not-asked', witnesses: 'not-run: not-asked' };
const verify = (bundle?: Bundle, change?: Partial<VerifyInput>) => verifyBundle(made.input(bundle, change));
const after = (...names: CheckName[]) =>
  Object.fromEntries(names.map((name) => [name, 'not-run: prerequisite']));
const ofStatement: CheckName[] = ['statement', 'canonical-statement', 'subjects', 'attachments', 'meaning'];

/** The bundle of another payload or envelope that was signed and logged as it is. */
async function logged(envelope: Uint8Array): Promise<{ bundle: Bundle; change: Partial<VerifyInput> }> {
  const { bundle, keys } = made;
  const log = await logOf([envelope]);
  const { checkpointText, noteKey, signNote } = await import('../log/index.ts');
  const origin = 'reprise.example/evidence';
  const key = await noteKey({ kind: 'note', name: origin, publicKey: keys.log.publicKey }, sha256);
  const text = checkpointText({ origin, size: 1, root: await log.root(), extensions: [] });
  const checkpoint = await signNote(text, { key, sign: keys.log.sign });
  return {
    bundle: { ...bundle, envelope, inclusion: { index: 0, size: 1, proof: [] }, consistency: [], checkpoint },
    change: {},
  };
}
const signedPayload = (payload: string) =>
  signStatement(utf8(payload), { keyid: 'k', sign: made.keys.record.sign });

describe('a bundle that nobody touched', () => {
  it('holds, in every check in its order', async () => {
    const report = await verify();
    expect(report.checks.map(({ name }) => name)).toEqual(checkNames);
    expect(notPassed(report)).toEqual(notAsked);
    expect(report).toMatchObject({
      holds: true,
      integrity: { outcome: 'verified', missing: [] },
      confidence_status: 'trusted',
      agreement: 'different',
      coverage: { kind: 'whole' },
    });
  });

  it.each([
    ['a promotion', () => promotionRecord(promotionFactsOf(), sha256Hex)],
    ['a decision', () => ({ statement: approvalRecord(approvalFactsOf()), attachments: [] })],
    ['broken glass', () => ({ statement: breakGlassRecord(breakGlassFactsOf()), attachments: [] })],
    ['the review of broken glass', () => ({ statement: breakGlassRecord(reviewedGlass), attachments: [] })],
    [
      'a long replay',
      () =>
        replayRecord(
          replayFactsOf({
            waivedQuarantine: 0,
            approvals: Array.from({ length: 2_000 }, () => ({
              by: 'ada',
              at: '2026-11-26T08:00:00.000Z',
              verdict: 'approved' as const,
              void: null,
              reason: '',
            })),
          }),
          sha256Hex,
        ),
    ],
  ])('holds of %s too', async (_, record) => {
    const other = await exported(record());
    const report = await verifyBundle(other.input());
    expect(notPassed(report)).toEqual(notAsked);
    expect(report).toMatchObject({ holds: true, integrity: { outcome: 'verified' } });
  });

  it('does not hold of glass that one of the two has reviewed, whoever signed that', async () => {
    const { review: given } = reviewedGlass;
    if (given === null) throw new Error('no review');
    const other = await exported({
      statement: breakGlassRecord({ ...reviewedGlass, review: { ...given, by: 'omar' } }),
      attachments: [],
    });
    const report = await verifyBundle(other.input());
    expect(report.holds).toBe(false);
    expect(notPassed(report)).toEqual({ ...notAsked, meaning: 'fail: meaning-wrong' });
  });

  it('is never called false: a thousand times', async () => {
    const { input } = made;
    const given = input(undefined, {
      witnesses: [made.witness],
      earlierCheckpoint: { note: await made.checkpointAt(3) },
    });
    let held = 0;
    // Every clean verification does all of it; only the curve's arithmetic is not done a thousand times over.
    const known = new Map<string, Promise<boolean>>();
    const verifyEd25519: VerifyInput['verifyEd25519'] = (key, message, signature) => {
      const name = Buffer.concat([key, message, signature]).toString('latin1');
      const found = known.get(name) ?? given.verifyEd25519(key, message, signature);
      known.set(name, found);
      return found;
    };
    for (let time = 0; time < 1_000; time += 1)
      if ((await verifyBundle({ ...given, verifyEd25519 })).holds) held += 1;
    expect(held).toBe(1_000);
  });

  it('says which attachments are not there, and holds all the same', async () => {
    const report = await verify({ ...made.bundle, attachments: [] });
    expect(report.holds).toBe(true);
    expect(report.checks.find(({ name }) => name === 'attachments')?.sentence).toMatch(
      /Erased or not in the bundle: remarks/,
    );
  });
});

describe('keys that the verifier has', () => {
  it('are one of several', async () => {
    const recordKeys = [newKey().publicKey, made.keys.record.publicKey];
    expect((await verify(undefined, { recordKeys })).holds).toBe(true);
  });

  it('are not those that signed the record', async () => {
    expect(notPassed(await verify(undefined, { recordKeys: [newKey().publicKey] }))).toEqual({
      ...notAsked,
      signature: 'fail: not-signed',
      ...after(...ofStatement),
    });
  });

  it('are none: then nothing holds, and nothing is called false', async () => {
    const report = await verify(undefined, { recordKeys: [], checkpointKeys: [], origin: null });
    expect(notPassed(report)).toMatchObject({
      signature: 'not-run: no-key',
      'checkpoint-signature': 'not-run: no-key',
      'checkpoint-origin': 'not-run: not-asked',
    });
    expect(report).toMatchObject({
      holds: false,
      integrity: { outcome: 'partly' },
      confidence_status: null,
      statement: null,
    });
  });

  it('are not those of the log, or of another log', async () => {
    const checkpointKeys = [newKey().publicKey];
    expect(notPassed(await verify(undefined, { checkpointKeys }))).toEqual({
      ...notAsked,
      'checkpoint-signature': 'fail: signature-missing',
    });
    const elsewhere = { ...made.bundle, checkpoint: await made.checkpointAt(7, 'other.example') };
    expect(notPassed(await verify(elsewhere))).toEqual({
      ...notAsked,
      'checkpoint-origin': 'fail: origin-wrong',
    });
  });
});

describe('a key that took the place of another', () => {
  it('goes on from checkpoints that the other has signed, where both are given', async () => {
    const { checkpointText, noteKey, signNote } = await import('../log/index.ts');
    const { bundle, keys, log, checkpointAt } = made;
    const next = newKey();
    const name = 'reprise.example/evidence';
    const key = await noteKey({ kind: 'note', name, publicKey: next.publicKey }, sha256);
    const text = checkpointText({ origin: name, size: 7, root: await log.root(7), extensions: [] });
    const later = { ...bundle, checkpoint: await signNote(text, { key, sign: next.sign }) };
    const earlierCheckpoint = { note: await checkpointAt(3) };
    for (const checkpointKeys of [
      [keys.log.publicKey, next.publicKey],
      [next.publicKey, keys.log.publicKey],
    ])
      expect(notPassed(await verify(later, { checkpointKeys, earlierCheckpoint }))).toEqual({
        witnesses: notAsked.witnesses,
      });
    expect(
      notPassed(await verify(later, { checkpointKeys: [next.publicKey], earlierCheckpoint })),
    ).toMatchObject({ consistency: 'fail: earlier-unusable' });
    expect(notPassed(await verify(later, { checkpointKeys: [keys.log.publicKey] }))).toMatchObject({
      'checkpoint-signature': 'fail: signature-missing',
    });
  });
});

describe('a log that nobody has named', () => {
  it('is said to be what it calls itself, which is no pass', async () => {
    const report = await verify(undefined, { origin: null });
    expect(notPassed(report)).toEqual({ ...notAsked, 'checkpoint-origin': 'not-run: not-asked' });
    expect(report.holds).toBe(true);
    expect(report.checks.find(({ name }) => name === 'checkpoint-origin')?.sentence).toContain(
      'reprise.example/evidence',
    );
  });

  it('is one: a kept checkpoint of another, by the same key, is of no use', async () => {
    const { noteKey, signNote, checkpointText } = await import('../log/index.ts');
    const { keys, log } = made;
    const key = await noteKey({ kind: 'note', name: 'clone.example', publicKey: keys.log.publicKey }, sha256);
    const text = checkpointText({ origin: key.name, size: 3, root: await log.root(3), extensions: [] });
    const note = await signNote(text, { key, sign: keys.log.sign });
    const report = await verify(undefined, { origin: null, earlierCheckpoint: { note } });
    expect(notPassed(report)).toMatchObject({ consistency: 'fail: earlier-unusable' });
  });
});

describe('a record that is too long for itself', () => {
  const long = (change: Parameters<typeof replayFactsOf>[0] = {}) => {
    const comparisons = Array.from({ length: 400 }, (_, at) => ({
      ...replayFactsOf().comparisons[0],
      derivedState: `state ${at}`,
    })) as unknown as ReturnType<typeof replayFactsOf>['comparisons'];
    return replayRecord(replayFactsOf({ comparisons, ...change }), sha256Hex);
  };

  it('is concluded from with the parts beside it, and from nothing where one of them is absent', async () => {
    const record = long();
    const names = record.attachments.map(({ name }) => name);
    expect(names).toContain('comparisons');
    const { bundle, input } = await exported(record);
    expect(notPassed(await verifyBundle(input()))).toEqual(notAsked);
    for (const name of names) {
      const attachments = bundle.attachments.filter((each) => each.name !== name);
      const report = await verifyBundle(input({ ...bundle, attachments }));
      expect(notPassed(report)).toEqual({ ...notAsked, meaning: 'not-run: part-missing' });
      expect(report.holds).toBe(false);
    }
  });

  it('is called false where its figures are not those of the parts', async () => {
    const { statement, attachments } = long();
    const lying = structuredClone(statement);
    lying.predicate.projections_changed.total += 1;
    const { input } = await exported({ statement: lying, attachments });
    expect(notPassed(await verifyBundle(input()))).toEqual({ ...notAsked, meaning: 'fail: meaning-wrong' });
  });

  it('is called false where a part is no such part', async () => {
    const { statement, attachments } = long();
    const strange = structuredClone(statement);
    const text = '{"not":"a list"}';
    const put = strange.predicate.attachments.map((part) =>
      part.of === 'comparisons' ? { ...part, sha256: digestOf(text) } : part,
    );
    const { input } = await exported({
      statement: { ...strange, predicate: { ...strange.predicate, attachments: put } },
      attachments: attachments.map((each) =>
        each.name === 'comparisons' ? { ...each, text, sha256: digestOf(text) } : each,
      ),
    });
    expect(notPassed(await verifyBundle(input()))).toEqual({ ...notAsked, meaning: 'fail: meaning-wrong' });
  });
});

describe('what a signed record says of a part beside it', () => {
  type Part = { of: string; count: number; shown: number; sha256: string; bytes: number };
  /** A record with one cut part more or otherwise, and what stands beside it; signed by a key that is believed. */
  async function withPart(
    part: (text: string) => Part,
    text: string,
    change = (_: Record<string, unknown>) => {},
  ) {
    const { statement } = replay();
    const made = structuredClone(statement) as unknown as { predicate: Record<string, unknown> };
    made.predicate.attachments = [part(text)];
    change(made.predicate);
    const { of } = part(text);
    const { input } = await exported({
      statement: made,
      attachments: [{ name: of, text, sha256: digestOf(text) }],
    });
    return notPassed(await verifyBundle(input())).meaning;
  }
  const partOf =
    (of: string, change: Partial<Part> = {}) =>
    (text: string) => ({
      of,
      count: 1,
      shown: 0,
      sha256: digestOf(text),
      bytes: utf8(text).length,
      ...change,
    });

  it.each([
    ['a prototype', '__proto__.polluted', '["x"]'],
    ['a length', 'comparisons.length', '-1'],
    ['another length', 'comparisons.length', '4294967295'],
    ['a member of a list', 'comparisons.0', '["x"]'],
    ['nothing that is there', 'nowhere.at.all', '["x"]'],
    ['a constructor', 'constructor.prototype.polluted', '["x"]'],
  ])('is no way to %s', async (_, of, text) => {
    expect(await withPart(partOf(of), text)).toBe('fail: meaning-wrong');
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
  });

  const seams = [0, 1, 2].map((partition) => ({ partition, from: '0', to: '5', events: 5 }));
  const whole = canonicalJson(seams);
  const shownOne = (predicate: Record<string, unknown>) => {
    predicate.seams = seams.slice(0, 1);
  };
  it('is held against it: how many there are, how long it is, and what the record shows of it', async () => {
    const right = partOf('seams', { count: 3, shown: 1 });
    expect(await withPart(right, whole, shownOne)).toBeUndefined();
    expect(await withPart(partOf('seams', { count: 300, shown: 1 }), whole, shownOne)).toBe(
      'fail: meaning-wrong',
    );
    expect(await withPart(partOf('seams', { count: 3, shown: 2 }), whole, shownOne)).toBe(
      'fail: meaning-wrong',
    );
    expect(await withPart(partOf('seams', { count: 3, shown: 1, bytes: 7 }), whole, shownOne)).toBe(
      'fail: meaning-wrong',
    );
    const another = (predicate: Record<string, unknown>) => {
      predicate.seams = [{ partition: 9, from: '0', to: '5', events: 5 }];
    };
    expect(await withPart(right, whole, another)).toBe('fail: meaning-wrong');
  });

  it.each<[string, string, number, (predicate: Record<string, unknown>) => void]>([
    [
      'half of a character',
      '["\\ud800"]',
      0,
      (predicate) => Object.assign(predicate.plan ?? {}, { compare: [] }),
    ],
    [
      'half of a character where the record shows a whole one',
      '["\\ud800"]',
      1,
      (predicate) => Object.assign(predicate.plan ?? {}, { compare: ['shop'] }),
    ],
    ['a space', '["shop" ]', 0, (predicate) => Object.assign(predicate.plan ?? {}, { compare: [] })],
  ])('is no part with %s, and nothing throws', async (_, text, shown, change) => {
    expect(await withPart(partOf('plan.compare', { shown }), text, change)).toBe('fail: meaning-wrong');
  });
});

describe('an earlier checkpoint', () => {
  const consistency = async (change: Partial<VerifyInput>, bundle?: Bundle) =>
    notPassed(await verify(bundle, change)).consistency ?? 'pass';
  const given = async (size: number) => ({ earlierCheckpoint: { note: await made.checkpointAt(size) } });

  it('is gone on from', async () => {
    for (const size of [0, 3, 7]) expect(await consistency(await given(size))).toBe('pass');
  });

  it('of a size that the bundle has no proof for is not enough, and nothing holds', async () => {
    const report = await verify(undefined, await given(4));
    expect(notPassed(report)).toEqual({
      witnesses: 'not-run: not-asked',
      consistency: 'not-run: proof-missing',
    });
    expect(report).toMatchObject({
      holds: false,
      integrity: { outcome: 'partly', missing: ['consistency'] },
    });
    const consistencyProof = await proveConsistency(4, 7, made.log.reader, sha256);
    const { earlierCheckpoint } = await given(4);
    expect(await consistency({ earlierCheckpoint: { ...earlierCheckpoint, consistencyProof } })).toBe('pass');
  });

  it('that is newer takes a proof the other way round', async () => {
    const older = await exported(replay());
    const { bundle, log, checkpointAt, input } = older;
    await log.append(utf8('later'));
    const note = await checkpointAt(8);
    const report = (consistencyProof?: readonly Uint8Array[]) =>
      verifyBundle(input(bundle, { earlierCheckpoint: { note, consistencyProof } }));
    expect(notPassed(await report())).toMatchObject({ consistency: 'not-run: earlier-is-newer' });
    expect((await report(await proveConsistency(7, 8, log.reader, sha256))).holds).toBe(true);
    expect(notPassed(await report([]))).toMatchObject({ consistency: 'fail: proof-malformed' });
  });

  it('that the log has rewritten is an alarm', async () => {
    const { noteKey, signNote, checkpointText } = await import('../log/index.ts');
    const { publicKey, sign } = made.keys.log;
    const key = await noteKey({ kind: 'note', name: 'reprise.example/evidence', publicKey }, sha256);
    for (const size of [3, 7]) {
      const rewritten = await logOf(Array.from({ length: size }, (_, at) => utf8(`rewritten ${at}`)));
      const text = checkpointText({
        origin: key.name,
        size,
        root: await rootOf(size, rewritten.reader, sha256),
        extensions: [],
      });
      const note = await signNote(text, { key, sign });
      expect(await consistency({ earlierCheckpoint: { note } })).toBe('fail: root-mismatch');
    }
  });

  it.each<[string, () => Promise<string>]>([
    ['that is no note', async () => 'x'],
    ['of another log', () => made.checkpointAt(3, 'other.example')],
    ['that the log has not signed', async () => (await made.checkpointAt(3)).replace('\n3\n', '\n2\n')],
  ])('%s is refused', async (_, note) => {
    expect(await consistency({ earlierCheckpoint: { note: await note() } })).toBe('fail: earlier-unusable');
  });
});

describe('witnesses', () => {
  it('that were asked for have all cosigned', async () => {
    expect(notPassed(await verify(undefined, { witnesses: [made.witness] }))).toEqual({
      consistency: notAsked.consistency,
    });
    const stranger = { name: 'stranger.example', publicKey: newKey().publicKey };
    expect(notPassed(await verify(undefined, { witnesses: [made.witness, stranger] }))).toMatchObject({
      witnesses: 'fail: signature-missing',
    });
  });

  it('have not cosigned by the log’s own signature', async () => {
    const witnesses = [{ name: 'reprise.example/evidence', publicKey: made.keys.log.publicKey }];
    expect(notPassed(await verify(undefined, { witnesses }))).toMatchObject({
      witnesses: 'fail: signature-missing',
    });
  });
});

describe('what was signed and logged, and is wrong all the same', () => {
  const json = (change: (statement: ReturnType<typeof JSON.parse>) => void) => {
    const statement = JSON.parse(statementText(replay().statement));
    change(statement);
    return statementText(statement);
  };
  const cases: readonly [string, () => string, Record<string, string>][] = [
    ['a statement that is no JSON', () => 'x', { statement: 'fail: statement-wrong' }],
    [
      'a predicate that nobody knows',
      () =>
        json((s) => {
          s.predicateType = 'x';
        }),
      { statement: 'fail: predicate-unknown' },
    ],
    [
      'a field that nobody knows',
      () =>
        json((s) => {
          s.predicate.more = 1;
        }),
      { statement: 'fail: statement-wrong' },
    ],
    [
      'a statement with a space',
      () => json(() => {}).replace(':', ': '),
      { 'canonical-statement': 'fail: not-canonical' },
    ],
    [
      'a field twice',
      () => json(() => {}).replace('{', '{"_type":"x",'),
      { 'canonical-statement': 'fail: not-canonical' },
    ],
    [
      'another subject',
      () =>
        json((s) => {
          s.subject[0].digest.sha256 = digestOf('x');
        }),
      { subjects: 'fail: subjects-wrong' },
    ],
    [
      'a subject less',
      () =>
        json((s) => {
          s.subject.pop();
        }),
      { subjects: 'fail: subjects-wrong' },
    ],
    [
      'another plan',
      () =>
        json((s) => {
          s.predicate.plan.eventEstimate = '31';
        }),
      { subjects: 'fail: plan-hash-wrong' },
    ],
    [
      'a better verdict',
      () =>
        json((s) => {
          s.predicate.counters.absentMissing = 4;
        }),
      { meaning: 'fail: meaning-wrong' },
    ],
    [
      'a better agreement',
      () =>
        json((s) => {
          s.predicate.agreement = 'equal';
        }),
      { meaning: 'fail: meaning-wrong' },
    ],
  ];
  it.each(cases)('%s', async (_, payload, failed) => {
    const { bundle } = await logged(await signedPayload(payload()));
    const report = await verify(bundle);
    expect(notPassed(report)).toMatchObject(failed);
    expect(report.holds).toBe(false);
    const isMeaning = 'meaning' in failed;
    expect(report.integrity.outcome).toBe(isMeaning ? 'verified' : 'failed');
    expect(report.statement === null).toBe(!isMeaning);
  });

  it('another payload type', async () => {
    const payload = utf8(statementText(replay().statement));
    const sig = await made.keys.record.sign(preAuthEncoding('application/json', payload));
    const { bundle } = await logged(
      envelopeBytes({ payload, payloadType: 'application/json', signatures: [{ keyid: 'k', sig }] }),
    );
    expect(notPassed(await verify(bundle))).toEqual({
      ...notAsked,
      'payload-type': 'fail: payload-type-wrong',
      ...after(...ofStatement),
    });
    expect(statementPayloadType).not.toBe('application/json');
  });

  it('an attachment that the record does not name, or names otherwise', async () => {
    const [own] = made.bundle.attachments;
    if (own === undefined) throw new Error('an attachment');
    const attached = async (attachments: Bundle['attachments']) =>
      notPassed(await verify({ ...made.bundle, attachments })).attachments;
    expect(await attached([own, { ...own, name: 'rows' }])).toBe('fail: attachment-unknown');
    expect(await attached([{ ...own, content: utf8('Remarks') }])).toBe('fail: attachment-wrong');
    expect(await attached([{ ...own, sha256: digestOf('x') }])).toBe('fail: attachment-wrong');
    expect(await attached([{ ...own, content: utf8('x'), sha256: digestOf('x') }])).toBe(
      'fail: attachment-wrong',
    );
  });

  it('an entry that is the leaf’s two children in one', async () => {
    const children = new Uint8Array(64);
    expect(await leafHash(children, sha256)).not.toEqual(await sha256(children));
    expect(parseNote(made.bundle.checkpoint).ok).toBe(true);
    expect(bundleBytes(made.bundle)).toEqual(made.input().bytes);
  });
});
