/** What a phase of the run has to show for itself. Checks count as one test each. */
export type Outcome = {
  passed: number;
  failed: number;
  /** Sentences about what could not be checked here, without the words NOT RUN. */
  notRun: string[];
};

export const passedCheck: Outcome = { passed: 1, failed: 0, notRun: [] };
export const failedCheck: Outcome = { passed: 0, failed: 1, notRun: [] };

type VitestReport = {
  numPassedTests: number;
  numFailedTests: number;
  numPendingTests: number;
  numTodoTests: number;
  testResults: { name: string; status: string; assertionResults: unknown[] }[];
};

/**
 * Counts Vitest's JSON report. A file that failed before its first test is one failure, as is a run
 * that ended badly with no failed test in it (an error outside of tests): else it would read as good.
 */
export function countVitest(report: unknown, exitCode: number | null, phase: string): Outcome {
  if (!isVitestReport(report)) return failedCheck;
  const brokenFiles = report.testResults.filter(
    (file) => file.status === 'failed' && file.assertionResults.length === 0,
  ).length;
  const failed = report.numFailedTests + brokenFiles;
  const skipped = report.numPendingTests + report.numTodoTests;
  return {
    passed: report.numPassedTests,
    failed: failed === 0 && exitCode !== 0 ? 1 : failed,
    notRun:
      skipped === 0
        ? []
        : [`${skipped} ${phase} test${skipped === 1 ? '' : 's'}, skipped by the tests themselves`],
  };
}

type PlaywrightReport = {
  stats: { expected: number; unexpected: number; flaky: number; skipped: number };
};

/** Counts Playwright's JSON report. A flaky test has failed once, so it is a failure. */
export function countPlaywright(report: unknown, exitCode: number | null): Outcome {
  if (!isPlaywrightReport(report)) return failedCheck;
  const { expected, unexpected, flaky, skipped } = report.stats;
  const failed = unexpected + flaky;
  return {
    passed: expected,
    failed: failed === 0 && exitCode !== 0 ? 1 : failed,
    notRun: skipped === 0 ? [] : [`${skipped} browser journey${skipped === 1 ? '' : 's'}, skipped`],
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
  };
}

function isVitestReport(value: unknown): value is VitestReport {
  if (typeof value !== 'object' || value === null) return false;
  const report = value as Partial<VitestReport>;
  return typeof report.numPassedTests === 'number' && Array.isArray(report.testResults);
}

function isPlaywrightReport(value: unknown): value is PlaywrightReport {
  if (typeof value !== 'object' || value === null) return false;
  return typeof (value as Partial<PlaywrightReport>).stats?.expected === 'number';
}
