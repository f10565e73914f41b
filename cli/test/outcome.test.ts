import { expect, test } from 'vitest';
import { countPlaywright, countVitest, findNotRun, sum } from './outcome.ts';

const file = (status: string, tests: number) => ({
  name: 'some.test.ts',
  status,
  assertionResults: Array.from({ length: tests }, () => ({})),
});
const vitest = (passed: number, failed: number, testResults = [file('passed', passed)], skipped = 0) => ({
  numPassedTests: passed,
  numFailedTests: failed,
  numPendingTests: skipped,
  numTodoTests: 0,
  testResults,
});

test('tests are counted as the reporter saw them', () => {
  expect(countVitest(vitest(12, 0), 0, 'unit')).toEqual({ passed: 12, failed: 0, notRun: [] });
  expect(countVitest(vitest(12, 3), 1, 'unit')).toMatchObject({ passed: 12, failed: 3 });
});

test('a file that fails before its first test is a failure', () => {
  const report = vitest(4, 0, [file('passed', 4), file('failed', 0)]);
  expect(countVitest(report, 1, 'unit')).toMatchObject({ passed: 4, failed: 1 });
});

test('a run that ends badly is never without a failure', () => {
  expect(countVitest(vitest(4, 0), 1, 'unit').failed).toBe(1);
  expect(countVitest(vitest(4, 0), null, 'unit').failed).toBe(1);
  expect(countVitest(null, 0, 'unit').failed).toBe(1);
  expect(countPlaywright({ stats: { expected: 2, unexpected: 0, flaky: 0, skipped: 0 } }, 1).failed).toBe(1);
  expect(countPlaywright('', 0).failed).toBe(1);
});

test('a skipped test is said and not counted as passed', () => {
  const { passed, notRun } = countVitest(vitest(4, 0, [file('passed', 6)], 2), 0, 'integration');
  expect(passed).toBe(4);
  expect(notRun).toEqual(['2 integration tests, skipped by the tests themselves']);
});

test('a flaky journey is a failure', () => {
  const outcome = countPlaywright({ stats: { expected: 5, unexpected: 1, flaky: 1, skipped: 0 } }, 1);
  expect(outcome).toMatchObject({ passed: 5, failed: 2 });
});

test('what a phase could not check is found in its output, once', () => {
  const output = 'x\nNOT RUN: tests that need Kafka: no Java.\ny\nNOT RUN: tests that need Kafka: no Java.\n';
  expect(findNotRun(output)).toEqual(['tests that need Kafka: no Java.']);
});

test('the sum adds everything up', () => {
  const total = sum([
    { passed: 3, failed: 0, notRun: ['a'] },
    { passed: 1, failed: 2, notRun: ['a', 'b'] },
  ]);
  expect(total).toEqual({ passed: 4, failed: 2, notRun: ['a', 'b'] });
});
