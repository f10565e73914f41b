import type { ValueDecoder } from '../../application/ports/history.ts';
import type { createRegistryDecoder } from './registry-decoder.ts';

/**
 * The decoder of a schema registry, loaded with the first batch: its formats take a dozen megabytes in every thread,
 * and most histories are JSON.
 */
export function registryDecoder(...asked: Parameters<typeof createRegistryDecoder>): ValueDecoder {
  let decoder: ValueDecoder | null = null;
  return {
    async prepare(batch) {
      decoder ??= (await import('./registry-decoder.ts')).createRegistryDecoder(...asked);
      await decoder.prepare(batch);
    },
    decode(record) {
      if (decoder === null) throw new Error('no batch was prepared to be decoded');
      return decoder.decode(record);
    },
  };
}
