/** Disk images of one sector, made here: machines small enough to be written by hand. */

/** 16-bit code at 0x7c00. Source: Intel's manual for the instructions, QEMU for the ports. */
type Code = readonly number[];

/** Prints through the first serial port, polled. */
function print(text: string, at: number): Code {
  const code = [0xbe, 0, 0, 0xac, 0x84, 0xc0, 0x74, 0x06, 0xba, 0xf8, 0x03, 0xee, 0xeb, 0xf5];
  // mov si, TEXT; next: lodsb; test al, al; jz over; mov dx, 0x3f8; out dx, al; jmp next; over:
  const textAt = 0x7c00 + at + code.length + 2;
  code[1] = textAt & 255;
  code[2] = textAt >> 8;
  // jmp over the text itself
  return [...code, 0xeb, text.length + 1, ...Buffer.from(text, 'latin1'), 0];
}

/** mov dx, PORT; mov ax, VALUE; out dx, ax */
function out(port: number, value: number): Code {
  return [0xba, port & 255, port >> 8, 0xb8, value & 255, value >> 8, 0xef];
}

/** Switches itself off by ACPI. */
const POWER_OFF = out(0x604, 0x2000);
/** cli; here: hlt; jmp here */
const HALT: Code = [0xfa, 0xf4, 0xeb, 0xfd];

/** A machine that prints, and then goes on as it is told. */
export function bootImage(text: string, then: 'off' | 'halt' | 'button' | number): Buffer {
  const start: Code = [0x31, 0xc0, 0x8e, 0xd8, 0xfc]; // xor ax, ax; mov ds, ax; cld
  const code: number[] = [...start, ...print(text, start.length)];
  if (then === 'off') code.push(...POWER_OFF, ...HALT);
  else if (then === 'halt') code.push(...HALT);
  else if (then === 'button') code.push(...untilButton(code.length), ...HALT);
  // The device `isa-debug-exit` ends the emulator with twice the value and one.
  else code.push(...out(0xf4, (then - 1) / 2), ...HALT);
  const sector = Buffer.alloc(512);
  Buffer.from(code).copy(sector);
  sector.writeUInt16LE(0xaa55, 510);
  return sector;
}

/** Asks for the button's event; here: in ax from 0x600; test ah, 1 (the power button); jz here; prints; switches off */
function untilButton(at: number): Code {
  const enable = out(0x602, 0x0100);
  const poll = [0xba, 0x00, 0x06, 0xed, 0xf6, 0xc4, 0x01, 0x74, 0xf7];
  const before = [...enable, ...poll];
  return [...before, ...print('button\n', at + before.length), ...POWER_OFF];
}
