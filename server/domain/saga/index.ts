export * from './readings.ts';
export * from './saga.ts';
