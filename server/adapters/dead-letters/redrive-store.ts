import type { RedriveStore } from '../../application/ports/redrives.ts';
import { redriveRecords } from './redrive-records.ts';
import { redriveSending } from './redrive-sending.ts';
import { redriveTurns } from './redrive-turns.ts';

export const redriveStore: RedriveStore = { ...redriveRecords, ...redriveTurns, ...redriveSending };
