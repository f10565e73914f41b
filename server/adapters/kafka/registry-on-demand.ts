import type { ValueDecoder } from '../../application/ports/history.ts';
import type { createRegistryDecoder } from './registry-decoder.ts';

/**
 * The decoder of a schema registry, loaded with the first batch: its formats take a dozen megabytes in every thread,
 * and most histories are JSON.
 */
export function registryDecoder(...asked: Parameters<typeof createRegistryDecoder>): ValueDecoder {
  let opening: Promise<ValueDecoder> | null = null;
  let decoder: ValueDecoder | null = null;
  return {
    async prepare(batch) {
      // One for all who ask at the same time: each knows only the schemas that it was itself prepared for.
      opening ??= import('./registry-decoder.ts').then((module) => module.createRegistryDecoder(...asked));
      decoder = await opening;
      await decoder.prepare(batch);
    },
    decode(record) {
      if (decoder === null) throw new Error('Its schema was not prepared.');
      return decoder.decode(record);
    },
  };
}
