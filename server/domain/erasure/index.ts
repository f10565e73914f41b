export * from './erasure.ts';
export * from './names-key.ts';
