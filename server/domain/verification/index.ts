export * from './bundle.ts';
export type { CheckpointKey, EarlierCheckpoint, WitnessKey } from './check-checkpoint.ts';
export {
  type Check,
  type CheckName,
  checkNames,
  type FailureCode,
  type NotRunCode,
  type Report,
} from './report.ts';
export * from './verify-bundle.ts';
