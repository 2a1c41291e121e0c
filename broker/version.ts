import { createRequire } from 'node:module';

// By the package's own name, because the way to its root differs between the sources and what is built from them.
const { version } = createRequire(import.meta.url)('tellwhen/package.json') as { readonly version: string };

/** Of this package, as semantic versioning has it. */
export const VERSION = version;
