import { readFile, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { RepriseError } from '../../domain/shared/errors.ts';

/**
 * Keeps a second writer out of an archive. The lock of a process that has died on this machine is taken over; one
 * from another machine can't be judged from here and stands until somebody removes it.
 */
export async function lockFolder(folder: string): Promise<() => Promise<void>> {
  const file = join(folder, '.writing');
  const mine = `${process.pid} ${hostname()}`;
  for (let attempt = 1; ; attempt += 1) {
    try {
      await writeFile(file, mine, { flag: 'wx' });
      return () => rm(file, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const holder = await readFile(file, 'utf8').catch(() => '');
    if (attempt > 2 || !isGone(holder)) {
      throw new RepriseError(
        'input-invalid',
        `Another process (${holder || 'unknown'}) is writing this archive. Wait for it; if it is gone, remove ${file}.`,
        { where: file },
      );
    }
    await rm(file, { force: true });
  }
}

function isGone(holder: string): boolean {
  const [pid, host] = holder.split(' ');
  if (host !== hostname() || pid === String(process.pid)) return false;
  try {
    process.kill(Number(pid), 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}
