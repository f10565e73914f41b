/** `npm test`: every check there is, all of them even when one fails, and one line at the end. */
import { mkdir, rm } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { generateClient } from './start/build.ts';
import { rotatedLog } from './start/logs.ts';
import { testEnvironment } from './test/environment.ts';
import { failedCheck, type Outcome, sum } from './test/outcome.ts';
import { type Phase, phases, type RunContext } from './test/phases.ts';
import { endCommands, runCommand } from './test/run-command.ts';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const reports = join(root, '.reprise', 'test', 'reports');

function choosePhases(names: readonly string[]): readonly Phase[] | null {
  const unknown = names.filter((name) => !phases.some((phase) => phase.name === name));
  if (unknown.length > 0) {
    const known = phases.map((phase) => phase.name).join(', ');
    process.stderr.write(`There is no phase ${unknown.join(', ')}. They are: ${known}.\n`);
    return null;
  }
  return names.length === 0 ? phases : phases.filter((phase) => names.includes(phase.name));
}

/** What checkers and tests read but nobody commits: the database client and Next's route types. */
async function generate(context: RunContext): Promise<void> {
  const logFile = await rotatedLog(reports, 'prisma');
  await generateClient(root, join(root, '.reprise', 'cache', 'client.key'), { logFile });
  const next = ['node_modules/next/dist/bin/next', 'typegen'];
  const { code, output } = await runCommand(next, {
    cwd: root,
    env: context.env,
    boundMs: 120_000,
    isLoud: false,
  });
  if (code !== 0) process.stdout.write(`next typegen failed:\n${output}\n`);
}

async function runPhase(phase: Phase, context: RunContext): Promise<Outcome> {
  process.stdout.write(`\n── ${phase.name}\n`);
  const startedAt = performance.now();
  const outcome = await phase.run(context).catch((error: unknown) => {
    process.stdout.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    return failedCheck;
  });
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  const mark = outcome.failed > 0 ? '✗' : outcome.passed > 0 ? '✓' : '–';
  process.stdout.write(
    `${mark} ${phase.name}: ${outcome.passed} passed, ${outcome.failed} failed  ${seconds} s\n`,
  );
  return outcome;
}

/** Tests are named by the whole path of their file, journeys by its name alone. */
const inRoot = (name: string) => (name.startsWith(root + sep) ? name.slice(root.length + 1) : name);

async function main(): Promise<void> {
  const chosen = choosePhases(process.argv.slice(2));
  if (chosen === null) {
    process.exitCode = 1;
    return;
  }
  await rm(reports, { recursive: true, force: true });
  await mkdir(reports, { recursive: true });
  const context: RunContext = {
    root,
    reports,
    env: testEnvironment(process.env),
    isCi: process.env.CI === 'true',
  };
  await generate(context);
  const outcomes: Outcome[] = [];
  for (const phase of chosen) outcomes.push(await runPhase(phase, context));
  const total = sum(outcomes);
  process.stdout.write('\n');
  for (const line of total.notRun) process.stdout.write(`NOT RUN: ${line}\n`);
  for (const name of total.unsteady)
    process.stdout.write(`UNSTEADY: ${inRoot(name)} failed, and passed when it was run again\n`);
  for (const name of total.failures) process.stdout.write(`FAILED: ${inRoot(name)}\n`);
  process.stdout.write(`${total.passed} passed, ${total.failed} failed\n`);
  process.exitCode = total.failed === 0 ? 0 : 1;
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    // The phase in hand ends with its command, which stops its servers; those behind it must not start.
    void endCommands(signal).then(() => process.exit(130));
  });
}

await main();
process.disconnect?.();
