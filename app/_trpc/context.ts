import type { Context } from '@/server/api/context.ts';
import { composeDashboard } from '@/server/composition.ts';
import { settings } from '@/server/env.ts';

/** One set of adapters for the whole process: development reloads modules, and a pool a reload would pile up. */
const kept = globalThis as typeof globalThis & { repriseDashboard?: ReturnType<typeof composeDashboard> };

export function dashboard(): ReturnType<typeof composeDashboard> {
  kept.repriseDashboard ??= composeDashboard(settings(), 'web');
  return kept.repriseDashboard;
}

/** What a page or a request may do. Until people sign in, whoever reaches this machine's own address is its operator. */
export function pageContext(): Context {
  const { queries, commands, live, log } = dashboard();
  return {
    actor: { name: settings().operator, roles: ['viewer', 'operator', 'auditor'] },
    queries,
    commands,
    live,
    reportFailure: (error, path) => log.error({ error, path }, 'a procedure failed'),
  };
}
