export * from './closed-until.ts';
export * from './delivery-reader.ts';
export * from './findings.ts';
export * from './fold-deliveries.ts';
export * from './late-rows.ts';
export * from './match-sent.ts';
export * from './outbox-restart.ts';
export * from './stretches.ts';
