import type { Health } from '@/server/application/views.ts';

export type Dependency = Health['dependencies'][number];

/** The dependencies of a health answer; null for anything else, as from a proxy in front of a server that is gone. */
export function parseHealth(answer: unknown): readonly Dependency[] | null {
  if (typeof answer !== 'object' || answer === null || !('dependencies' in answer)) return null;
  const { dependencies } = answer;
  if (!Array.isArray(dependencies) || !dependencies.every(isDependency)) return null;
  return dependencies;
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
