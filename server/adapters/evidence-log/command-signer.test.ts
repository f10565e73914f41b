import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { commandSigner } from './command-signer.ts';
import { signerOf, verifyEd25519 } from './node-keys.ts';

const folder = mkdtempSync(join(tmpdir(), 'signer-'));
afterAll(() => rmSync(folder, { recursive: true }));
const { privateKey } = generateKeyPairSync('ed25519');
const inProcess = signerOf(privateKey);
const message = new TextEncoder().encode('DSSEv1 1 x 1 y');

/** A program such as somebody writes before their key service. */
function program(name: string, body: string): string {
  const file = join(folder, `${name}.mjs`);
  writeFileSync(
    file,
    `import { createPrivateKey, sign } from 'node:crypto';
    import { readFileSync } from 'node:fs';
    const key = createPrivateKey(${JSON.stringify(privateKey.export({ type: 'pkcs8', format: 'pem' }))});
    ${body}`,
  );
  return `'${process.execPath}' '${file}'`;
}
const signing = (encode: string) => `process.stdout.write(sign(null, readFileSync(0), key)${encode});`;
const signWith = (command: string) => commandSigner(command, inProcess.publicKey).sign(message);

function statusOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/status`, 'utf8');
  } catch {
    return '';
  }
}

describe('a program that signs', () => {
  it.each([
    ['raw', ''],
    ['base64', `.toString('base64') + '\\n'`],
  ])('is taken for the key that it has: %s', async (name, encode) => {
    const signer = commandSigner(program(name, signing(encode)), inProcess.publicKey);
    expect(signer.keyId).toBe(inProcess.keyId);
    const signature = await signer.sign(message);
    expect(await verifyEd25519(inProcess.publicKey, message, signature)).toBe(true);
  });

  it.each<[string, () => string, RegExp]>([
    ['is not there', () => '/does/not/exist', /ended with 127/],
    ['ends with an error', () => 'cat > /dev/null; exit 3', /ended with 3/],
    ['reads nothing and ends with an error', () => 'exit 4', /ended with 4/],
    ['prints nothing', () => 'cat > /dev/null', /printed no signature/],
    ['prints the message', () => 'cat', /printed no signature/],
    ['prints without end', () => 'yes', /printed more than 4096 bytes/],
    [
      'signs something else',
      () => program('else', `process.stdout.write(sign(null, Buffer.from('else'), key));`),
      /REPRISE_SIGNING_PUBLIC_KEY has not made/,
    ],
  ])('signs nothing where it %s', async (_, command, why) => {
    await expect(signWith(command())).rejects.toMatchObject({
      code: 'signing-failed',
      message: expect.stringMatching(why),
    });
  });

  it('that hangs is ended with all that it has started', async () => {
    const pids = join(folder, 'pids');
    const hanging = `cat > /dev/null; sleep 60 & echo $! > '${pids}'; wait`;
    await expect(commandSigner(hanging, inProcess.publicKey, 1_000).sign(message)).rejects.toMatchObject({
      code: 'signing-failed',
      message: expect.stringContaining('did not answer within 1 s'),
    });
    const pid = Number(readFileSync(pids, 'utf8'));
    // Where nobody reaps it in time, it stands as a dead one for a while.
    const state = () => /^State:\s+(\S)/m.exec(statusOf(pid))?.[1] ?? 'gone';
    await expect.poll(state).toMatch(/^(gone|Z|X)$/);
  });

  it('has signed once it has ended, whatever it says on stderr', async () => {
    const loud = program('loud', `console.error('x'.repeat(100_000)); ${signing('')}`);
    await expect(signWith(loud)).resolves.toHaveLength(64);
  });

  it('is told none of what Reprise is told in secret', async () => {
    vi.stubEnv('REPRISE_SECRET', 'x');
    vi.stubEnv('DATABASE_URL', 'x');
    vi.stubEnv('AWS_PROFILE', 'evidence');
    const command = program(
      'nosy',
      `if (process.env.REPRISE_SECRET || process.env.DATABASE_URL || process.env.AWS_PROFILE !== 'evidence') process.exit(9);
      ${signing('')}`,
    );
    await expect(signWith(command)).resolves.toHaveLength(64);
    vi.unstubAllEnvs();
  });
});
