/** The package has no types of its own. */
declare module 'unbzip2-stream' {
  /** Decompresses what is written to it. */
  export default function unbzip2(): NodeJS.ReadWriteStream;
}
