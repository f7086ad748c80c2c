/** Which Muster this is: the version of the package, said once. */
import manifest from '../package.json' with { type: 'json' };

/** As in `0.1.0`. */
export const VERSION: string = manifest.version;
