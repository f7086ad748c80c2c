/** Colours, or none of them: output that goes to a file or a pipe carries no codes. */
import { createColors } from 'picocolors';

export interface Paint {
  bold(text: string): string;
  green(text: string): string;
  red(text: string): string;
  yellow(text: string): string;
  cyan(text: string): string;
  dim(text: string): string;
}

export function paint(colours: boolean): Paint {
  return createColors(colours);
}
