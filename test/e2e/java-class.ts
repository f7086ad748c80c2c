/**
 * A Java program without a Java compiler, which machines that run programs need not have: the class
 * `Told`, whose `main` prints its first argument, sleeps its second [ms] and exits with its third.
 */

/** The class file. Source: the Java virtual machine specification, chapter 4. */
export function toldClass(): Buffer {
  const pool: Buffer[] = [];
  const add = (tag: number, ...body: Buffer[]): number =>
    pool.push(Buffer.concat([Buffer.from([tag]), ...body]));
  const text = (value: string): number => add(1, u2(value.length), Buffer.from(value));
  const type = (name: string): number => add(7, u2(text(name)));
  const member = (tag: 9 | 10, owner: string, name: string, shape: string): number => {
    const of = type(owner);
    return add(tag, u2(of), u2(add(12, u2(text(name)), u2(text(shape)))));
  };
  const self = type('Told');
  const parent = type('java/lang/Object');
  const out = member(9, 'java/lang/System', 'out', 'Ljava/io/PrintStream;');
  const print = member(10, 'java/io/PrintStream', 'println', '(Ljava/lang/String;)V');
  const toLong = member(10, 'java/lang/Long', 'parseLong', '(Ljava/lang/String;)J');
  const sleep = member(10, 'java/lang/Thread', 'sleep', '(J)V');
  const toInt = member(10, 'java/lang/Integer', 'parseInt', '(Ljava/lang/String;)I');
  const exit = member(10, 'java/lang/System', 'exit', '(I)V');
  const [main, shape, code] = [text('main'), text('([Ljava/lang/String;)V'), text('Code')];
  const [aload0, aaload, getstatic, invokevirtual, invokestatic, ret] = [
    42, 50, 178, 182, 184, 177,
  ];
  const call = (op: number, index: number): number[] => [op, index >> 8, index & 255];
  const argument = (index: number): number[] => [aload0, 3 + index, aaload];
  const body = Buffer.from([
    ...call(getstatic, out),
    ...argument(0),
    ...call(invokevirtual, print),
    ...argument(1),
    ...call(invokestatic, toLong),
    ...call(invokestatic, sleep),
    ...argument(2),
    ...call(invokestatic, toInt),
    ...call(invokestatic, exit),
    ret,
  ]);
  const attribute = Buffer.concat([u2(3), u2(1), u4(body.length), body, u2(0), u2(0)]);
  return Buffer.concat([
    Buffer.from([0xca, 0xfe, 0xba, 0xbe, 0, 0, 0, 52]),
    u2(pool.length + 1),
    ...pool,
    ...[0x21, self, parent, 0, 0, 1].map(u2),
    ...[0x09, main, shape, 1, code].map(u2),
    u4(attribute.length),
    attribute,
    u2(0),
  ]);
}

/** A jar of it: a zip archive of stored files. */
export function toldJar(): Buffer {
  const manifest = 'Manifest-Version: 1.0\r\nMain-Class: Told\r\n\r\n';
  const files = [
    ['META-INF/MANIFEST.MF', Buffer.from(manifest)],
    ['Told.class', toldClass()],
  ] as const;
  const locals: Buffer[] = [];
  const central: Buffer[] = [];
  let at = 0;
  for (const [name, bytes] of files) {
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt32LE(crc32(bytes), 10);
    common.writeUInt32LE(bytes.length, 14);
    common.writeUInt32LE(bytes.length, 18);
    common.writeUInt16LE(name.length, 22);
    const local = Buffer.concat([Buffer.from('PK\x03\x04'), common, Buffer.from(name), bytes]);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(at, 10);
    central.push(Buffer.concat([Buffer.from('PK\x01\x02\x14\0'), common, tail, Buffer.from(name)]));
    locals.push(local);
    at += local.length;
  }
  const directory = Buffer.concat(central);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(files.length, 8);
  end.writeUInt16LE(files.length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(at, 16);
  return Buffer.concat([...locals, directory, end]);
}

function crc32(bytes: Buffer): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return (crc ^ 0xffffffff) >>> 0;
}

function u2(value: number): Buffer {
  return Buffer.from([value >> 8, value & 255]);
}

function u4(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
