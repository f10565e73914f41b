export * from './dead-letter-headers.ts';
export * from './delivery-reader.ts';
export * from './findings.ts';
export * from './fold-deliveries.ts';
export * from './match-sent.ts';
export * from './stretches.ts';
