import { composeDashboard } from '../server/composition/dashboard.ts';
import { readSettings } from '../server/env.ts';

export type PageTimes = {
  readonly what: string;
  readonly calls: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
};

const pageRows = 50;

/**
 * Times what the discrepancy page asks, through the use case that it calls. Pages are walked by their cursors, so
 * that deep ones are among the calls; a walk that has reached its end begins again.
 */
export async function timePages(
  env: Readonly<Record<string, string>>,
  root: string,
  replayId: string,
  calls: number,
): Promise<readonly PageTimes[]> {
  const dashboard = composeDashboard(readSettings(env, root), 'bench');
  try {
    const walk = async (
      what: string,
      filter: { differingOnly: boolean; search?: string; kind?: 'different' },
    ) => {
      const times: number[] = [];
      let cursor: string | undefined;
      for (let call = -5; call < calls; call++) {
        const before = performance.now();
        const page = await dashboard.queries.stateRows(
          'items',
          { replayId, ...filter },
          { cursor, limit: pageRows },
          { id: 'bench', rights: [] },
        );
        // The first calls open connections and prepare plans.
        if (call >= 0) times.push(performance.now() - before);
        if (page.rows.length === 0) throw new Error(`${what}: a page came back empty`);
        cursor = page.next ?? undefined;
      }
      const sorted = times.toSorted((a, b) => a - b);
      const at = (share: number) =>
        sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
      return { what, calls, p50Ms: at(0.5), p95Ms: at(0.95) };
    };
    return [
      await walk('discrepancies, largest first', { differingOnly: true }),
      await walk('discrepancies of one kind', { differingOnly: true, kind: 'different' }),
      await walk('discrepancies, searched by a part of the key', { differingOnly: true, search: '-00' }),
      await walk('every key, in agreement or not', { differingOnly: false }),
    ];
  } finally {
    await dashboard.close();
  }
}
