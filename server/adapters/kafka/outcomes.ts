import type { ReadinessCheck } from '../../application/ports/history.ts';

export function passed(name: string, found: string): ReadinessCheck {
  return { name, outcome: 'passed', found, consequence: null, remedy: null };
}

export function couldNotRun(name: string, found: string): ReadinessCheck {
  return {
    name,
    outcome: 'could-not-run',
    found,
    consequence: 'Whether a replay would be harmed by this is not known.',
    remedy: null,
  };
}

export function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? '' : 's'}`;
}
