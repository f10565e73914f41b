import { appendLeaf, type HashReader, leafHash, rootOf } from '../log/index.ts';
import { sha256 } from './signing.ts';

/** A log in memory, appended to and read as a store is. It counts how often it was asked. */
export class MemoryLog {
  private readonly hashes = new Map<string, Uint8Array>();
  size = 0;
  questions = 0;

  readonly reader: HashReader = async (places) => {
    this.questions += 1;
    return places.map(({ level, index }) => {
      const hash = this.hashes.get(`${level}/${index}`);
      if (hash === undefined) throw new Error(`no hash is stored at ${level}/${index}`);
      return hash;
    });
  };

  async append(entry: Uint8Array): Promise<void> {
    for (const { level, index, hash } of await appendLeaf(
      this.size,
      await leafHash(entry, sha256),
      this.reader,
      sha256,
    )) {
      if (this.hashes.has(`${level}/${index}`)) throw new Error(`${level}/${index} was written twice`);
      this.hashes.set(`${level}/${index}`, hash);
    }
    this.size += 1;
  }

  root(size = this.size): Promise<Uint8Array> {
    return rootOf(size, this.reader, sha256);
  }
}

export async function logOf(entries: readonly Uint8Array[]): Promise<MemoryLog> {
  const log = new MemoryLog();
  for (const entry of entries) await log.append(entry);
  return log;
}
