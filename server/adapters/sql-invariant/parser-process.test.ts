import { spawnSync } from 'node:child_process';
import { access, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { ParserProcess } from './parser-process.ts';

let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'reprise-parser-'));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

/** A process in the parser's place. */
async function childOf(name: string, onMessage: string): Promise<string> {
  const file = join(folder, `${name}.mjs`);
  const lines = [
    "import { existsSync, writeFileSync } from 'node:fs';",
    `const here = ${JSON.stringify(file)};`,
  ];
  await writeFile(file, `${lines.join('\n')}\nprocess.on('message', ({ id, text }) => { ${onMessage} });\n`);
  return file;
}

describe("the parser's process", () => {
  it('answers what is asked at once, each for itself', async () => {
    const parser = new ParserProcess();
    const texts = ['SELECT 1', 'SELEC 1', 'SELECT 1; SELECT 2'];
    const answers = await Promise.all(texts.map((text) => parser.ask(text)));
    expect(
      answers.map((answer) => ('mistake' in answer ? answer.mistake : answer.statements.length)),
    ).toEqual([1, 'syntax error at or near "SELEC"', 2]);
  });

  it('goes on after a text that it can not bear, and says what that one was refused for', async () => {
    const parser = new ParserProcess();
    const [deep, plain] = await Promise.all([
      parser.ask(`SELECT 1${'+1'.repeat(9_900)}`),
      parser.ask('SELECT 1'),
    ]);
    expect(deep).toMatchObject({ mistake: 'Maximum call stack size exceeded' });
    expect(plain).toMatchObject({ statements: [expect.anything()] });
    expect(await parser.ask('SELECT 2')).toMatchObject({ statements: [expect.anything()] });
  });

  it('is given no environment, and is kept from the optimizing compiler', async () => {
    vi.stubEnv('DATABASE_URL', 'postgresql://somebody:secret@nowhere/nothing');
    const tells =
      'process.send({ id, mistake: JSON.stringify([process.env.DATABASE_URL ?? null, process.execArgv]) });';
    const parser = new ParserProcess({ file: await childOf('tells', tells) });
    expect(await parser.ask('SELECT 1')).toMatchObject({ mistake: '[null,["--liftoff-only"]]' });
    vi.unstubAllEnvs();
  });

  it('has a successor where it was ended from outside', async () => {
    const once = `if (!existsSync(here + '.seen')) { writeFileSync(here + '.seen', ''); process.kill(process.pid, 'SIGKILL'); }
      process.send({ id, mistake: text });`;
    const parser = new ParserProcess({ file: await childOf('once', once) });
    expect(await parser.ask('SELECT 1')).toMatchObject({ mistake: 'SELECT 1' });
  });

  it.each([
    ['ends', 'process.exit(7);', 'ended with 7'],
    ['hangs', 'for (;;);', 'ended with SIGKILL'],
  ])('is not asked a third time where it %s twice', async (name, onMessage, how) => {
    const parser = new ParserProcess({ file: await childOf(name, onMessage), boundMs: 1_500 });
    await expect(parser.ask('SELECT 1')).rejects.toMatchObject({
      code: 'internal',
      message: `PostgreSQL's parser was asked twice, and its process ${how}. Try again.`,
    });
  });

  it('ends when nobody asks, and another answers later', async () => {
    const says =
      "process.on('disconnect', () => writeFileSync(here + '.ended', '')); process.send({ id, mistake: String(process.pid) });";
    const file = await childOf('idle', says);
    const parser = new ParserProcess({ file, idleMs: 50 });
    const first = await parser.ask('SELECT 1');
    await vi.waitFor(() => access(`${file}.ended`), { timeout: 20_000, interval: 50 });
    const second = await parser.ask('SELECT 1');
    expect('mistake' in second && 'mistake' in first && second.mistake !== first.mistake).toBe(true);
  });

  it('keeps nobody alive who has no more to ask', () => {
    const program = `
      const { ParserProcess } = await import(${JSON.stringify(join(import.meta.dirname, 'parser-process.ts'))});
      await new ParserProcess({ idleMs: 600_000 }).ask('SELECT 1');
    `;
    const { status, signal } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
      timeout: 60_000,
      stdio: 'ignore',
    });
    expect({ status, signal }).toEqual({ status: 0, signal: null });
  });
});
