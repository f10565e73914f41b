export * from './beside-history.ts';
export * from './cause.ts';
export * from './changes.ts';
export { corrected, type IdPlaces, idPlaces, type WholeHeaders, withIdAt } from './edit.ts';
export { doubledName, whereJsonBreaks } from './json-place.ts';
export * from './origin.ts';
export * from './placing.ts';
export * from './redrive.ts';
