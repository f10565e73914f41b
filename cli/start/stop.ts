import { rm } from 'node:fs/promises';
import { stopEverythingStarted } from '../../demo/infra/processes.ts';
import { removeControlFile } from '../../demo/setup/control-file.ts';
import type { LaunchContext } from './context.ts';
import { addressFile, settingsFile } from './instance.ts';
import { formatStep } from './steps.ts';

/** Children of ours end together; the servers they use end one after the other, the newest first. */
const SERVER_ORDER = ['Debezium', 'Kafka', 'PostgreSQL'];

/**
 * Stops everything in the order in which it can do without each other, then whatever a step in its
 * middle had started. Bounded: each process is killed when its time is up.
 */
export async function stopAll(context: LaunchContext, write: (text: string) => void): Promise<void> {
  const startedAt = performance.now();
  const isServer = (name: string) => SERVER_ORDER.includes(name);
  const failures: string[] = [];
  const stopOne = (one: LaunchContext['running'][number]) =>
    one.stop().catch((error: unknown) => {
      failures.push(`${one.name}: ${error instanceof Error ? error.message : String(error)}`);
    });
  for (const close of context.closing) await close().catch(() => undefined);
  await removeControlFile(context.stateDir);
  await Promise.all(context.running.filter((one) => !isServer(one.name)).map(stopOne));
  for (const name of SERVER_ORDER) {
    await Promise.all(context.running.filter((one) => one.name === name).map(stopOne));
  }
  await stopEverythingStarted(5_000);
  await rm(addressFile(context.stateDir), { force: true });
  await rm(settingsFile(context.stateDir), { force: true });
  for (const failure of failures) write(`✗ ${failure}\n`);
  const names = context.running.map((one) => one.name).join(', ');
  write(formatStep('✓', 'Stopped', names, performance.now() - startedAt));
}
