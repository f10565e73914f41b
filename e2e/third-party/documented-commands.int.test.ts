import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { sha256 } from '../../server/adapters/digests.ts';
import { replayRecord } from '../../server/domain/evidence/index.ts';
import { eachKind } from '../../server/domain/test-kit/each-kind.ts';
import { replayFactsOf } from '../../server/domain/test-kit/records.ts';
import { type LogUnderTest, openLog, origin } from './log-under-test.ts';
import { runProgram, sayNotRun, whyNoShellTools } from './toolchains.ts';

const tools = ['openssl', 'sha256sum', 'jq', 'base64', 'xxd', 'sed', 'cut', 'tail', 'head', 'wc'];
const absent = process.platform === 'win32' ? 'no POSIX shell' : await whyNoShellTools(tools);
sayNotRun('the shell commands of docs/evidence/verify.md', absent);

type Bundle = {
  envelope: string;
  inclusion: { index: number; size: number; proof: string[] };
  checkpoint: string;
  attachments: { name: string; sha256: string; content: string }[];
};

let log: LogUnderTest;
let folder: string;
let bundle: Uint8Array;
let digest: string;
let pem: string;
const programs: { [section: string]: string } = {};

/** The shell of a section of the document, as a reader would put it together. */
function commandsUnder(markdown: string, heading: string): string {
  const section = markdown.split(/^## /m).find((each) => each.startsWith(`${heading}\n`)) ?? '';
  const blocks = [...section.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block]) => block ?? '');
  if (blocks.length === 0) throw new Error(`docs/evidence/verify.md has no commands under ${heading}`);
  return blocks.join('\n');
}

beforeAll(async () => {
  const markdown = await readFile('docs/evidence/verify.md', 'utf8');
  for (const heading of ["With Reprise's own command", 'With common tools'])
    programs[heading] = commandsUnder(markdown, heading);
  if (absent !== null) return;
  folder = await mkdtemp(join(tmpdir(), 'documented-'));
  const reprise = join(folder, 'reprise');
  await writeFile(reprise, `#!/bin/sh\nexec '${process.execPath}' '${resolve('cli/reprise.ts')}' "$@"\n`);
  await chmod(reprise, 0o755);
  log = await openLog(inject('databaseUrl'));
  await log.decide(5);
  const recorded = await log.replay();
  digest = recorded.digest;
  await log.decide(5);
  bundle = await log.bundle(recorded.id);
  pem = (await log.key()).pem;
});
afterAll(async () => {
  await log?.close();
  if (folder !== undefined) await rm(folder, { recursive: true });
});

async function follow(
  section: string,
  change: (bundle: Bundle) => void = () => undefined,
  { key = pem, of = bundle }: { key?: string; of?: Uint8Array } = {},
) {
  const read: Bundle = JSON.parse(new TextDecoder().decode(of));
  change(read);
  await writeFile(join(folder, 'bundle.json'), JSON.stringify(read));
  await writeFile(join(folder, 'key.pem'), key);
  const script = join(folder, 'verify.sh');
  await writeFile(script, programs[section] ?? '');
  const env = { ...process.env, PATH: `${folder}${delimiter}${process.env.PATH}` };
  return runProgram('sh', ['-eu', script], { cwd: folder, env, boundMs: 90_000 });
}

/** Base64 of the same bytes but for a bit. */
function flipped(base64: string, at: number): string {
  const bytes = Buffer.from(base64, 'base64');
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  return bytes.toString('base64');
}

const withEnvelope = (change: (envelope: { payload: string; payloadType: string }) => void) => {
  return (read: Bundle) => {
    const envelope = JSON.parse(Buffer.from(read.envelope, 'base64').toString());
    change(envelope);
    read.envelope = Buffer.from(JSON.stringify(envelope)).toString('base64');
  };
};

const no = '0'.repeat(64);

/** The record of a replay whose plan hash is not that of its plan, though its subjects say the same. */
const replayOf = (planHash: string) => () =>
  replayRecord(replayFactsOf({ replayId: randomUUID(), planHash }), sha256).statement;

describe.runIf(absent === null)('the commands of docs/evidence/verify.md', () => {
  it('verify a bundle from its signature to what stands beside it', async () => {
    const { code, output } = await follow('With common tools');
    expect(output.trim().split('\n')).toEqual([
      'signature: ok',
      `statement: ${digest}`,
      expect.stringMatching(/^subject: [0-9a-f]{64} plan$/),
      expect.stringMatching(/^subject: [0-9a-f]{64} shadow-state$/),
      expect.stringMatching(/^subject: [0-9a-f]{64} diff$/),
      expect.stringMatching(/^leaf: [0-9a-f]{64}$/),
      expect.stringMatching(/^root: [0-9a-f]{64}$/),
      `checkpoint: ok, of ${origin}`,
      'inclusion: ok',
      'attachment: ok, remarks',
    ]);
    expect(code).toBe(0);
  });

  it.each(Object.keys(eachKind) as (keyof typeof eachKind)[])(
    'verify a record of every kind that there is, with all that stands beside it: %s',
    async (type) => {
      const made = eachKind[type](randomUUID());
      const { id, digest } = await log.record(made.statement, made.attachments);
      const of = await log.bundle(id, [], made.attachments);
      const { code, output } = await follow('With common tools', undefined, { of });
      const lines = output.trim().split('\n');
      expect(lines).toContain(`statement: ${digest}`);
      expect(lines.filter((line) => line.startsWith('subject: ')).length).toBeGreaterThan(0);
      expect(lines.filter((line) => line.startsWith('attachment: ')).toSorted()).toEqual(
        made.attachments.map(({ name }) => `attachment: ok, ${name}`).toSorted(),
      );
      expect(code).toBe(0);
      const other = await follow(
        'With common tools',
        (read) => {
          for (const each of read.attachments) each.content = flipped(each.content, 2);
        },
        { of },
      );
      expect(other.code === 0).toBe(made.attachments.length === 0);
    },
  );

  it.each<[string, (bundle: Bundle) => void, string | undefined]>([
    [
      'the statement',
      withEnvelope((envelope) => {
        envelope.payload = flipped(envelope.payload, 300);
      }),
      undefined,
    ],
    [
      'the type of the payload',
      withEnvelope((envelope) => {
        envelope.payloadType = 'text/plain';
      }),
      undefined,
    ],
    [
      // What is hashed into the log are the bytes of the envelope, which the signature does not cover.
      'the spelling of the envelope',
      (read) => {
        read.envelope = Buffer.from(`${Buffer.from(read.envelope, 'base64')} `).toString('base64');
      },
      'checkpoint',
    ],
    [
      'the place in the log',
      (read) => {
        read.inclusion.index -= 1;
      },
      'checkpoint',
    ],
    [
      'the proof',
      (read) => {
        read.inclusion.proof = read.inclusion.proof.map((hash, at) => (at === 1 ? flipped(hash, 0) : hash));
      },
      'checkpoint',
    ],
    [
      'the length of the proof',
      (read) => {
        read.inclusion.proof = read.inclusion.proof.slice(0, -1);
      },
      'leaf',
    ],
    [
      'the root in the checkpoint',
      (read) => {
        const lines = read.checkpoint.split('\n');
        read.checkpoint = lines.map((line, at) => (at === 2 ? flipped(line, 3) : line)).join('\n');
      },
      'root',
    ],
    [
      'the name of the log',
      (read) => {
        read.checkpoint = read.checkpoint.replaceAll(origin, `${origin}x`);
      },
      'root',
    ],
    [
      'an attachment',
      (read) => {
        for (const each of read.attachments) each.content = flipped(each.content, 9);
      },
      'inclusion',
    ],
    [
      'the name of an attachment',
      (read) => {
        for (const each of read.attachments) each.name = 'rows';
      },
      'inclusion',
    ],
  ])('end where they come to %s, if it was changed', async (_what, change, reached) => {
    const { code, output } = await follow('With common tools', change);
    expect(code).not.toBe(0);
    const said = output.split('\n').filter((line) => /^[a-z]+: /.test(line) && !line.startsWith('jq: '));
    expect(said.at(-1)?.split(':')[0]).toBe(reached);
  });

  it.each([
    [
      'subjects',
      (statement: object) => ({ ...statement, subject: [{ name: 'plan', digest: { sha256: no } }] }),
    ],
    ['another plan', replayOf(no)],
  ])('end where a record that was truly signed has %s than its predicate says', async (_what, change) => {
    const { id } = await log.replay(change);
    const { code, output } = await follow('With common tools', undefined, { of: await log.bundle(id) });
    expect(code).not.toBe(0);
    expect(output.trim()).toBe('signature: ok');
  });

  it('end at once by another key', async () => {
    const { publicKey } = generateKeyPairSync('ed25519');
    const other = publicKey.export({ type: 'spki', format: 'pem' }).toString();
    const { code, output } = await follow('With common tools', undefined, { key: other });
    expect(code).not.toBe(0);
    expect(output).not.toMatch(/: ok/);
  });

  it('with Reprise’s own command say that all of it holds, and that not all does', async () => {
    const good = await follow("With Reprise's own command");
    expect(good.output).toMatch(/^All of it holds\.$/m);
    expect(good.code).toBe(0);
    const spoiled = await follow("With Reprise's own command", (read) => {
      read.inclusion.index -= 1;
    });
    expect(spoiled).toMatchObject({ code: 2, output: expect.stringMatching(/NOT ALL OF IT HOLDS/) });
  });
});
