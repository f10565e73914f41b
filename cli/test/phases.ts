import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buildPages } from '../start/build.ts';
import { rotatedLog } from '../start/logs.ts';
import { tryBrowser } from './browser.ts';
import {
  countPlaywright,
  countVitest,
  countWithSecondTry,
  failedCheck,
  filesToTryAgain,
  findNotRun,
  type Outcome,
  passedCheck,
} from './outcome.ts';
import { runCommand } from './run-command.ts';

export type RunContext = { root: string; reports: string; env: NodeJS.ProcessEnv; isCi: boolean };

export type Phase = { name: string; run: (context: RunContext) => Promise<Outcome> };

const MINUTE_MS = 60_000;

/** In the order in which they run: the quick and plain ones first. */
export const phases: readonly Phase[] = [
  check('format', ['node_modules/@biomejs/biome/bin/biome', 'format', '.']),
  check('lint', ['node_modules/@biomejs/biome/bin/biome', 'lint', '--error-on-warnings', '.']),
  check('types', ['node_modules/typescript/bin/tsc', '--noEmit', '--incremental', 'false']),
  check('boundaries', [
    'node_modules/dependency-cruiser/bin/dependency-cruiser.mjs',
    ...['--config', '.dependency-cruiser.cjs'],
    ...['app', 'components', 'server', 'contracts', 'cli', 'demo', 'bench', 'e2e'],
  ]),
  check('unused', ['node_modules/knip/bin/knip.js']),
  vitest('unit', 10 * MINUTE_MS),
  vitest('integration', 40 * MINUTE_MS, true),
  { name: 'build', run: runBuild },
  { name: 'browser', run: runBrowser },
];

/** A tool that says nothing or everything: its output is printed only when it finds fault. */
function check(name: string, args: readonly string[]): Phase {
  return {
    name,
    run: async ({ root, env }) => {
      const result = await runCommand(args, { cwd: root, env, boundMs: 10 * MINUTE_MS, isLoud: false });
      if (result.code === 0) return passedCheck;
      process.stdout.write(`${result.output.trimEnd()}\n`);
      if (result.isOverdue) process.stdout.write(`${name} took longer than 10 minutes and was ended.\n`);
      return failedCheck;
    },
  };
}

/** Tests with real servers share two cores with each other: which of them fail is tried once more, alone. */
function vitest(project: string, boundMs: number, mayBeUnsteady = false): Phase {
  return {
    name: project,
    run: async (context) => {
      const first = await runVitest(context, project, boundMs);
      const notRun = findNotRun(first.output);
      const again = mayBeUnsteady ? filesToTryAgain(first.report, first.code, first.output) : [];
      const count = async () => {
        if (again.length === 0) return countVitest(first.report, first.code, project);
        process.stdout.write(`\nRunning by themselves, since they failed: ${again.join(', ')}\n`);
        return countWithSecondTry(first, await runVitest(context, project, boundMs, again), project);
      };
      const outcome = await count();
      return { ...outcome, notRun: [...notRun, ...outcome.notRun] };
    },
  };
}

/** Some files alone run one after the other. */
async function runVitest(
  { root, env, reports }: RunContext,
  project: string,
  boundMs: number,
  files: readonly string[] = [],
) {
  const report = join(reports, `${project}${files.length === 0 ? '' : '-again'}.json`);
  const args = ['node_modules/vitest/vitest.mjs', 'run', '--project', `${project}*`, ...files];
  args.push('--reporter=default', '--reporter=json', `--outputFile.json=${report}`);
  if (files.length > 0) args.push('--maxWorkers=1');
  const { code, output, isOverdue } = await runCommand(args, { cwd: root, env, boundMs, isLoud: true });
  if (isOverdue) process.stdout.write(`${project} took longer than ${boundMs / MINUTE_MS} minutes.\n`);
  return { report: await readReport(report), code, output };
}

async function runBuild({ root, reports }: RunContext): Promise<Outcome> {
  try {
    const logFile = await rotatedLog(reports, 'build');
    await buildPages(root, join(root, '.reprise', 'cache', 'build.key'), { logFile });
    return passedCheck;
  } catch (error) {
    process.stdout.write(`${error instanceof Error ? error.message : String(error)}\n`);
    return failedCheck;
  }
}

/** CI requires a browser; elsewhere the run says that it had none. */
async function runBrowser({ root, env, reports, isCi }: RunContext): Promise<Outcome> {
  const found = await tryBrowser();
  if ('why' in found) {
    const notRun = [`browser journeys: no browser starts here (${found.why})`];
    return { ...failedCheck, failed: isCi ? 1 : 0, notRun };
  }
  const file = join(reports, 'browser.json');
  const args = ['node_modules/@playwright/test/cli.js', 'test', '--config', 'e2e/playwright.config.ts'];
  args.push('--retries=1');
  const { code, output } = await runCommand(args, {
    cwd: root,
    env: { ...env, ...found.env, REPRISE_E2E_REPORT: file },
    boundMs: 40 * MINUTE_MS,
    isLoud: true,
  });
  const outcome = countPlaywright(await readReport(file), code);
  return { ...outcome, notRun: [...findNotRun(output), ...outcome.notRun] };
}

async function readReport(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, 'utf8'));
  } catch {
    return null;
  }
}
