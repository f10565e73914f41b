import { openJobs } from '../adapters/jobs/pg-boss-jobs.ts';
import type { ProcessLog } from '../adapters/log/pino-log.ts';
import type { JobQueue, JobSender } from '../application/ports/jobs.ts';
import type { Settings } from '../env.ts';

export const reportTo = (log: ProcessLog) => (error: unknown) =>
  log.warn({ error }, 'the job queue had a fault; it goes on by itself');

export function sendersOnDemand(settings: Settings, log: ProcessLog): JobSender & { close(): Promise<void> } {
  let opening: Promise<JobQueue> | null = null;
  const open = () => {
    opening ??= openJobs({ databaseUrl: settings.databaseUrl, role: 'sender', report: reportTo(log) });
    opening.catch(() => {
      opening = null;
    });
    return opening;
  };
  return {
    send: async (tx, jobs) => (await open()).send(tx, jobs),
    close: async () => {
      const queue = await opening?.catch(() => null);
      await queue?.stop(1_000);
    },
  };
}
