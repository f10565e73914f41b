export * from './envelope.ts';
export * from './public-key.ts';
