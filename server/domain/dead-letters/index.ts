export * from './beside-history.ts';
export * from './cause.ts';
export * from './changes.ts';
export { correctedRecord, type IdPlaces, idPlaces, withIdAt } from './edit.ts';
export { doubledName, whereJsonBreaks } from './json-place.ts';
export * from './origin.ts';
export * from './placing.ts';
export * from './redrive.ts';
