import { runbookFiles } from '../adapters/runbooks/runbook-files.ts';
import { runbookStore } from '../adapters/runbooks/runbook-store.ts';
import { watchFolder } from '../adapters/watch-folder.ts';
import { createRunbookCatalogue, type RunbookCatalogue } from '../application/runbooks/catalogue.ts';
import { registerRunbooks } from '../application/runbooks/register-runbooks.ts';
import type { Settings } from '../env.ts';
import type { Composed } from './compose.ts';

export const runbookCatalogue = ({ replayDeps: { unitOfWork } }: Composed): RunbookCatalogue =>
  createRunbookCatalogue({ unitOfWork, runbooks: runbookStore });

/** Registers what stands in the folder, now and whenever a file changes; when contracts do, whoever registers these asks. */
export function runbookRegistration(settings: Settings, { replayDeps, log }: Composed) {
  const registerOnce = async () => {
    const { registered, problems, gone } = await registerRunbooks({
      ...replayDeps,
      runbooks: runbookStore,
      runbookFiles: runbookFiles(settings.runbooksDir),
    });
    for (const problem of problems) log.warn({ ...problem }, 'a runbook could not be registered');
    for (const { isNew, ...runbook } of registered)
      if (isNew) log.info(runbook, 'a runbook version was registered');
    for (const id of gone) log.warn({ id }, 'the file of a runbook is no longer there');
  };
  // One after the other: what was read first is never written last.
  let running: Promise<void> = Promise.resolve();
  const register = () => {
    running = running.catch(() => undefined).then(registerOnce);
    return running;
  };
  const report = (error: unknown) => log.warn({ error }, 'runbooks are not watched for changes');
  return { register, watch: () => watchFolder(settings.runbooksDir, register, { report }) };
}
