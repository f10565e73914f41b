import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { access, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';

/*
 * Programs that are not ours, as far as this machine has them: a check that needs one which is not there is not run,
 * and says why. What has to be downloaded is kept in `.reprise/cache`.
 */

const cache = resolve('.reprise/cache/third-party');
const downloadMs = 60_000;
/** Go compiles its standard library once, which takes a minute where nothing of it is in its cache. */
const buildMs = 240_000;

export type Ran = { readonly code: number; readonly output: string };

/** Runs a program to its end, and gives what it said. One that is not there or takes too long throws. */
export function runProgram(
  program: string,
  args: readonly string[],
  options: { readonly cwd?: string; readonly env?: NodeJS.ProcessEnv; readonly boundMs?: number } = {},
): Promise<Ran> {
  const { cwd, env = process.env, boundMs = 30_000 } = options;
  return new Promise((done, fail) => {
    execFile(
      program,
      args,
      { cwd, env, timeout: boundMs, killSignal: 'SIGKILL' },
      (error, stdout, stderr) => {
        const output = `${stdout}${stderr}`;
        if (error === null) done({ code: 0, output });
        else if (error.killed) fail(new Error(`${program} took longer than ${boundMs / 1000} s`));
        else if (typeof error.code === 'number') done({ code: error.code, output });
        else fail(new Error(`${program} can't be run (${error.code ?? error.message})`));
      },
    );
  });
}

/** A tool, or why there is none, in words that fit one line. */
export type Tool = { readonly path: string } | { readonly absent: string };

/** What was downloaded is not what its digest here says: that is no reason to run without it. */
class WrongDigest extends Error {}

async function must(what: string, ran: Promise<Ran>): Promise<string> {
  const { code, output } = await ran;
  if (code === 0) return output;
  if (/DO NOT MATCH THE HASHES|checksum mismatch/.test(output)) throw new WrongDigest(`${what}: ${output}`);
  throw new Error(`${what}: ${output.trim().split('\n').at(-1) ?? `it ended with ${code}`}`);
}

async function toolOr(make: () => Promise<string>): Promise<Tool> {
  try {
    return { path: await make() };
  } catch (error) {
    if (error instanceof WrongDigest) throw error;
    return { absent: error instanceof Error ? error.message : String(error) };
  }
}

/** The Go program that verifies a log, built. That it does not compile is no reason not to run it: it throws. */
export async function goVerifier(): Promise<Tool> {
  const cwd = resolve('e2e/third-party/go');
  const path = join(cache, process.platform === 'win32' ? 'verify-log.exe' : 'verify-log');
  // Another toolchain than the one that is there would be a download of its own.
  const env = { ...process.env, GOTOOLCHAIN: 'local', GOFLAGS: '-mod=readonly -buildvcs=false' };
  const fetched = await toolOr(async () => {
    await mkdir(cache, { recursive: true });
    await must('its modules', runProgram('go', ['mod', 'download'], { cwd, env, boundMs: downloadMs }));
    return path;
  });
  if ('absent' in fetched) return fetched;
  await must('go build', runProgram('go', ['build', '-o', path, '.'], { cwd, env, boundMs: buildMs }));
  return fetched;
}

/** A Python that has the libraries of DSSE and in-toto, in the very files that the requirements name by digest. */
export function pythonWithLibraries(): Promise<Tool> {
  return toolOr(async () => {
    const requirements = resolve('e2e/third-party/python/requirements.txt');
    const version = await must('python3', runProgram('python3', ['--version']));
    const wanted = createHash('sha256')
      .update(version)
      .update(await readFile(requirements));
    const folder = join(cache, `python-${wanted.digest('hex').slice(0, 12)}`);
    const python =
      process.platform === 'win32' ? join(folder, 'Scripts', 'python.exe') : join(folder, 'bin', 'python');
    const complete = join(folder, 'complete');
    if (await isThere(complete)) return python;
    await rm(folder, { recursive: true, force: true });
    await must('python3 -m venv', runProgram('python3', ['-m', 'venv', folder], { boundMs: downloadMs }));
    const options = ['--disable-pip-version-check', '--require-hashes', '--only-binary', ':all:'];
    const install = ['-m', 'pip', 'install', '--quiet', ...options, '--requirement', requirements];
    await must('its libraries', runProgram(python, install, { boundMs: downloadMs }));
    await writeFile(complete, '');
    return python;
  });
}

const isThere = (file: string) =>
  access(file).then(
    () => true,
    () => false,
  );

/** The first of these programs that is not there; null where all are. OpenSSL has to be of version 3. */
export async function whyNoShellTools(programs: readonly string[]): Promise<string | null> {
  for (const program of programs) {
    const { code } = await runProgram('sh', ['-c', `command -v ${program}`]).catch(() => ({ code: 1 }));
    if (code !== 0) return `no ${program}`;
  }
  const { output } = await runProgram('openssl', ['version']);
  return /^OpenSSL [3-9]/.test(output) ? null : `${output.trim()} is none of OpenSSL 3`;
}

/** Says on the run's last lines what was not looked at, if it was not. */
export function sayNotRun(what: string, absent: string | null): void {
  if (absent !== null) process.stdout.write(`NOT RUN: ${what}: ${absent}.\n`);
}
