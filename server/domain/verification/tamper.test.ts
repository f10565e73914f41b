import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { approvalRecord, replayRecord } from '../evidence/index.ts';
import { checkpointText } from '../log/index.ts';
import { decodeUtf8, utf8 } from '../shared/bytes.ts';
import { canonicalJson } from '../shared/canonical-json.ts';
import { type Exported, exported } from '../test-kit/bundles.ts';
import { eachKind } from '../test-kit/each-kind.ts';
import { every, flip, flipAll, remembering } from '../test-kit/flips.ts';
import { approvalFactsOf, digestOf, replayFactsOf, sha256Hex } from '../test-kit/records.ts';
import { type Bundle, parseBundle } from './bundle.ts';
import { verifyBundle } from './verify-bundle.ts';

let decision: Exported;
let replay: Exported;
beforeAll(async () => {
  decision = await exported({ statement: approvalRecord(approvalFactsOf()), attachments: [] });
  const { statement } = replayRecord(replayFactsOf(), sha256Hex);
  replay = await exported({
    statement,
    attachments: [{ name: 'remarks', text: 'remarks', sha256: digestOf('remarks') }],
  });
});

describe('a flipped bit', () => {
  it('of the envelope is found, whichever of all of them it is, by the check for it', async () => {
    const bits = decision.bundle.envelope.length * 8;
    const { flips, found } = await flipAll(decision, every(decision.bundle.envelope.length, 1));
    expect(flips).toBe(bits);
    expect([...found.values()].reduce((sum, each) => sum + each, 0)).toBe(bits);
    expect(bits).toBeGreaterThan(10_000);
    expect([...found.keys()].toSorted()).toEqual(['envelope', 'inclusion', 'signature']);
  });

  it('of a longer envelope is found all over it', async () => {
    const { length } = replay.bundle.envelope;
    // An odd step meets every place of a bit in a byte.
    const { flips } = await flipAll(replay, every(length, 33));
    expect(flips).toBe(Math.ceil((length * 8) / 33));
  });

  it.each(Object.entries(eachKind))(
    'of a record of every kind is found, and the record holds without it: %s',
    async (_type, make) => {
      const made = await exported(make('id'));
      const report = await verifyBundle(made.input());
      expect(report.checks.filter(({ outcome }) => outcome === 'fail')).toEqual([]);
      expect(report.holds).toBe(true);
      const { length } = made.bundle.envelope;
      const { flips } = await flipAll(made, every(length, 101));
      expect(flips).toBe(Math.ceil((length * 8) / 101));
    },
  );

  it('of the bundle is found, wherever it is but in a cosignature that nobody asked for', async () => {
    const { bytes } = decision.input();
    const text = decodeUtf8(bytes) ?? '';
    const verify = remembering();
    // A witness's line is by a key that was not given: notes are read past such lines.
    const line = text.indexOf('— witness.example');
    const from = utf8(text.slice(0, line)).length;
    const to = from + utf8(text.slice(line, text.indexOf('"', line))).length;
    for (const bit of every(bytes.length, 11)) {
      const at = bit >> 3;
      if (at >= from && at < to) continue;
      const report = await verifyBundle({
        ...decision.input(),
        bytes: flip(bytes, bit),
        verifyEd25519: verify,
      });
      // A proof from an earlier size that nobody asked about proves nothing, and is not looked at.
      if (report.holds && !isConsistency(text, at))
        throw new Error(`bit ${bit} was flipped, and that was not found`);
    }
  });
});

function isConsistency(text: string, at: number): boolean {
  // Before the envelope there is nothing but ASCII that is not of the checkpoint.
  const place = decodeUtf8(utf8(text).subarray(0, at))?.length ?? 0;
  const from = text.indexOf('"consistency":');
  return place > from && place < text.indexOf('"envelope":');
}

describe('a bundle in which something was changed', () => {
  type Fields = { [name: string]: unknown };
  const fieldsOf = (): Fields => JSON.parse(decodeUtf8(replay.input().bytes) ?? '');
  const verified = (bytes: Uint8Array) => verifyBundle({ ...replay.input(), bytes });
  const bundleCheck = async (text: string) => {
    const [check] = (await verified(utf8(text))).checks;
    return check === undefined || check.outcome === 'pass' ? 'pass' : check.code;
  };

  /** Every field of it, at whatever depth. */
  function* fieldsIn(value: unknown, path: readonly string[] = []): Generator<readonly string[]> {
    if (typeof value !== 'object' || value === null) return;
    for (const [key, each] of Object.entries(value)) {
      yield [...path, key];
      yield* fieldsIn(each, [...path, key]);
    }
  }
  const at = (root: unknown, path: readonly string[]): Fields =>
    path.reduce<unknown>((value, key) => (value as Fields)[key], root) as Fields;

  it('does not hold without any of its fields, or with one of another type, or with one more', async () => {
    let changes = 0;
    for (const path of fieldsIn(fieldsOf())) {
      const [parent, last = ''] = [path.slice(0, -1), path.at(-1)];
      const mutations: readonly ((of: Fields) => void)[] = [
        (of) => (Array.isArray(of) ? of.splice(Number(last), 1) : delete of[last]),
        (of) => (of[last] = null),
        (of) => (of[last] = typeof of[last] === 'number' ? String(of[last]) : 7),
        (of) => (of[last] = typeof of[last] === 'number' ? of[last] + 1 : `${of[last]}A`),
        (of) => (of[last] = { ...Object(of[last]), unheardOf: 1 }),
      ];
      for (const [which, mutate] of mutations.entries()) {
        const changed = fieldsOf();
        mutate(at(changed, parent));
        const { holds } = await verified(utf8(canonicalJson(changed)));
        changes += 1;
        // What may be absent: a list's member that was erased, or a proof that nobody asked for.
        const mayHold = path[0] === 'consistency' && path.length !== 1;
        const isErased = path[0] === 'attachments' && path.length === 2 && which === 0;
        if (holds && !mayHold && !isErased)
          throw new Error(`change ${which} of ${path.join('.')} was not found`);
      }
    }
    expect(changes).toBeGreaterThan(100);
  });

  it.each<[string, (text: string, fields: Fields) => string, string]>([
    ['a space', (text) => text.replace(':', ': '), 'not-canonical'],
    ['a newline at its end', (text) => `${text}\n`, 'not-canonical'],
    [
      'its fields in another order',
      (_, fields) => JSON.stringify(Object.fromEntries(Object.entries(fields).toReversed())),
      'not-canonical',
    ],
    ['a field twice', (text) => text.replace('{', '{"format":"x",'), 'not-canonical'],
    [
      'a needless escape',
      (text) => text.replace('reprise.evidence-bundle', 'reprise.evidence\\u002dbundle'),
      'not-canonical',
    ],
    ['a number spelled otherwise', (text) => text.replace('"size":7', '"size":7.0'), 'not-canonical'],
    ['a field more', (_, fields) => canonicalJson({ ...fields, keys: [] }), 'fields-wrong'],
    ['another format', (text) => text.replace('bundle/v1', 'bundle/v2'), 'fields-wrong'],
    [
      'an attachment twice',
      (_, fields) =>
        canonicalJson({ ...fields, attachments: [0, 0].map(() => (fields.attachments as unknown[])[0]) }),
      'not-canonical',
    ],
    [
      'an envelope in loose base64',
      (_, fields) => canonicalJson({ ...fields, envelope: String(fields.envelope).replace(/=*$/, '') }),
      'base64-wrong',
    ],
    [
      'an envelope in the URL alphabet',
      (_, fields) => canonicalJson({ ...fields, envelope: `-_${String(fields.envelope).slice(2)}` }),
      'base64-wrong',
    ],
    [
      'white space in base64',
      (_, fields) => canonicalJson({ ...fields, envelope: `${fields.envelope}\n\n\n\n` }),
      'base64-wrong',
    ],
    ['a negative size', (text) => text.replace('"size":7', '"size":-7'), 'fields-wrong'],
    ['nothing', () => '', 'not-json'],
    ['a list', () => '[]', 'fields-wrong'],
  ])('is refused with %s', async (_, change, code) => {
    expect(await bundleCheck(change(decodeUtf8(replay.input().bytes) ?? '', fieldsOf()))).toBe(code);
  });

  it('never throws, whatever the bytes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.uint8Array({ maxLength: 200 }), fc.json().map(utf8)), async (bytes) => {
        const report = await verified(bytes);
        expect(report).toMatchObject({ holds: false, integrity: { outcome: 'failed' }, statement: null });
        expect(report.checks).toHaveLength(14);
      }),
    );
  });

  it('nor with rubbish in any of its fields', async () => {
    const rubbish = fc.oneof(fc.uint8Array({ maxLength: 40 }), fc.constant(new Uint8Array(32)));
    const changed = fc.record({
      envelope: fc.oneof(rubbish, fc.constant(replay.bundle.envelope)),
      checkpoint: fc.oneof(
        fc.string().filter((text) => text.isWellFormed()),
        fc.constant(replay.bundle.checkpoint),
      ),
      inclusion: fc.record({
        index: fc.nat(),
        size: fc.constantFrom(0, 1, 7, 2 ** 53 - 1),
        proof: fc.array(rubbish),
      }),
    });
    await fc.assert(
      fc.asyncProperty(changed, async (change) => {
        const bundle: Bundle = { ...replay.bundle, ...change };
        expect((await verifyBundle(replay.input(bundle))).holds).toBe(false);
      }),
    );
  });

  it('nor with a log of whatever name, where no name was given', async () => {
    const { inclusion } = replay.bundle;
    const root = await replay.log.root(inclusion.size);
    const line = fc.oneof(
      fc.string({ minLength: 1 }),
      fc.constantFrom('a log', 'a+b', '+', ' ', '\u00a0', '\u007f'),
    );
    await fc.assert(
      fc.asyncProperty(
        line.filter((text) => /^[^\p{Cc}]+$/u.test(text) || text === '\u007f'),
        async (origin) => {
          const text = checkpointText({ origin, size: inclusion.size, root, extensions: [] });
          const checkpoint = `${text}\n— x ${Buffer.alloc(68).toString('base64')}\n`;
          const given = [
            replay.input({ ...replay.bundle, checkpoint }, { origin: null }),
            replay.input(undefined, { origin: null, earlierCheckpoint: { note: checkpoint } }),
          ];
          for (const input of given) {
            const report = await verifyBundle(input);
            expect(report.holds).toBe(false);
            expect(report.checks).toHaveLength(14);
          }
        },
      ),
    );
  });

  it('is read back as it was written', () => {
    const parsed = parseBundle(replay.input().bytes);
    expect(parsed).toEqual({ ok: true, value: replay.bundle });
  });
});
