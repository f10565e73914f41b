import type { Health } from '@/server/application/views.ts';

export type Dependency = Health['dependencies'][number];

/** The dependencies of a health answer; null for anything else, as from a proxy in front of a server that is gone. */
export function parseHealth(answer: unknown): readonly Dependency[] | null {
  if (typeof answer !== 'object' || answer === null || !('dependencies' in answer)) return null;
  const { dependencies } = answer;
  if (!Array.isArray(dependencies) || !dependencies.every(isDependency)) return null;
  return dependencies;
}

export type Answer = readonly Dependency[] | 'silent';

/** Whether something that was down is there again, whatever else is down still: it may be what a page lacked. */
export function hasReturned(before: Answer | null, now: Answer): boolean {
  if (before === null || now === 'silent') return false;
  if (before === 'silent') return true;
  const isDown = (each: Dependency) => each.status === 'down';
  const downNow = new Set(now.filter(isDown).map(({ name }) => name));
  return before.some((each) => isDown(each) && !downNow.has(each.name));
}

function isDependency(each: unknown): each is Dependency {
  return (
    typeof each === 'object' &&
    each !== null &&
    'name' in each &&
    typeof each.name === 'string' &&
    'detail' in each &&
    typeof each.detail === 'string' &&
    'status' in each &&
    (each.status === 'up' || each.status === 'down' || each.status === 'not-configured')
  );
}
