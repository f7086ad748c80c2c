/** A disk writes so many bytes at once wholly or not at all. */
export const SECTOR = 512;
