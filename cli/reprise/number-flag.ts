import { RepriseError } from '../../server/domain/shared/errors.ts';

/** A flag's whole number from 1; undefined where the flag was not given. */
export function optionalNumber(text: string | undefined, flag: string): number | undefined {
  if (text === undefined) return undefined;
  if (/^[1-9]\d{0,7}$/.test(text)) return Number(text);
  throw new RepriseError('input-invalid', `${flag} takes a whole number from 1 to 99999999, not “${text}”.`, {
    where: flag,
  });
}
