declare const brand: unique symbol;
type Branded<T, Name extends string> = T & { readonly [brand]: Name };

/** Lower-case hexadecimal SHA-256, 64 characters. */
export type Sha256Hex = Branded<string, 'Sha256Hex'>;
