import { peopleStore } from '../adapters/people/people-store.ts';
import { postgresReadiness } from '../adapters/postgres/readiness-store.ts';
import type { ReadinessDeps } from '../application/readiness/check-readiness.ts';
import type { Composed } from './compose.ts';

export function readinessDeps({ replayDeps }: Composed): ReadinessDeps {
  return { ...replayDeps, readiness: postgresReadiness, people: peopleStore };
}
