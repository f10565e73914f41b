import { z } from 'zod';
import { askableYears, isAskable } from '../domain/shared/moments.ts';

/** A time that somebody asks by, ISO 8601. */
export const moment = z.iso
  .datetime({ offset: true })
  .refine((text) => isAskable(Date.parse(text)), `Name a time ${askableYears}.`);
