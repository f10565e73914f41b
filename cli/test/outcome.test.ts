import { describe, expect, test } from 'vitest';
import {
  countPlaywright,
  countVitest,
  countWithSecondTry,
  filesToTryAgain,
  findNotRun,
  mostTriedAgain,
  type Outcome,
  sum,
} from './outcome.ts';

const outcome = (of: Partial<Outcome>): Outcome => ({
  ...{ passed: 0, failed: 0, notRun: [], failures: [], unsteady: [] },
  ...of,
});

type Status = 'passed' | 'failed' | 'skipped';

/** A report of tests by file. A file may have failed outside of them. */
function ran(files: Readonly<Record<string, Readonly<Record<string, Status>>>>, broken: string[] = []) {
  const testResults = Object.entries(files).map(([name, tests]) => ({
    name,
    status: broken.includes(name) || Object.values(tests).includes('failed') ? 'failed' : 'passed',
    assertionResults: Object.entries(tests).map(([fullName, status]) => ({ fullName, status })),
  }));
  return { testResults };
}

test('tests are counted as the reporter saw them', () => {
  expect(countVitest(ran({ '/a': { x: 'passed', y: 'passed' } }), 0, 'unit')).toEqual(outcome({ passed: 2 }));
  expect(countVitest(ran({ '/a': { x: 'passed', y: 'failed' } }), 1, 'unit')).toEqual(
    outcome({ passed: 1, failed: 1, failures: ['/a > y'] }),
  );
});

test('a file that fails outside of its tests is a failure', () => {
  const imported = ran({ '/a': { x: 'passed' }, '/b': {} }, ['/b']);
  const hooked = ran({ '/a': { x: 'passed' }, '/b': { y: 'skipped' } }, ['/b']);
  for (const report of [imported, hooked])
    expect(countVitest(report, 1, 'unit')).toMatchObject({
      ...{ passed: 1, failed: 1, failures: ['/b, outside of its tests'] },
    });
});

test('a run that ends badly is never without a failure', () => {
  const good = ran({ '/a': { x: 'passed' } });
  expect(countVitest(good, 1, 'unit').failed).toBe(1);
  expect(countVitest(good, null, 'unit').failed).toBe(1);
  expect(countVitest(null, 0, 'unit').failed).toBe(1);
  expect(countPlaywright({ stats: { expected: 2, unexpected: 0, flaky: 0, skipped: 0 } }, 1).failed).toBe(1);
  expect(countPlaywright('', 0).failed).toBe(1);
});

test('a skipped test is said and not counted as passed', () => {
  const report = ran({ '/a': { x: 'passed', y: 'skipped', z: 'skipped' } });
  const { passed, notRun } = countVitest(report, 0, 'integration');
  expect(passed).toBe(1);
  expect(notRun).toEqual(['2 integration tests, skipped by the tests themselves']);
});

describe('files that failed and are run again by themselves', () => {
  const report = ran({ '/a': { x: 'passed', y: 'failed' }, '/b': { z: 'passed' } });
  const first = { report, code: 1 };
  const counted = countVitest(report, 1, 'integration');

  test('are the failed ones, when they are few and nothing but them failed', () => {
    expect(filesToTryAgain(report, 1, '')).toEqual(['/a']);
    expect(filesToTryAgain(ran({ '/a': {}, '/b': { z: 'skipped' } }, ['/a', '/b']), 1, '')).toEqual([
      '/a',
      '/b',
    ]);
    expect(filesToTryAgain(report, null, '')).toEqual([]);
    expect(filesToTryAgain(null, 1, '')).toEqual([]);
    expect(filesToTryAgain(report, 1, '\u001b[31m⎯⎯ Unhandled Errors ⎯⎯')).toEqual([]);
    const failed = (count: number) =>
      ran(Object.fromEntries(Array.from({ length: count }, (_, i) => [`/${i}`, { x: 'failed' as const }])));
    expect(filesToTryAgain(failed(mostTriedAgain), 1, '')).toHaveLength(mostTriedAgain);
    expect(filesToTryAgain(failed(mostTriedAgain + 1), 1, '')).toEqual([]);
  });

  test('count as they end then, and what failed before is named', () => {
    const second = { report: ran({ '/a': { x: 'passed', y: 'passed' } }), code: 0 };
    const healed = outcome({ passed: 3, unsteady: ['/a > y'] });
    expect(countWithSecondTry(first, second, 'integration')).toEqual(healed);
    const hooked = {
      report: ran({ '/a': { x: 'skipped', y: 'skipped' }, '/b': { z: 'passed' } }, ['/a']),
      code: 1,
    };
    const named = outcome({ passed: 3, unsteady: ['/a, outside of its tests'] });
    expect(countWithSecondTry(hooked, second, 'integration')).toEqual(named);
  });

  test('stay as they were when anything fails again, or when nobody saw them run', () => {
    for (const [second, code] of [
      [ran({ '/a': { x: 'passed', y: 'failed' } }), 1],
      [ran({ '/a': { x: 'passed', y: 'passed' } }), 1],
      [ran({ '/a': { x: 'passed', y: 'passed' } }), null],
      [ran({ '/a': { x: 'passed' } }), 0],
      [ran({ '/a': { x: 'passed', y: 'skipped' } }), 0],
      [ran({ '/a': {} }), 0],
      [ran({ '/b': { y: 'passed' } }), 0],
      [null, 0],
    ] as const)
      expect(countWithSecondTry(first, { report: second, code }, 'integration')).toEqual(counted);
  });
});

test('a journey that passes when it is tried again is counted as passed and named; another is a failure', () => {
  const spec = (title: string, status: string, ...tries: string[]) => ({
    ...{ title, file: 'a.spec.ts' },
    tests: [{ status, results: tries.map((each) => ({ status: each })) }],
  });
  const later = [
    spec('shaky', 'flaky', 'failed', 'passed'),
    // Of a group that is tried again as a whole: what has passed once can fail then.
    spec('done once', 'flaky', 'passed', 'failed'),
    spec('bad', 'unexpected', 'failed', 'failed'),
  ];
  const suites = [{ specs: [spec('good', 'expected', 'passed')], suites: [{ specs: later }] }];
  const stats = { expected: 5, unexpected: 1, flaky: 2, skipped: 0 };
  expect(countPlaywright({ stats, suites }, 1)).toEqual(
    outcome({
      ...{ passed: 6, failed: 2, failures: ['a.spec.ts > done once', 'a.spec.ts > bad'] },
      unsteady: ['a.spec.ts > shaky'],
    }),
  );
});

test('what a phase could not check is found in its output, once', () => {
  const output = 'x\nNOT RUN: tests that need Kafka: no Java.\ny\nNOT RUN: tests that need Kafka: no Java.\n';
  expect(findNotRun(output)).toEqual(['tests that need Kafka: no Java.']);
});

test('the sum adds everything up', () => {
  const total = sum([
    outcome({ passed: 3, notRun: ['a'], unsteady: ['x'] }),
    outcome({ passed: 1, failed: 2, notRun: ['a', 'b'], failures: ['y', 'z'] }),
  ]);
  expect(total).toEqual(
    outcome({ passed: 4, failed: 2, notRun: ['a', 'b'], failures: ['y', 'z'], unsteady: ['x'] }),
  );
});
