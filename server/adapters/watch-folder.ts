import { type FSWatcher, watch } from 'node:fs';

/**
 * Calls `onChange` once the files under a folder have been quiet for `quietMs` after a change, and never twice at
 * a time. Does nothing where the folder does not exist or the system can't watch it: what is in it is registered at
 * every start anyway. Answers a function that stops it.
 */
export function watchFolder(
  folder: string,
  onChange: () => Promise<void>,
  options: { readonly quietMs?: number; readonly report: (error: unknown) => void },
): () => void {
  const { quietMs = 300, report } = options;
  let timer: NodeJS.Timeout | null = null;
  let running: Promise<void> = Promise.resolve();
  const changed = () => {
    if (timer !== null) clearTimeout(timer);
    timer = setTimeout(() => {
      running = running.then(onChange).catch(report);
    }, quietMs);
  };
  let watcher: FSWatcher | null = null;
  try {
    watcher = watch(folder, { recursive: true, persistent: false }, changed);
    watcher.on('error', report);
  } catch (error) {
    report(error);
  }
  return () => {
    if (timer !== null) clearTimeout(timer);
    watcher?.close();
  };
}
