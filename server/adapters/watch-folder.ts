import { type FSWatcher, readdirSync, watch } from 'node:fs';
import { join } from 'node:path';

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
      follow();
      running = running.then(onChange).catch(report);
    }, quietMs);
  };
  const watched = new Map<string, FSWatcher>();
  // Each folder by itself: Node's recursive watching on Linux follows files, and sees nothing more of one that an
  // editor or git has put another in the place of.
  const follow = () => {
    try {
      const there = new Set([folder, ...foldersIn(folder)]);
      for (const [path, watcher] of watched) if (!there.has(path)) forget(path, watcher);
      for (const path of there) if (!watched.has(path)) begin(path);
    } catch (error) {
      report(error);
    }
  };
  const begin = (path: string) => {
    const watcher = watch(path, { persistent: false }, changed);
    watched.set(path, watcher);
    watcher.on('error', (error) => {
      forget(path, watcher);
      report(error);
    });
  };
  const forget = (path: string, watcher: FSWatcher) => {
    watcher.close();
    watched.delete(path);
  };
  follow();
  return () => {
    if (timer !== null) clearTimeout(timer);
    for (const [path, watcher] of watched) forget(path, watcher);
  };
}

const foldersIn = (folder: string): readonly string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((each) => each.isDirectory())
    .map((each) => join(each.parentPath, each.name));
