/** What a phase of the run has to show for itself. Checks count as one test each. */
export type Outcome = {
  passed: number;
  failed: number;
  /** Sentences about what could not be checked here, without the words NOT RUN. */
  notRun: string[];
  /** The tests that failed, by name: the end of a long print is often all that is kept of it. */
  failures: string[];
  /** Tests that failed and then passed by themselves. They count as passed, and are named every time. */
  unsteady: string[];
};

const nothing = { notRun: [], failures: [], unsteady: [] };
export const passedCheck: Outcome = { ...nothing, passed: 1, failed: 0 };
export const failedCheck: Outcome = { ...nothing, passed: 0, failed: 1 };

type VitestTest = { fullName: string; status: string };
type VitestFile = { name: string; status: string; assertionResults: VitestTest[] };
type VitestReport = { testResults: VitestFile[] };

const withStatus = (file: VitestFile, status: string) =>
  file.assertionResults.filter((each) => each.status === status);

/** What failed in a file: its tests, or itself where it did not come to a failed test (a hook, an import). */
function failuresOf(file: VitestFile): string[] {
  const tests = withStatus(file, 'failed').map(({ fullName }) => `${file.name} > ${fullName}`);
  return tests.length === 0 && file.status === 'failed' ? [`${file.name}, outside of its tests`] : tests;
}

/**
 * Counts Vitest's JSON report. A file that failed with no failed test is one failure, as is a run
 * that ended badly with no failed file in it (an error outside of tests): else it would read as good.
 */
export function countVitest(report: unknown, exitCode: number | null, phase: string): Outcome {
  if (!isVitestReport(report)) return failedCheck;
  const files = report.testResults;
  const failures = files.flatMap(failuresOf);
  const tests = files.reduce((total, file) => total + file.assertionResults.length, 0);
  const passed = files.reduce((total, file) => total + withStatus(file, 'passed').length, 0);
  const skipped =
    tests - passed - files.reduce((total, file) => total + withStatus(file, 'failed').length, 0);
  const notRun = `${skipped} ${phase} test${skipped === 1 ? '' : 's'}, skipped by the tests themselves`;
  return {
    passed,
    failed: failures.length === 0 && exitCode !== 0 ? 1 : failures.length,
    notRun: skipped === 0 ? [] : [notRun],
    failures,
    unsteady: [],
  };
}

/** More failed files than so many are no accident of the moment. */
export const mostTriedAgain = 5;

/** What Vitest heads errors with that belong to no test, and that its report does not hold. */
const outsideOfTests = /Unhandled (Errors?|Rejections?)/;

/** The files to run again by themselves: the failed ones, when they are few and nothing but them failed. */
export function filesToTryAgain(report: unknown, exitCode: number | null, output: string): string[] {
  if (!isVitestReport(report) || exitCode === null || outsideOfTests.test(output)) return [];
  const files = report.testResults.filter((file) => failuresOf(file).length > 0).map(({ name }) => name);
  return files.length > mostTriedAgain ? [] : files;
}

type VitestRun = { readonly report: unknown; readonly code: number | null };

/**
 * A run whose failed files came to something else by themselves: these stand for those, and what failed before is
 * named. Each of their tests has to pass then: where one fails, is skipped or is missing, nothing is changed.
 */
export function countWithSecondTry(first: VitestRun, second: VitestRun, phase: string): Outcome {
  const before = countVitest(first.report, first.code, phase);
  if (second.code !== 0 || !isVitestReport(first.report) || !isVitestReport(second.report)) return before;
  const again = new Map(second.report.testResults.map((file) => [file.name, file]));
  const isHealed = (file: VitestFile) => {
    const passed = again.get(file.name)?.assertionResults ?? [];
    return (
      passed.length > 0 &&
      passed.length >= file.assertionResults.length &&
      passed.every(({ status }) => status === 'passed')
    );
  };
  const failed = first.report.testResults.filter((file) => failuresOf(file).length > 0);
  if (!failed.every(isHealed)) return before;
  const testResults = first.report.testResults.map((file) =>
    failed.includes(file) ? (again.get(file.name) ?? file) : file,
  );
  return { ...countVitest({ testResults }, 0, phase), unsteady: before.failures };
}

type Journey = { status: string; results?: { status: string }[] };
type PlaywrightSuite = {
  specs?: { title: string; file: string; tests: Journey[] }[];
  suites?: PlaywrightSuite[];
};
type PlaywrightReport = {
  stats: { expected: number; unexpected: number; flaky: number; skipped: number };
  suites?: PlaywrightSuite[];
};

function journeysOf(suites: readonly PlaywrightSuite[], which: (journey: Journey) => boolean): string[] {
  return suites.flatMap((suite) => [
    ...(suite.specs ?? [])
      .filter(({ tests }) => tests.some(which))
      .map(({ file, title }) => `${file} > ${title}`),
    ...journeysOf(suite.suites ?? [], which),
  ]);
}

/** Of several tries one passed and one did not; the last one counts, which may be either. */
const endedWell = ({ status, results }: Journey) =>
  status === 'flaky' && results?.at(-1)?.status === 'passed';
const endedBadly = (journey: Journey) =>
  journey.status === 'unexpected' || (journey.status === 'flaky' && !endedWell(journey));

/** Counts Playwright's JSON report. A journey that passed when it was tried again is counted as passed, and named. */
export function countPlaywright(report: unknown, exitCode: number | null): Outcome {
  if (!isPlaywrightReport(report)) return failedCheck;
  const { expected, unexpected, flaky, skipped } = report.stats;
  const unsteady = journeysOf(report.suites ?? [], endedWell);
  const failed = unexpected + flaky - unsteady.length;
  return {
    passed: expected + unsteady.length,
    failed: failed === 0 && exitCode !== 0 ? 1 : failed,
    notRun: skipped === 0 ? [] : [`${skipped} browser journey${skipped === 1 ? '' : 's'}, skipped`],
    failures: journeysOf(report.suites ?? [], endedBadly),
    unsteady,
  };
}

/** Lines in which a phase said that it could not check something. */
export function findNotRun(output: string): string[] {
  const lines = [...output.matchAll(/^NOT RUN: (.+)$/gm)].map((match) => (match[1] ?? '').trim());
  return [...new Set(lines)];
}

export function sum(outcomes: readonly Outcome[]): Outcome {
  return {
    passed: outcomes.reduce((total, one) => total + one.passed, 0),
    failed: outcomes.reduce((total, one) => total + one.failed, 0),
    notRun: [...new Set(outcomes.flatMap((one) => one.notRun))],
    failures: outcomes.flatMap((one) => one.failures),
    unsteady: outcomes.flatMap((one) => one.unsteady),
  };
}

function isVitestReport(value: unknown): value is VitestReport {
  return typeof value === 'object' && value !== null && Array.isArray((value as VitestReport).testResults);
}

function isPlaywrightReport(value: unknown): value is PlaywrightReport {
  if (typeof value !== 'object' || value === null) return false;
  return typeof (value as Partial<PlaywrightReport>).stats?.expected === 'number';
}
