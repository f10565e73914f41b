import type { Refused } from '../shared/parsed.ts';
import { type Check, type CheckName, checkNames, type FailureCode, type NotRunCode } from './report.ts';

/** Gathers one check for each name. What is passed on from one to the next is null where it did not pass. */
export class Steps {
  private readonly made = new Map<CheckName, Check>();

  pass<T>(name: CheckName, sentence: string, value: T): T {
    this.made.set(name, { name, outcome: 'pass', sentence });
    return value;
  }

  fail(name: CheckName, { code, sentence }: Omit<Refused<FailureCode>, 'ok'>): null {
    this.made.set(name, { name, outcome: 'fail', code, sentence });
    return null;
  }

  notRun(name: CheckName, code: NotRunCode, sentence: string): null {
    this.made.set(name, { name, outcome: 'not-run', code, sentence });
    return null;
  }

  /** Whether these have passed. If not, says so of a check that needs them. */
  needs(name: CheckName, ...needed: readonly CheckName[]): boolean {
    const broken = needed.find((each) => this.made.get(each)?.outcome !== 'pass');
    if (broken === undefined) return true;
    this.notRun(name, 'prerequisite', `It needs the check "${broken}", which has not passed.`);
    return false;
  }

  all(): readonly Check[] {
    return checkNames.map(
      (name): Check =>
        this.made.get(name) ?? {
          name,
          outcome: 'not-run',
          code: 'prerequisite',
          sentence: 'It was not reached.',
        },
    );
  }
}
