import type { Waiver } from '../../server/domain/replay/index.ts';
import { RepriseError } from '../../server/domain/shared/errors.ts';

/** Records named as `partition:offset`. */
export function waiversFromFlags(given: readonly string[] | undefined): readonly Waiver[] {
  return (given ?? []).map((text) => {
    const [, partition, offset] = /^(\d{1,6}):(\d{1,19})$/.exec(text) ?? [];
    if (partition === undefined || offset === undefined) {
      throw new RepriseError(
        'scope-invalid',
        `“${text}” is no record; write partition:offset, for example 2:514.`,
        {
          where: '--waive',
        },
      );
    }
    return { partition: Number(partition), offset };
  });
}
